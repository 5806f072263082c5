//! From a draft to a plan: rules are checked, changes are held, the whole is counted and hashed.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Proposed;
use super::{Change, CheckResult, Draft, Plan, Source, Status, Summary, Tenant, seal};
use crate::kinds::{Action, Checking, KINDS, Proposal};
use crate::model::{Address, Desired, Facts, Finding, Level, Observed};

/// What a project decides about the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// What a rule's failure does, where that is not the default.
    pub checks: BTreeMap<String, Setting>,
    /// Whether deletions are applied instead of held.
    pub allow_delete: bool,
    /// Whether some of the project's manifests were not read: what no other one declares may be
    /// declared there.
    pub is_partial: bool,
}

/// What a rule's failure does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The plan cannot be applied.
    Block,
    /// The change is withheld, the rest goes on.
    Hold,
    /// It is told.
    Warn,
    /// The rule is not asked.
    Off,
}

impl Policy {
    /// Whether a rule is asked at all.
    #[must_use]
    pub fn is_on(&self, rule: &str) -> bool {
        self.checks.get(rule) != Some(&Setting::Off)
    }

    fn level(&self, rule: &str, default: Level) -> Level {
        match self.checks.get(rule) {
            // What is an error by nature, and what guards a deletion, is not for a policy to say.
            _ if default == Level::Error => default,
            Some(Setting::Block) => Level::Block,
            Some(Setting::Hold) => Level::Hold,
            Some(Setting::Warn) => Level::Warn,
            Some(Setting::Off) | None => default,
        }
    }
}

/// The rule that withholds deletions unless they are allowed.
pub(super) const DELETION: &str = "allow-delete";
/// The rule that withholds deletions that follow from absence where not all manifests were read.
const PARTIAL: &str = "partial";
/// The rule that withholds what depends on something withheld.
const DEPENDENCY: &str = "depends-on-held";

/// Everything that a plan is made from.
pub struct Inputs<'a> {
    /// What should be.
    pub desired: &'a Desired,
    /// What is.
    pub observed: &'a Observed,
    /// What the tenant says and we do not manage.
    pub facts: &'a Facts,
    /// What the project decides about the rules.
    pub policy: &'a Policy,
    /// The tenant.
    pub tenant: Tenant,
    /// The manifests.
    pub source: Source,
}

/// Checks the rules and closes the plan.
///
/// # Errors
/// Findings that no override lifts.
pub fn finish(mut draft: Draft, inputs: Inputs<'_>) -> Result<Plan, Vec<Finding>> {
    let (results, errors) = check(&draft, &inputs);
    if !errors.is_empty() {
        return Err(errors);
    }
    hold(&mut draft.proposed, &results, inputs.policy);
    super::unlink::hold(&mut draft.proposed);
    let changes = draft.proposed.iter().map(|proposed| &proposed.change);
    let summary = summarise(changes, draft.noops, draft.unmanaged.count);
    let mut plan = Plan {
        format_version: super::FORMAT_VERSION.to_owned(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        hash: String::new(),
        integrity: String::new(),
        tenant: inputs.tenant,
        applyable: inputs.source.live.is_none(),
        source: inputs.source,
        references: draft.references,
        resource_changes: draft.proposed.into_iter().map(|proposed| proposed.change).collect(),
        selection: draft.selected,
        unmanaged: draft.unmanaged,
        checks: results,
        summary,
    };
    let is_blocked = plan.blocked_by().next().is_some();
    plan.applyable &= !is_blocked;
    seal(&mut plan);
    Ok(plan)
}

fn check(draft: &Draft, inputs: &Inputs<'_>) -> (Vec<CheckResult>, Vec<Finding>) {
    let mut results = Vec::new();
    let mut errors = Vec::new();
    for kind in KINDS {
        let checking = Checking {
            proposals: proposals(draft, inputs, kind.name()),
            observed: inputs.observed,
            desired: inputs.desired,
            facts: inputs.facts,
        };
        if checking.proposals.is_empty() {
            continue;
        }
        for check in kind.checks().iter().filter(|check| inputs.policy.is_on(check.rule)) {
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
    results.sort();
    errors.sort();
    (results, errors)
}

fn proposals<'a>(draft: &'a Draft, inputs: &'a Inputs<'_>, kind: &str) -> Vec<Proposal<'a>> {
    let proposal = |proposed: &'a Proposed| {
        let change = &proposed.change;
        Some(Proposal {
            action: change.action()?,
            address: &change.address,
            before: inputs.observed.remotes.get(&change.address).map(|remote| &remote.document),
            after: change.change.after.as_ref(),
            place: &change.source,
            links: &proposed.links,
        })
    };
    let of_kind = draft.proposed.iter().filter(|proposed| &*proposed.change.kind == kind);
    // What unlinks is a part of its deletion.
    let of_kind = of_kind.filter(|proposed| !proposed.change.is_unlink());
    of_kind.filter_map(proposal).collect()
}

