//! What changed since the base, apart from where the tenant differed before.

use super::fields;
use crate::kinds::Action;
use crate::plan::{Base, Change, Plan, Reason};

/// The headings over what changed since the base and over what else differs; none without a base.
/// Whether the tenant has drifted from the base nobody knows: it may never have been applied.
pub(super) struct Headings<'p> {
    base: Option<&'p Base>,
    /// Which of the two was written last.
    under: Option<bool>,
}

impl<'p> Headings<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        Self { base: plan.source.base.as_ref(), under: None }
    }

    /// The heading that comes before this change, where it is not there yet.
    pub(super) fn before(&mut self, change: &Change) -> Option<String> {
        let base = self.base?;
        if self.under.replace(change.drifted) == Some(change.drifted) {
            return None;
        }
        let name = fields::brief(&fields::one_line(&base.name));
        Some(match change.drifted {
            false => format!("Changed since {name}:"),
            true => format!("Not changed since {name}, but different in the tenant:"),
        })
    }
}

/// The lines of some changes, with these headings among them.
pub(super) fn headed<'p>(
    plan: &'p Plan,
    told: impl IntoIterator<Item = (&'p Change, Vec<String>)>,
) -> Vec<String> {
    let mut headings = Headings::of(plan);
    let lines = told.into_iter().flat_map(|(change, lines)| {
        let heading = headings.before(change).map(|heading| format!("# {heading}"));
        heading.into_iter().chain(lines)
    });
    lines.collect()
}

/// What the plan is compared with, and how much of it is whose; nothing without a base.
pub(super) fn compared(plan: &Plan) -> Option<String> {
    let base = plan.source.base.as_ref()?;
    let changes = || plan.resource_changes.iter().filter(|change| change.action().is_some());
    let drifted = changes().filter(|change| change.drifted).count();
    let changed = changes().count() - drifted;
    let name = fields::brief(&fields::one_line(&base.name));
    let commit = base.commit.as_deref().filter(|commit| *commit != base.name);
    let commit = commit.and_then(|commit| commit.get(..12));
    let commit =
        commit.map_or_else(String::new, |commit| format!(" ({})", fields::one_line(commit)));
    let others = match drifted {
        0 => String::new(),
        1 => "; 1 other differs in the tenant".to_owned(),
        others => format!("; {others} others differ in the tenant"),
    };
    Some(format!("Since {name}{commit}: {changed} changed{others}."))
}

/// Why, in words, where the base is known.
pub(super) fn since(reason: Reason, action: Option<Action>) -> &'static str {
    match (reason, action) {
        (Reason::Config, Some(Action::Create)) => "the request adds it",
        (Reason::Config, _) => "the request changes it",
        (Reason::Both, Some(Action::Create)) => "the request changes it, and the tenant has none",
        (Reason::Both, _) => "the request changes it, and the tenant differs from the base too",
        (Reason::Drift, Some(Action::Create)) => "the request leaves it, and the tenant has none",
        (Reason::Drift, _) => "the request leaves it, and the tenant differs",
        (Reason::Removed, _) => "the request removes it",
        _ => "the tenant differs",
    }
}
