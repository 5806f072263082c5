//! `show`: a saved plan.

use std::io::Write;
use std::path::Path;

use super::again::CommandText;
use super::args::{DetailArg, PlanFormat, ShowArgs, Telling};
use super::console::Stream;
use super::context::Context;
use super::exit::Exit;
use super::files;
use super::markup;
use crate::plan::{self, Plan};
use crate::render::{self, Detail};

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &ShowArgs) -> anyhow::Result<Exit> {
    context.redact(args.redaction, None)?;
    let plan = open(context, &args.file)?;
    let plan = context.redacting.plan(&plan);
    let again = CommandText::apply_saved(&context.global, &args.file, args.redaction);
    print(context, &plan, args.format, Detail::from(args.detail), &args.telling, &again)?;
    Ok(Exit::Done)
}

/// Reads a saved plan.
pub(super) fn open(context: &Context<'_>, file: &Path) -> anyhow::Result<Plan> {
    let text = files::read_text(&context.cwd.join(file))?;
    plan::open(&text).map_err(|error| {
        anyhow::anyhow!("the plan {} cannot be used: {error}; make it again", file.display())
    })
}

/// Prints a plan on standard output.
pub(super) fn print(
    context: &mut Context<'_>,
    plan: &Plan,
    format: PlanFormat,
    detail: Detail,
    telling: &Telling,
    again: &CommandText,
) -> anyhow::Result<()> {
    match format {
        PlanFormat::Text => talk(context, Stream::Out, plan, detail, again),
        PlanFormat::Json => Ok(context.console.stream(&|out| write_file(plan, out))?),
        PlanFormat::Markdown => markup::markdown(context, plan, detail, telling, again),
        PlanFormat::Github => markup::github(context, plan, detail, telling, again),
        PlanFormat::Gitlab => markup::gitlab(context, plan),
        PlanFormat::Html => {
            let page = render::html(plan)?;
            Ok(context.console.stream(&|out| out.write_all(page.as_bytes()))?)
        }
    }
}

/// Shows a plan to a person.
pub(super) fn talk(
    context: &mut Context<'_>,
    stream: Stream,
    plan: &Plan,
    detail: Detail,
    again: &CommandText,
) -> anyhow::Result<()> {
    Ok(context.console.talk_long(stream, |out| render::plan(out, plan, detail, again.as_str()))?)
}

/// Writes a plan as its file has it.
pub(super) fn write_file(plan: &Plan, out: &mut dyn Write) -> std::io::Result<()> {
    plan::write(plan, out)?;
    out.write_all(b"\n")
}

/// Whether a level of detail was asked for that lists what stays as it is.
pub(super) fn lists_noops(detail: Option<DetailArg>) -> bool {
    detail == Some(DetailArg::Full)
}
