//! What the changes do to who can serve, and the guard that leaves nobody alone.

use super::check::{checking, passed, proposals};
use super::hold::hold_deletions;
use super::{CheckResult, Draft, Inputs, Plan, Policy, Status};
use crate::kinds::{Breach, Impact, KINDS};
use crate::model::{Address, Level, Roster};

/// The rule that keeps enough agents in each hour.
pub(super) const COVERAGE: &str = "coverage";

/// What the changes that are not withheld do; none where no kind has anything to say.
pub(super) fn impact(draft: &Draft, inputs: &Inputs<'_>) -> Option<Impact> {
    let all = proposals(draft, inputs);
    KINDS.iter().find_map(|kind| kind.impact(&checking(&all, kind.name(), inputs)))
}

/// Who could serve each queue in the next seven days, if what is declared were applied; deletions
/// only as far as they are allowed. No rule is asked.
#[must_use]
pub fn roster(mut draft: Draft, inputs: &Inputs<'_>) -> Roster {
    let mut changes: Vec<_> = draft.proposed.iter_mut().map(|own| &mut own.change).collect();
    hold_deletions(&mut changes, inputs.policy);
    let all = proposals(&draft, inputs);
    let known = KINDS.iter().find_map(|kind| kind.roster(&checking(&all, kind.name(), inputs)));
    known.unwrap_or_default()
}

/// What the guard says. Where it holds, each change that takes somebody away is told by itself.
pub(super) fn guard(impact: &Impact, policy: &Policy) -> Vec<CheckResult> {
    if !policy.is_on(COVERAGE) {
        return Vec::new();
    }
    let level = policy.level(COVERAGE, Level::Block);
    if let Some(unknown) = impact.unknown {
        let message =
            format!("the {unknown}s could not be read: nobody knows whether a queue is left alone");
        return vec![CheckResult {
            status: Status::Warn,
            message: Some(message),
            hint: Some(format!("give the token the right to read {unknown}s")),
            ..passed(COVERAGE, Level::Warn)
        }];
    }
    if impact.breaches.is_empty() {
        return vec![passed(COVERAGE, level)];
    }
    let told = |breach: &Breach, address: &Address| CheckResult {
        status: if level == Level::Warn { Status::Warn } else { Status::Fail },
        address: Some(address.clone()),
        message: Some(breach.finding.message.clone()),
        hint: breach.finding.hint.clone(),
        source: breach.finding.place.clone(),
        ..passed(COVERAGE, level)
    };
    let each = impact.breaches.iter().flat_map(|breach| {
        let own = breach.finding.address.iter();
        let addresses: Vec<&Address> =
            if level == Level::Hold { breach.causes.iter().collect() } else { own.collect() };
        addresses.into_iter().map(|address| told(breach, address)).collect::<Vec<_>>()
    });
    each.collect()
}

/// What the guard says now takes the place of what it said before, but for what it withholds.
pub(super) fn enter(results: &mut Vec<CheckResult>, found: Vec<CheckResult>) {
    let withholds =
        |result: &CheckResult| result.level == Level::Hold && result.status == Status::Fail;
    results.retain(|result| result.rule != COVERAGE || withholds(result));
    let has_withheld = results.iter().any(|result| result.rule == COVERAGE);
    let is_new = |result: &CheckResult| !(has_withheld && result.status == Status::Pass);
    results.extend(found.into_iter().filter(is_new));
}

impl Plan {
    /// Whether somewhere too few agents are left, or may be; some may not have been read.
    #[must_use]
    pub fn lacks_agents(&self) -> bool {
        let is_short = |check: &CheckResult| {
            check.rule == COVERAGE && check.status != Status::Pass && check.address.is_some()
        };
        self.wants_everybody || self.checks.iter().any(is_short)
    }
}
