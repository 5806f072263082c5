//! `show`: a saved plan.

use std::path::Path;

use super::args::{DetailArg, PlanFormat, ShowArgs};
use super::context::Context;
use super::exit::Exit;
use super::files;
use crate::plan::{self, Plan};
use crate::render::{self, Detail};

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &ShowArgs) -> anyhow::Result<Exit> {
    let plan = open(context, &args.file)?;
    print(context, &plan, args.format, Detail::from(args.detail))?;
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
) -> anyhow::Result<()> {
    match format {
        PlanFormat::Text => context.say(&render::plan(plan, detail)),
        PlanFormat::Json => Ok(context.console.data(&file_text(plan))?),
    }
}

/// A plan as its file has it.
pub(super) fn file_text(plan: &Plan) -> String {
    plan::text(plan) + "\n"
}

/// Whether a level of detail was asked for that lists what stays as it is.
pub(super) fn lists_noops(detail: Option<DetailArg>) -> bool {
    detail == Some(DetailArg::Full)
}
