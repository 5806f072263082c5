//! A plan, and what became of it, for a step of GitHub Actions: annotations and outputs. The step's
//! summary is the Markdown of a pull request's comment.

use std::collections::BTreeSet;

use super::drift::said;
use super::findings::github::{data, property};
use super::plan::{consequence, held_because};
use crate::model::{Level, Place};
use crate::plan::drift::{Class, Drift, Item};
use crate::plan::{Applied, Change, CheckResult, Outcome, OutcomeStatus, Plan, Status};

/// How many bytes GitHub takes of a step's summary.
pub const SUMMARY: usize = 1 << 20;
/// How many annotations of a kind GitHub shows of a step.
const SHOWN: usize = 10;
/// How many lines of an error are told.
const LINES: usize = 30;
/// How long a message is at most, in characters.
const WIDEST: usize = 1000;

/// One annotation.
struct Annotation {
    place: Option<Place>,
    title: String,
    message: String,
}

/// What is blocked as errors, what is held or warned of as warnings; ten of each at most, of which the
/// last counts the rest.
#[must_use]
pub fn annotations(plan: &Plan) -> String {
    let of = |levels: &'static [Level]| {
        let is_told = move |check: &&CheckResult| {
            levels.contains(&check.level) && check.status != Status::Pass
        };
        plan.checks.iter().filter(is_told)
    };
    let errors = of(&[Level::Block, Level::Error]).map(checked);
    let errors = errors.map(|error| on_disk(plan, error)).collect();
    // A change that a rule withholds is told with that rule's words.
    let told: BTreeSet<_> = of(&[Level::Hold]).filter_map(|c| c.address.as_ref()).collect();
    let is_silent = |change: &&Change| {
        change.action().is_some() && !change.held_by.is_empty() && !told.contains(&change.address)
    };
    let held = plan.resource_changes.iter().filter(is_silent).map(held);
    let warnings =
        of(&[Level::Hold]).map(checked).chain(held).chain(of(&[Level::Warn]).map(checked));
    let warnings = warnings.map(|warning| on_disk(plan, warning));
    commands("error", errors) + &commands("warning", warnings.collect())
}

/// A place in a commit of the base is in no file of the work tree: it is told in words.
fn on_disk(plan: &Plan, mut annotation: Annotation) -> Annotation {
    let base = plan.source.base.as_ref().filter(|base| base.commit.is_some());
    let before = base.map(|base| format!("{}:", base.name));
    let is_before = |place: &mut Place| before.as_ref().is_some_and(|b| place.file.starts_with(b));
    if let Some(place) = annotation.place.take_if(is_before) {
        annotation.message.push_str(&format!(" (at {place})"));
    }
    annotation
}

/// What was not done, as errors.
#[must_use]
pub fn outcome_annotations(applied: &Applied) -> String {
    let is_undone = |outcome: &&Outcome| {
        !matches!(outcome.status, OutcomeStatus::Done | OutcomeStatus::Already)
    };
    let told = |outcome: &Outcome| Annotation {
        place: None,
        title: outcome.status.word().to_owned(),
        message: match &outcome.message {
            Some(message) => format!("{}: {message}", outcome.address),
            None => outcome.address.to_string(),
        },
    };
    let stopped = applied.stopped.iter().map(|why| Annotation {
        place: None,
        title: "stopped".to_owned(),
        message: why.clone(),
    });
    let undone = applied.outcomes.iter().filter(is_undone).map(told);
    commands("error", stopped.chain(undone).collect())
}

/// Drift as warnings.
#[must_use]
pub fn drift_annotations(drift: &Drift) -> String {
    let told = |item: &Item| Annotation {
        place: item.source.clone(),
        title: item.class.word().to_owned(),
        message: format!("{}: {}", item.address, said(item)),
    };
    commands("warning", drift.items.iter().filter(|item| item.alarm).map(told).collect())
}

/// Whether there is drift, and how much, for the steps that follow.
#[must_use]
pub fn drift_outputs(drift: &Drift) -> String {
    let count = |class: &Class| output(class.word(), &drift.counts.of_class(*class).to_string());
    output("drift", &drift.drift.to_string()) + &Class::ALL.iter().map(count).collect::<String>()
}

/// An error that left nothing to tell (`title` says what), as an annotation.
#[must_use]
pub fn failure(title: &str, why: &str) -> String {
    let mut lines: Vec<String> = why.lines().take(LINES).map(|line| data(&plain(line))).collect();
    if let more @ 1.. = why.lines().skip(LINES).count() {
        lines.push(format!("… and {more} more lines"));
    }
    format!("::error title={}::{}\n", property(&plain(title)), lines.join("%0A"))
}

/// The values of a plan for the steps that follow.
#[must_use]
pub fn outputs(plan: &Plan) -> String {
    let counts = &plan.summary;
    let values = [
        ("add", counts.add.to_string()),
        ("change", counts.change.to_string()),
        ("destroy", counts.destroy.to_string()),
        ("held", counts.held.to_string()),
        ("hash", plan.hash.clone()),
        ("blocked", plan.blocked_by().next().is_some().to_string()),
        ("changes", (!plan.is_empty()).to_string()),
        ("applyable", plan.applyable.to_string()),
        ("applies", (plan.applyable && plan.live().next().is_some()).to_string()),
    ];
    values.iter().map(|(name, value)| output(name, value)).collect()
}

