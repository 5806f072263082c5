//! Guards over a whole plan: how much of what exists it may delete or change.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::passed;
use super::hold::hold_what_waits;
use super::{Change, CheckResult, Policy, Status};
use crate::kinds::Action;
use crate::model::{AtMost, Level, Limit};

/// Of fewer resources no part is counted: one of three is soon more than 30 %.
const FEWEST: usize = 10;

/// One guard.
struct Guard {
    rule: &'static str,
    /// Whether updates count, beside deletions.
    updates: bool,
    /// What becomes of what is counted.
    what: &'static str,
}

/// The table of guards.
const GUARDS: &[Guard] = &[
    Guard { rule: "deletePercent", updates: false, what: "deleted" },
    Guard { rule: "changePercent", updates: true, what: "changed or deleted" },
    Guard { rule: "deletes", updates: false, what: "deleted" },
    Guard { rule: "changes", updates: true, what: "changed or deleted" },
];

/// The names of the rules over a whole plan.
pub fn guards() -> impl Iterator<Item = &'static str> {
    GUARDS.iter().map(|guard| guard.rule)
}

/// What is to be applied to the resources of one kind. Creates endanger nothing that exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    updates: usize,
    deletions: usize,
}

type Tallies = BTreeMap<Arc<str>, Tally>;

/// Too much: of one kind, or of all together.
struct Breach {
    kind: Option<Arc<str>>,
    message: String,
}

/// Asks the guards about changes in the order of their addresses; `existing` counts the declared
/// resources of each kind that exist. What a guard withholds, no other one counts.
pub(super) fn guard(
    changes: &mut [&mut Change],
    existing: &BTreeMap<String, usize>,
    policy: &Policy,
) -> Vec<CheckResult> {
    let mut results = Vec::new();
    if changes.iter().all(|change| change.action().is_none()) {
        return results;
    }
    let level = |guard: &Guard| policy.level(guard.rule, Level::Block);
    let asked = GUARDS.iter().filter(|guard| policy.is_on(guard.rule));
    let (first, last): (Vec<&Guard>, _) = asked.partition(|guard| level(guard) == Level::Hold);
    for guard in first.into_iter().chain(last) {
        let (rule, level) = (guard.rule, level(guard));
        let Some(limit) = policy.limits.of(rule) else { continue };
        let breaches = guard.breaches(limit, &tally(changes), existing);
        if breaches.is_empty() {
            results.push(passed(rule, level));
        }
        for Breach { kind, message } in breaches {
            if level == Level::Hold {
                guard.withhold(changes, kind.as_deref());
            }
            results.push(CheckResult {
                status: if level == Level::Warn { Status::Warn } else { Status::Fail },
                message: Some(format!("{message}; the limit is {}", limit.origin(rule))),
                hint: Some(format!("do it in smaller steps, or set another policy.{rule}")),
                ..passed(rule, level)
            });
        }
    }
    results
}

/// What is to be applied, by kind. Two changes of one resource count once, as the graver one.
fn tally(changes: &[&mut Change]) -> Tallies {
    let mut tallies = Tallies::new();
    for same in changes.chunk_by(|one, next| one.address == next.address) {
        let graver = same.iter().filter(|change| change.is_live()).max_by_key(|c| c.action());
        let Some(change) = graver else { continue };
        let Some(action @ (Action::Update | Action::Delete)) = change.action() else { continue };
        let tally = match tallies.get_mut(&change.kind) {
            Some(tally) => tally,
            None => tallies.entry(Arc::clone(&change.kind)).or_default(),
        };
        match action {
            Action::Delete => tally.deletions += 1,
            _ => tally.updates += 1,
        }
    }
    tallies
}

impl Guard {
    fn count(&self, tally: Tally) -> usize {
        tally.deletions + if self.updates { tally.updates } else { 0 }
    }

    fn breaches(
        &self,
        limit: &Limit,
        tallies: &Tallies,
        existing: &BTreeMap<String, usize>,
    ) -> Vec<Breach> {
        let counts = tallies.iter().map(|(kind, tally)| (kind, self.count(*tally)));
        let counts: Vec<(&Arc<str>, usize)> = counts.filter(|(_, count)| *count > 0).collect();
        match limit.at_most {
            AtMost::Percent(percent) => {
                let breach = |(kind, count): (&Arc<str>, usize)| {
                    let total = existing.get(&**kind).copied().unwrap_or_default();
                    let (count, all) = (count as u64, total as u64);
                    (total >= FEWEST && percent.is_exceeded_by(count, all)).then(|| Breach {
                        kind: Some(Arc::clone(kind)),
                        message: format!(
                            "{} > {percent}: {kind}s to be {}",
                            percent.compared(count, all),
                            self.what
                        ),
                    })
                };
                counts.into_iter().filter_map(breach).collect()
            }
            AtMost::Count(most) => {
                let total: usize = counts.iter().map(|(_, count)| count).sum();
                let named = counts.iter().map(|(kind, count)| match count {
                    1 => format!("1 {kind}"),
                    count => format!("{count} {kind}s"),
                });
                let named = named.collect::<Vec<_>>().join(" and ");
                let message = format!("{total} > {most}: {named} to be {}", self.what);
                (total as u64 > most)
                    .then_some(Breach { kind: None, message })
                    .into_iter()
                    .collect()
            }
        }
    }

    /// Withholds what was counted, and what depends on it.
    fn withhold(&self, changes: &mut [&mut Change], kind: Option<&str>) {
        let is_counted = |change: &Change| match change.action() {
            Some(Action::Delete) => true,
            Some(Action::Update) => self.updates,
            Some(Action::Create) | None => false,
        };
        for change in changes.iter_mut().filter(|change| change.is_live() && is_counted(change)) {
            if kind.is_none_or(|kind| *change.kind == *kind) {
                change.held_by.push(self.rule.to_owned());
            }
        }
        hold_what_waits(changes);
    }
}
