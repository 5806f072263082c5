//! `validate`: manifests without a tenant.

use super::args::{FindingFormat, ValidateArgs};
use super::context::{Context, Manifests};
use super::exit::Exit;
use crate::kinds;
use crate::model::{Level, json_safe};
use crate::render::findings;

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &ValidateArgs) -> anyhow::Result<Exit> {
    let settings = context.settings(&context.global.flags(&args.paths))?;
    let Manifests { items, mut findings, sources, .. } = context.manifests(&settings)?;
    // Names among manifests can only be judged where all of them could be read.
    if findings.is_empty() {
        findings = kinds::declare(&items, None).1;
        if items.is_empty() {
            findings.push(context.no_manifest(&settings).finding());
        }
    }
    match args.format {
        FindingFormat::Text if findings.is_empty() => {
            let count = items.len();
            let word = if count == 1 { "manifest is" } else { "manifests are" };
            context.say(&format!("Success! {count} {word} valid.\n"))?;
        }
        FindingFormat::Text => context.note(&findings::text(&findings, &sources))?,
        FindingFormat::Json => data(context, &findings::json(&findings, &sources))?,
        FindingFormat::Github => data(context, &findings::github(&findings))?,
        FindingFormat::Gitlab => data(context, &findings::gitlab(&findings))?,
        FindingFormat::Sarif => data(context, &findings::sarif(&findings))?,
    }
    let is_wrong = findings.iter().any(|finding| finding.level == Level::Error);
    Ok(if is_wrong { Exit::Error } else { Exit::Done })
}

fn data(context: &mut Context<'_>, text: &str) -> anyhow::Result<()> {
    let text = json_safe(text);
    context.console.data(&text)?;
    if !text.is_empty() && !text.ends_with('\n') {
        context.console.data("\n")?;
    }
    Ok(())
}
