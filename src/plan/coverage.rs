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

impl Plan {
    /// Whether somewhere too few agents are left; some may not have been read.
    #[must_use]
    pub fn lacks_agents(&self) -> bool {
        self.checks.iter().any(|check| check.rule == COVERAGE && check.status != Status::Pass)
    }
}
