//! What changed since the base, apart from what drifted.

use std::fmt::{self, Write};

use super::fields;
use crate::kinds::Action;
use crate::plan::{Base, Change, Plan, Reason};

/// The headings over what changed since the base and over what drifted; none without a base.
pub(super) struct Headings<'p> {
    base: Option<&'p Base>,
    /// Which of the two was written last.
    under: Option<bool>,
}

impl<'p> Headings<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        Self { base: plan.source.base.as_ref(), under: None }
    }

    /// Writes the heading that comes before these changes, where it is not there yet.
    pub(super) fn before(&mut self, out: &mut dyn Write, group: &[&Change]) -> fmt::Result {
        let (Some(base), Some(first)) = (self.base, group.first()) else { return Ok(()) };
        if self.under.replace(first.drifted) == Some(first.drifted) {
            return Ok(());
        }
        let name = fields::one_line(&base.name);
        match first.drifted {
            false => writeln!(out, "Changed since {name}:\n"),
            true => writeln!(out, "Not changed since {name}, but drifted in the tenant:\n"),
        }
    }
}

/// Writes what the plan is compared with, and how much of it is whose.
pub(super) fn compared(out: &mut dyn Write, plan: &Plan) -> fmt::Result {
    let Some(base) = &plan.source.base else { return Ok(()) };
    let changes = || plan.resource_changes.iter().filter(|change| change.action().is_some());
    let drifted = changes().filter(|change| change.drifted).count();
    let changed = changes().count() - drifted;
    let name = fields::one_line(&base.name);
    let commit = base.commit.as_deref().filter(|commit| *commit != base.name);
    let commit = commit.and_then(|commit| commit.get(..12));
    let commit =
        commit.map_or_else(String::new, |commit| format!(" ({})", fields::one_line(commit)));
    writeln!(out, "Since {name}{commit}: {changed} changed, {drifted} drifted.")
}

/// Why, in words, where the base is known.
pub(super) fn since(reason: Reason, action: Option<Action>) -> &'static str {
    match (reason, action) {
        (Reason::Config, Some(Action::Create)) => "the request adds it",
        (Reason::Config, _) => "the request changes it",
        (Reason::Both, Some(Action::Create)) => "the request changes it, and the tenant has none",
        (Reason::Both, _) => "the request changes it, and the tenant has drifted too",
        (Reason::Drift, Some(Action::Create)) => "drifted: the tenant has none",
        (Reason::Drift, _) => "drifted",
        (Reason::Removed, _) => "the request removes it",
        _ => "the tenant differs",
    }
}
