//! `audit`: is it whole, and what does it say.

use std::path::PathBuf;

use super::context::Context;
use super::exit::Exit;
use super::files;
use super::sharing;
use super::state::StateFolder;
use crate::audit::{Entry, Event};

/// Checks the chain of each file.
pub(super) fn verify(
    context: &mut Context<'_>,
    files: &[PathBuf],
    head: Option<&str>,
) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    for file in audits(context, files)? {
        let verified = crate::audit::verify(&files::read_bytes(&file)?, head);
        let name = files::relative(&file, &context.cwd);
        for problem in &verified.problems {
            context.say(&format!("{name}: {problem}\n"))?;
            exit = Exit::Error;
        }
        if verified.problems.is_empty() {
            let head = verified.head.as_deref().unwrap_or("none");
            context.say(&format!("{name}: {} lines, whole; head {head}\n", verified.lines))?;
        }
    }
    Ok(exit)
}

/// Lists runs and changes.
pub(super) fn list(context: &mut Context<'_>, files: &[PathBuf]) -> anyhow::Result<Exit> {
    for file in audits(context, files)? {
        let name = files::relative(&file, &context.cwd);
        for (number, line) in files::read_text(&file)?.lines().enumerate() {
            let entry: Entry = serde_json::from_str(line).map_err(|error| {
                anyhow::anyhow!("{name}: line {}: not an audit line: {error}", number + 1)
            })?;
            context.say(&format!("{}\n", told(&entry)))?;
        }
    }
    Ok(Exit::Done)
}

fn audits(context: &mut Context<'_>, files: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    if !files.is_empty() {
        return Ok(files.iter().map(|file| context.cwd.join(file)).collect());
    }
    let settings = context.settings(&context.global.flags(&[]))?;
    let state = StateFolder::new(&settings.state_dir.value);
    sharing::refresh(context, &settings, &state)?;
    Ok(vec![state.audit_file(&settings.tenant()?.name.value)])
}

fn told(entry: &Entry) -> String {
    let Entry { time, run, actor, .. } = entry;
    match &entry.event {
        Event::Start(start) => {
            let failed = start.checks.iter().filter(|check| !check.passed).count();
            let lifted: Vec<&str> = start.overrides.iter().map(|o| o.rule.as_str()).collect();
            let lifted = match lifted[..] {
                [] => String::new(),
                _ => format!(", lifted: {}", lifted.join(", ")),
            };
            format!("{time}  {run}  started by {actor}; {failed} checks failed{lifted}")
        }
        Event::Change(change) => {
            format!("{time}  {run}  {} {}: {}", change.action, change.address, change.result)
        }
        Event::End(end) => {
            let outcomes: Vec<String> =
                end.outcomes.iter().map(|(word, count)| format!("{count} {word}")).collect();
            let outcomes = match outcomes[..] {
                [] => "nothing to do".to_owned(),
                _ => outcomes.join(", "),
            };
            format!("{time}  {run}  {}: {outcomes}", end.result)
        }
    }
}
