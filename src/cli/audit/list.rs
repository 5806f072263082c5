//! `audit list`.

use std::path::PathBuf;

use super::{chosen, each_chosen};
use crate::audit::{Entry, Event, RunStart};
use crate::cli::args::AuditFilter;
use crate::cli::console::Stream;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Lists runs and changes, a line each, while they are read.
pub(super) fn run(
    context: &mut Context<'_>,
    named: &[PathBuf],
    filter: &AuditFilter,
) -> anyhow::Result<Exit> {
    let files = chosen(context, named)?;
    let mut read = Ok(());
    context.console.talk_long(Stream::Out, |out| {
        let mut written = Ok(());
        read = each_chosen(&context.cwd, &files, filter, |line, wrong| {
            let entry: Entry = serde_json::from_str(line)
                .map_err(|error| wrong(&format!("not an audit line: {error}")))?;
            written = writeln!(out, "{}", told(&entry));
            Ok(written?)
        });
        written
    })?;
    read.map(|()| Exit::Done)
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
            let place = place(start);
            format!("{time}  {run}  started by {actor}{place}; {failed} checks failed{lifted}")
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

/// The CI and the pull request of a run, where it had them.
fn place(start: &RunStart) -> String {
    let ci = start.ci.as_ref().map_or_else(String::new, |ci| format!(" in {ci}"));
    let pull_request = start.pull_request.as_ref();
    pull_request.map_or(ci.clone(), |number| format!("{ci} for pull request {number}"))
}
