//! The plan that undoes a run, under the guard of coverage: who could serve once it is undone.

use std::collections::BTreeSet;

use super::draft::{Proposed, changing};
use super::finish::{cover, summarise};
use super::hold::hold_what_waits;
use super::people::named_in;
use super::{Change, Draft, Inputs, Plan, Summary, seal};
use crate::kinds::{Action, kind_of, looked_at_for};
use crate::model::{Declared, Desired, Links, References};

/// What a plan without manifests at hand would leave, as if a manifest said so.
#[must_use]
pub fn declared(plan: &Plan) -> Desired {
    let mut desired = Desired::default();
    for change in plan.live() {
        let delta = &change.change;
        let Some(document) = delta.after.as_ref().or(delta.before.as_ref()) else { continue };
        let declared = Declared {
            document: document.clone(),
            on_create: None,
            absent: change.action() == Some(Action::Delete),
            place: change.source.clone(),
            links: names(change, &plan.references),
            recurs: None,
        };
        desired.put(&change.address, declared, |_, _| true);
    }
    desired
}

/// The kinds that matter for the staffing of what a plan touches.
#[must_use]
pub fn staffing(plan: &Plan) -> BTreeSet<&'static str> {
    looked_at_for(&changing(plan.live()))
}

/// A plan without manifests at hand after coverage was asked about it.
#[must_use]
pub fn covered(mut plan: Plan, inputs: &Inputs<'_>) -> Plan {
    let all = std::mem::take(&mut plan.resource_changes).into_iter();
    let proposed = |change: Change| Proposed { links: names(&change, &plan.references), change };
    let mut draft = Draft { proposed: all.map(proposed).collect(), ..Draft::default() };
    let impact = cover(&mut draft, inputs, &mut plan.checks);
    plan.resource_changes = draft.proposed.into_iter().map(|proposed| proposed.change).collect();
    hold_what_waits(&mut plan.resource_changes.iter_mut().collect::<Vec<_>>());
    plan.checks.sort();
    plan.people.extend(named_in(&plan.checks, inputs));
    plan.wants_everybody = impact.as_ref().is_some_and(|impact| impact.wants_everybody);
    plan.coverage = impact.map(|impact| impact.coverage);
    let existing = std::mem::take(&mut plan.summary.existing);
    plan.summary = Summary { existing, ..summarise(&plan.resource_changes, 0, 0) };
    let is_blocked = plan.blocked_by().next().is_some();
    plan.applyable = !is_blocked;
    seal(&mut plan);
    plan
}

fn names(change: &Change, known: &References) -> Links {
    kind_of(&change.address).map(|kind| kind.names(&change.address, known)).unwrap_or_default()
}
