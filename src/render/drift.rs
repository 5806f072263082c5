//! Drift as text for people, and as findings.

use std::fmt::{self, Write};

use super::fields::{one_line, path, shown};
use crate::model::{Finding, Level};
use crate::plan::drift::{Class, Drift, Item, Moved};

/// How many of a class are told before the rest is counted.
const TOLD: usize = 200;

/// Writes what differs; the summary line is the last.
///
/// # Errors
/// The writer's own.
pub fn drift(out: &mut dyn Write, drift: &Drift) -> fmt::Result {
    for class in Class::ALL {
        let items = of(drift, class);
        if items.is_empty() || class == Class::Due {
            continue;
        }
        writeln!(out, "{}:\n", heading(class))?;
        for item in items.iter().take(TOLD) {
            writeln!(out, "{} {}", symbol(item), one_line(&title(item)))?;
            for line in detail(item) {
                writeln!(out, "    {line}")?;
            }
        }
        if items.len() > TOLD {
            writeln!(out, "  and {} more (--format json has them)", items.len() - TOLD)?;
        }
        writeln!(out)?;
    }
    if let Some(manifests) = &drift.manifests {
        writeln!(out, "To declare what is unmanaged, paste:\n\n{manifests}")?;
    }
    if let Some(note) = unknown(drift) {
        writeln!(out, "{note}")?;
    }
    writeln!(out, "{}", summary(drift))
}

/// The items of a class.
pub(super) fn of(drift: &Drift, class: Class) -> Vec<&Item> {
    drift.items.iter().filter(|item| item.class == class).collect()
}

/// What is over the items of a class.
pub(super) fn heading(class: Class) -> &'static str {
    match class {
        Class::Changed => "Changed by hand",
        Class::Missing => "Missing, deleted by hand",
        Class::Pending => "Pending, declared and not applied",
        Class::Unmanaged => "Unmanaged, no manifest names it",
        Class::Leased => "Leased, tolerated for some time",
        Class::Ignored => "Ignored, others own it",
        Class::Due => "Due, the next occurrence of a recurring window",
    }
}

fn symbol(item: &Item) -> char {
    match (item.alarm, item.class) {
        (_, Class::Unmanaged) if !item.exclusive => '?',
        (false, _) => ' ',
        (_, Class::Missing) => '-',
        (_, Class::Unmanaged) => '+',
        _ => '~',
    }
}

/// The address, and what a person calls it where that is more.
pub(super) fn title(item: &Item) -> String {
    let address = item.address.to_string();
    match address.split('/').any(|part| part == item.name) {
        true => address,
        false => format!("{address}  ({})", item.name),
    }
}

/// What there is to say of an item, a line each.
pub(super) fn detail(item: &Item) -> Vec<String> {
    let mut lines: Vec<String> = item.paths.iter().map(|moved| leaf(item, moved)).collect();
    if item.live.is_none() {
        lines.push("the tenant has none".to_owned());
    } else if item.declared.is_none() && item.class != Class::Unmanaged && !item.exclusive {
        lines.push("it is declared absent, and the tenant has it".to_owned());
    }
    if item.exclusive {
        lines.push("`scope: exclusive` says that it should not be there".to_owned());
    }
    if let Some(lease) = &item.lease {
        let ended = if lease.lapsed { "the lease ended" } else { "leased until" };
        let (owner, reason) = (one_line(&lease.owner), one_line(&lease.reason));
        let (until, place) = (&lease.until, &lease.source);
        lines.push(format!("{ended} {until}: {reason} ({owner}, {place})"));
    }
    if let Some(pattern) = &item.ignored_by {
        lines.push(format!("policy.ignore has `{}`", one_line(pattern)));
    }
    if let Some(runs) = item.seen.filter(|_| item.waits()) {
        let times = if runs == 1 { "1 run" } else { &format!("{runs} runs") };
        lines.push(format!("no alarm yet: seen like this in {times}"));
    }
    if let Some(place) = &item.source {
        lines.push(format!("at {place}"));
    }
    lines
}

/// `capacity: 9, declared 10`, with what else is to be said where not all leaves moved alike.
fn leaf(item: &Item, moved: &Moved) -> String {
    let live = if moved.live.is_null() { "none".to_owned() } else { shown(&moved.live) };
    let more = match moved.class {
        own if own == item.difference => "",
        Class::Pending => " (never applied)",
        Class::Due => " (due)",
        _ => "",
    };
    format!("{}: {live}, declared {}{more}", path(&moved.path), shown(&moved.declared))
}

/// What cannot be told for lack of knowledge.
pub(super) fn unknown(drift: &Drift) -> Option<String> {
    let is_asked = drift.counts.changed + drift.counts.missing > 0;
    match &drift.last_apply {
        _ if !is_asked => None,
        Some(last) if last.manifests_known => None,
        Some(last) => Some(format!(
            "What the run {} was made from is not known: what was declared since may be told as \
             changed or missing.",
            one_line(&last.run)
        )),
        None => Some(
            "No complete apply is known: what was never applied is told as changed or missing."
                .to_owned(),
        ),
    }
}

/// The summary line.
#[must_use]
pub fn summary(drift: &Drift) -> String {
    let alarms =
        |class: Class| drift.items.iter().filter(|item| item.alarm && item.class == class).count();
    let mut line = match drift.drift {
        true => format!(
            "Drift: {} changed, {} missing, {} pending",
            alarms(Class::Changed),
            alarms(Class::Missing),
            alarms(Class::Pending)
        ),
        false => "No drift".to_owned(),
    };
    let excluded = alarms(Class::Unmanaged);
    if excluded > 0 {
        line.push_str(&format!(", {excluded} excluded"));
    }
    let counts = &drift.counts;
    let waiting = drift.items.iter().filter(|item| item.waits()).count();
    let rest = [
        (waiting, "seen in too few runs"),
        (counts.leased, "leased"),
        (counts.ignored, "ignored"),
        (counts.due, "due"),
    ];
    let rest: Vec<String> = rest
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if !rest.is_empty() {
        line.push_str(&format!("; {}", rest.join(", ")));
    }
    line.push('.');
    let unmanaged =
        drift.items.iter().filter(|i| i.class == Class::Unmanaged && !i.exclusive).count();
    if unmanaged > 0 {
        line.push_str(&format!(" {unmanaged} unmanaged left alone."));
    }
    line
}

/// The alarms as findings about the manifests.
#[must_use]
pub fn drift_findings(drift: &Drift) -> Vec<Finding> {
    let alarms = drift.items.iter().filter(|item| item.alarm);
    let finding = |item: &Item| Finding {
        place: item.source.clone(),
        level: Level::Warn,
        rule: item.class.word(),
        address: Some(item.address.clone()),
        message: said(item),
        hint: None,
        related: item.lease.as_ref().map(|lease| (lease.source.clone(), "the lease".to_owned())),
    };
    alarms.map(finding).collect()
}

/// All of an item on one line, but for its address and its place.
pub(super) fn said(item: &Item) -> String {
    let mut lines = detail(item);
    if item.source.is_some() {
        lines.pop();
    }
    match lines.is_empty() {
        true => item.class.word().to_owned(),
        false => format!("{}: {}", item.class.word(), lines.join("; ")),
    }
}
