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
            let checks = checks(start);
            let lifted: Vec<&str> = start.overrides.iter().map(|o| o.rule.as_str()).collect();
            let lifted = match lifted[..] {
                [] => String::new(),
                _ => format!(", lifted: {}", lifted.join(", ")),
            };
            let place = place(start);
            format!("{time}  {run}  started by {actor}{place}; {checks}{lifted}")
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

/// How many checks stopped something, and how many only warned.
fn checks(start: &RunStart) -> String {
    let count = |warned| {
        start.checks.iter().filter(|check| !check.passed && check.warned == warned).count()
    };
    let many = |count, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    match (count(false), count(true)) {
        (failed, 0) => format!("{} failed", many(failed, "check")),
        (0, warned) => many(warned, "warning"),
        (failed, warned) => {
            format!("{} failed, {}", many(failed, "check"), many(warned, "warning"))
        }
    }
}

/// The CI and the pull request of a run, where it had them.
fn place(start: &RunStart) -> String {
    let ci = start.ci.as_ref().map_or_else(String::new, |ci| format!(" in {ci}"));
    let pull_request = start.pull_request.as_ref();
    pull_request.map_or(ci.clone(), |number| format!("{ci} for pull request {number}"))
}

#[cfg(test)]
mod tests {
    use super::checks;
    use crate::audit::{CheckRecord, RunStart};

    #[test]
    fn a_warning_is_no_failure() {
        let check = |passed: usize, failed: usize, warned: usize, expect: &str| {
            let one = |passed, warned| CheckRecord {
                rule: "capacity".to_owned(),
                address: None,
                passed,
                warned,
            };
            let all = [vec![one(true, false); passed], vec![one(false, false); failed]];
            let all = [all.concat(), vec![one(false, true); warned]].concat();
            let start = RunStart { checks: all, ..RunStart::default() };
            assert_eq!(checks(&start), expect);
        };
        check(3, 0, 0, "0 checks failed");
        check(3, 1, 0, "1 check failed");
        check(0, 0, 1, "1 warning");
        check(1, 2, 2, "2 checks failed, 2 warnings");
    }
}
