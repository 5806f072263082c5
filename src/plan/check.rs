//! The rules of the kinds, asked about a draft.

use super::draft::Proposed;
use super::{CheckResult, Draft, Inputs, Status};
use crate::kinds::{Check, Checking, KINDS, Needs, Proposal};
use crate::model::{Finding, Level};

/// When rules are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Before anything is withheld by a rule: most of them.
    First,
    /// When it is known what is withheld: rules about what will be.
    Last,
}

impl When {
    fn asks(self, check: &Check) -> bool {
        (check.needs == Needs::Held) == (self == Self::Last)
    }
}

/// Asks the rules whose turn it is. What no override lifts comes as findings.
pub(super) fn check(
    draft: &Draft,
    inputs: &Inputs<'_>,
    when: When,
) -> (Vec<CheckResult>, Vec<Finding>) {
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    let all = proposals(draft, inputs);
    for kind in KINDS {
        let proposals = of_kind(&all, kind.name());
        // What will be of a kind may be due to changes of another.
        let changes = if when == When::Last { &all } else { proposals };
        if changes.is_empty() {
            continue;
        }
        let checking = checking(&all, kind.name(), inputs);
        let checks = kind.checks().iter().filter(|check| when.asks(check));
        for check in checks.filter(|check| inputs.policy.is_on(check.rule)) {
            let level = inputs.policy.level(check.rule, check.level);
            let findings = (check.run)(&checking);
            if findings.is_empty() && level != Level::Error {
                results.push(passed(check.rule, level));
            }
            for finding in findings {
                match level {
                    Level::Error => errors.push(finding),
                    level => results.push(failed(finding, level)),
                }
            }
        }
    }
    errors.sort();
    (results, errors)
}

/// What a kind looks at.
pub(super) fn checking<'a>(
    all: &'a [Proposal<'a>],
    kind: &str,
    inputs: &'a Inputs<'_>,
) -> Checking<'a> {
    Checking {
        proposals: of_kind(all, kind),
        all,
        observed: inputs.observed,
        desired: inputs.desired,
        facts: inputs.facts,
        limits: &inputs.policy.limits,
        floors: &inputs.policy.floors,
    }
}

pub(super) fn proposals<'a>(draft: &'a Draft, inputs: &'a Inputs<'_>) -> Vec<Proposal<'a>> {
    let proposal = |proposed: &'a Proposed| {
        let change = &proposed.change;
        Some(Proposal {
            action: change.action()?,
            address: &change.address,
            before: inputs.observed.remotes.get(&change.address).map(|remote| &remote.document),
            after: change.change.after.as_ref(),
            place: &change.source,
            links: &proposed.links,
            held: !change.held_by.is_empty(),
        })
    };
    // What unlinks is a part of its deletion.
    let own = draft.proposed.iter().filter(|proposed| !proposed.change.is_unlink());
    own.filter_map(proposal).collect()
}

/// The proposals of a kind: they stand together, by address.
fn of_kind<'a, 'p>(all: &'a [Proposal<'p>], kind: &str) -> &'a [Proposal<'p>] {
    let is_of_kind = |proposal: &Proposal<'_>| proposal.address.kind() == kind;
    let start = all.iter().position(is_of_kind).unwrap_or(all.len());
    let rest = all.get(start..).unwrap_or_default();
    let count = rest.iter().take_while(|proposal| is_of_kind(proposal)).count();
    rest.get(..count).unwrap_or_default()
}

/// A rule that nothing fails.
pub(super) fn passed(rule: &str, level: Level) -> CheckResult {
    CheckResult {
        rule: rule.to_owned(),
        level,
        status: Status::Pass,
        address: None,
        message: None,
        hint: None,
        source: None,
    }
}

/// What a rule complains of.
pub(super) fn failed(finding: Finding, level: Level) -> CheckResult {
    CheckResult {
        address: finding.address,
        message: Some(finding.message),
        hint: finding.hint,
        source: finding.place,
        status: if level == Level::Warn { Status::Warn } else { Status::Fail },
        ..passed(finding.rule, level)
    }
}
