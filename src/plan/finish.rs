//! From a draft to a plan: rules are checked, changes are held, the whole is counted and hashed.

use jiff::SignedDuration;

use super::check::{When, check, failed};
use super::coverage;
use super::draft::Proposed;
use super::guard::guard;
use super::hold::{PROTECTION, hold, hold_deletions};
use super::nameless::{Known, nameless};
use super::people::named_in;
use super::timeline::timeline;
use super::{Change, CheckResult, Draft, Plan, Policy, Source, Summary, Tenant, seal};
use crate::kinds::{Action, Impact};
use crate::model::{Desired, Facts, Finding, Level, Observed};

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
    /// How far ahead it looks, where its timeline is wanted.
    pub ahead: Option<SignedDuration>,
}

/// Checks the rules and closes the plan. What is withheld is decided step by step, and a rule that
/// counts comes after it.
///
/// # Errors
/// Findings that no override lifts.
pub fn finish(mut draft: Draft, inputs: Inputs<'_>) -> Result<Plan, Vec<Finding>> {
    let mut results = hold_deletions(&mut changes(&mut draft.proposed), inputs.policy);
    results.extend(unprotected(&inputs));
    for when in [When::First, When::Last] {
        let (found, errors) = check(&draft, &inputs, when);
        if !errors.is_empty() {
            return Err(errors);
        }
        hold(&mut changes(&mut draft.proposed), &found);
        results.extend(found);
    }
    super::unlink::hold(&mut draft.proposed);
    let mut impact = cover(&mut draft, &inputs, &mut results);
    let (existing, asked) = (std::mem::take(&mut draft.existing), live(&draft));
    results.extend(guard(&mut changes(&mut draft.proposed), &existing, inputs.policy));
    super::unlink::hold(&mut draft.proposed);
    if live(&draft) != asked {
        // Somebody who would have made up for another is withheld now.
        impact = cover(&mut draft, &inputs, &mut results);
    }
    results.sort();
    let timeline = timeline(&draft, &inputs);
    let people = named_in(&results, &inputs);
    let changes = draft.proposed.iter().map(|proposed| &proposed.change);
    let summary = Summary { existing, ..summarise(changes, draft.noops, draft.unmanaged.count) };
    let mut plan = Plan {
        format_version: super::FORMAT_VERSION.to_owned(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        hash: String::new(),
        integrity: String::new(),
        tenant: inputs.tenant,
        applyable: inputs.source.live.is_none(),
        source: inputs.source,
        redacted: false,
        timeline,
        references: draft.references,
        people,
        resource_changes: draft.proposed.into_iter().map(|proposed| proposed.change).collect(),
        selection: draft.selected,
        unmanaged: draft.unmanaged,
        wants_everybody: impact.as_ref().is_some_and(|impact| impact.wants_everybody),
        coverage: impact.map(|impact| impact.coverage),
        checks: results,
        summary,
    };
    let is_blocked = plan.blocked_by().next().is_some();
    plan.applyable &= !is_blocked;
    seal(&mut plan);
    Ok(plan)
}

/// Protections that protect nothing. What was not read of the manifests may declare it.
fn unprotected(inputs: &Inputs<'_>) -> Vec<CheckResult> {
    let Inputs { desired, observed, facts, policy, .. } = *inputs;
    if policy.is_partial {
        return Vec::new();
    }
    let known = Known { desired, observed, facts, dialect: inputs.tenant.dialect };
    let protect = policy.protect.iter().map(|own| (&own.pattern, &own.place));
    let idle = nameless(PROTECTION, protect, &known).into_iter();
    idle.map(|finding| failed(finding, Level::Warn)).collect()
}

/// Asks who could serve, and withholds what takes too many away, until nothing new is found.
pub(super) fn cover(
    draft: &mut Draft,
    inputs: &Inputs<'_>,
    results: &mut Vec<CheckResult>,
) -> Option<Impact> {
    loop {
        let asked = live(draft);
        let impact = coverage::impact(draft, inputs);
        let found = impact.as_ref().map(|impact| coverage::guard(impact, inputs.policy));
        let found = found.unwrap_or_default();
        hold(&mut changes(&mut draft.proposed), &found);
        super::unlink::hold(&mut draft.proposed);
        coverage::enter(results, found);
        if live(draft) == asked {
            return impact;
        }
    }
}

/// How many changes are to be applied.
fn live(draft: &Draft) -> usize {
    draft.proposed.iter().filter(|proposed| proposed.change.is_live()).count()
}

fn changes(proposed: &mut [Proposed]) -> Vec<&mut Change> {
    proposed.iter_mut().map(|proposed| &mut proposed.change).collect()
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