/// How many changes became what, for the steps that follow.
#[must_use]
pub fn outcome_outputs(applied: &Applied) -> String {
    let all = [
        ("done", OutcomeStatus::Done),
        ("conflicts", OutcomeStatus::Conflict),
        ("failed", OutcomeStatus::Failed),
        ("unknown", OutcomeStatus::Unknown),
        ("not_started", OutcomeStatus::NotStarted),
    ];
    all.iter().map(|(name, status)| output(name, &applied.count(*status).to_string())).collect()
}

/// A value between two lines that are not within it.
fn output(name: &str, value: &str) -> String {
    let mut end = "cxform_end".to_owned();
    while value.contains(&end) {
        end.push('_');
    }
    format!("{name}<<{end}\n{value}\n{end}\n")
}

fn checked(check: &CheckResult) -> Annotation {
    let message = check.message.clone().unwrap_or_default();
    let message = match &check.hint {
        Some(hint) => format!("{message}: {hint}"),
        None => message,
    };
    Annotation { place: check.source.clone(), title: check.rule.clone(), message }
}

fn held(change: &Change) -> Annotation {
    let rules: Vec<&str> = change.held_by.iter().map(|rule| held_because(rule)).collect();
    Annotation {
        place: Some(change.source.clone()),
        title: format!("held: {}", rules.join("; ")),
        message: format!("{} {}", change.address, consequence(change)),
    }
}

fn commands(level: &str, mut all: Vec<Annotation>) -> String {
    let more = all.len().saturating_sub(SHOWN);
    if more > 0 {
        // The last one stands for itself and for those that nobody would see.
        all.truncate(SHOWN - 1);
        let message = format!("{} more: the step's summary has them", more + 1);
        all.push(Annotation { place: None, title: "cxform".to_owned(), message });
    }
    all.iter().map(|annotation| command(level, annotation)).collect()
}

fn command(level: &str, annotation: &Annotation) -> String {
    let mut properties = Vec::new();
    if let Some(place) = annotation.place.as_ref().filter(|place| !place.file.is_empty()) {
        properties.push(format!("file={}", property(&plain(&place.file))));
        if place.line > 0 {
            properties.push(format!("line={}", place.line));
        }
        if place.line > 0 && place.column > 0 {
            properties.push(format!("col={}", place.column));
        }
    }
    properties.push(format!("title={}", property(&plain(&annotation.title))));
    format!("::{level} {}::{}\n", properties.join(","), data(&plain(&annotation.message)))
}

/// On one line, without control characters, and not too long.
fn plain(text: &str) -> String {
    super::fields::one_line(text).chars().take(WIDEST).collect()
}

#[cfg(test)]
mod tests {
    use super::{Annotation, command, commands, output};
    use crate::model::Place;

    fn annotation(file: &str, title: &str, message: &str) -> Annotation {
        let place = Place { file: file.into(), line: 3, column: 5, width: 0 };
        Annotation { place: Some(place), title: title.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn annotations_are_escaped() {
        let check = |file: &str, title: &str, message: &str, expect: &str| {
            assert_eq!(command("error", &annotation(file, title, message)), expect);
        };
        check("q.yaml", "licence", "no", "::error file=q.yaml,line=3,col=5,title=licence::no\n");
        check(
            "a,b:c%.yaml",
            "x,title=y::z",
            "50 %\n::error::forged\u{1b}[2J",
            "::error file=a%2Cb%3Ac%25.yaml,line=3,col=5,title=x%2Ctitle=y%3A%3Az\
             ::50 %25\\n::error::forged\\u{1b}[2J\n",
        );
        check("", "t", "m", "::error title=t::m\n");
    }

    #[test]
    fn the_last_annotation_counts_those_that_are_not_shown() {
        let check = |count: usize, lines: usize, last: &str| {
            let all = (0..count).map(|n| annotation("q", "t", &format!("number {n}")));
            let told = commands("warning", all.collect());
            assert_eq!(told.lines().count(), lines);
            assert!(told.lines().last().unwrap_or_default().ends_with(last), "{told}");
        };
        check(0, 0, "");
        check(10, 10, "::number 9");
        check(11, 10, "::2 more: the step's summary has them");
        check(3000, 10, "::2991 more: the step's summary has them");
    }

    #[test]
    fn no_value_ends_itself() {
        assert_eq!(output("add", "3"), "add<<cxform_end\n3\ncxform_end\n");
        let value = "x\ncxform_end\nevil<<cxform_end_\ny";
        let told = output("hash", value);
        let end = told.lines().next().unwrap().trim_start_matches("hash<<").to_owned();
        assert_eq!(told.lines().filter(|line| **line == end).count(), 1);
    }
}
