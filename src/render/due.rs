//! What is only due, on one line: the tenant has an earlier occurrence of what comes again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use super::plan::Detail;
use crate::kinds::{Holds, kind_of};
use crate::plan::{Change, Plan, Reason};

/// Whether a change is told on the line of what is due, instead of by itself.
pub(super) fn is_summarised(change: &Change, detail: Detail) -> bool {
    change.reason == Reason::Due && change.is_live() && detail != Detail::Full
}

/// Writes a line for each kind that has anything due.
///
/// # Errors
/// The writer's own.
pub(super) fn due(out: &mut dyn Write, plan: &Plan, detail: Detail) -> fmt::Result {
    let mut kinds: BTreeMap<&str, (usize, BTreeSet<Holds>)> = BTreeMap::new();
    for change in plan.resource_changes.iter().filter(|change| is_summarised(change, detail)) {
        let (count, spans) = kinds.entry(&change.kind).or_default();
        *count += 1;
        let after = change.change.after.as_ref();
        spans.extend(
            kind_of(&change.address).zip(after).and_then(|(kind, after)| kind.holds(after)),
        );
    }
    for (kind, (count, spans)) in &kinds {
        let are = if *count == 1 { " is" } else { "s are" };
        let (what, first) = match spans.len() {
            0 | 1 => ("the next occurrence of a recurring window".to_owned(), ""),
            count => (format!("the next occurrences of {count} recurring windows"), "first "),
        };
        let span =
            spans.first().map(|span| format!(", {first}{}", told(*span))).unwrap_or_default();
        writeln!(out, "~ {count} {kind}{are} due: {what}{span} (shown with --detail full)")?;
    }
    if kinds.is_empty() { Ok(()) } else { writeln!(out) }
}

fn told((from, to): Holds) -> String {
    let end =
        |end: Option<jiff::Timestamp>| end.map_or_else(|| "…".to_owned(), |at| at.to_string());
    format!("{} to {}", end(from), end(to))
}