fn passed(rule: &str, level: Level) -> CheckResult {
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

fn failed(finding: Finding, level: Level) -> CheckResult {
    CheckResult {
        rule: finding.rule.to_owned(),
        level,
        status: if level == Level::Warn { Status::Warn } else { Status::Fail },
        address: finding.address,
        message: Some(finding.message),
        hint: finding.hint,
        source: finding.place,
    }
}

/// Withholds deletions, what a rule holds, and what depends on something withheld.
fn hold(proposed: &mut [Proposed], results: &[CheckResult], policy: &Policy) {
    let mut rules: BTreeMap<&Address, BTreeSet<&str>> = BTreeMap::new();
    for result in results.iter().filter(|r| r.level == Level::Hold && r.status == Status::Fail) {
        if let Some(address) = &result.address {
            rules.entry(address).or_default().insert(&result.rule);
        }
    }
    for Proposed { change, .. } in proposed.iter_mut() {
        let held = rules.get(&change.address).into_iter().flatten();
        change.held_by.extend(held.map(|rule| (*rule).to_owned()));
        if change.action() == Some(Action::Delete) && !policy.allow_delete {
            change.held_by.insert(0, DELETION.to_owned());
        }
        if policy.is_partial && change.reason.is_absence() {
            change.held_by.push(PARTIAL.to_owned());
        }
    }
    hold_what_waits(&mut proposed.iter_mut().map(|p| &mut p.change).collect::<Vec<_>>());
}

/// Withholds what depends on something withheld.
pub(super) fn hold_what_waits(changes: &mut [&mut Change]) {
    let mut held: BTreeSet<Address> = BTreeSet::new();
    let needed: BTreeSet<Address> =
        changes.iter().flat_map(|change| change.depends_on.iter().cloned()).collect();
    loop {
        let count = held.len();
        let more = changes.iter().filter(|change| !change.held_by.is_empty());
        let more = more.filter(|change| needed.contains(&change.address));
        held.extend(more.map(|change| change.address.clone()));
        if held.len() == count {
            return;
        }
        for change in changes.iter_mut().filter(|change| change.is_live()) {
            if change.depends_on.iter().any(|first| held.contains(first)) {
                change.held_by.push(DEPENDENCY.to_owned());
            }
        }
    }
}

/// Counts a plan's changes.
pub(super) fn summarise<'c>(
    changes: impl IntoIterator<Item = &'c Change>,
    noop: usize,
    unmanaged: usize,
) -> Summary {
    let mut summary = Summary { noop, unmanaged, ..Summary::default() };
    for change in changes {
        let count = match change.action() {
            None => continue,
            Some(_) if !change.held_by.is_empty() => &mut summary.held,
            Some(Action::Create) => &mut summary.add,
            Some(Action::Update) => &mut summary.change,
            Some(Action::Delete) => &mut summary.destroy,
        };
        *count += 1;
    }
    summary
}
