//! The differences between what should be and what is, before any rule has looked at them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::compare::{Comparing, kept};
use super::depend::depend;
use super::unlink::unlink;
use super::{Change, PlannedAction, Policy, Selected, Unmanaged};
use crate::http::Dialect;
use crate::kinds::{self, Action, KINDS, Kind, Needs, kind_of};
use crate::model::{Desired, Facts, Finding, Links, Observed, References, Remote};

/// What differs, and which facts the rules about it need. It grows with the changes, not with what
/// stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The changes, and where they are listed the no-ops, by address.
    pub(super) proposed: Vec<Proposed>,
    /// What the changes name.
    pub(super) references: References,
    /// What was read and no manifest names.
    pub(super) unmanaged: Unmanaged,
    /// How many resources are as they should be.
    pub(super) noops: usize,
    /// Set where a part was taken.
    pub(super) selected: Option<Selected>,
    /// How many of each kind exist and are declared, whatever is selected of them.
    pub(super) existing: BTreeMap<String, usize>,
}

/// One change, and what it names.
#[derive(Clone, Debug)]
pub(super) struct Proposed {
    pub(super) change: Change,
    /// As wanted and as it is.
    pub(super) links: Links,
}

impl Draft {
    /// Adds a change; what it names will be looked for when it is applied.
    fn add(&mut self, proposed: Proposed) {
        if proposed.change.action().is_some() {
            for link in &proposed.links {
                if !self.references.contains_key(&link.address) {
                    self.references.insert(link.address.clone(), link.id.clone());
                }
            }
            self.references.insert(proposed.change.address.clone(), proposed.change.id.clone());
        }
        self.proposed.push(proposed);
    }

    /// The changes for which a rule that is not switched off needs this sort of fact.
    fn wants(&self, needs: Needs, policy: &Policy) -> impl Iterator<Item = &Proposed> {
        let asks = |kind: &&&dyn Kind| {
            kind.checks().iter().any(|check| check.needs == needs && policy.is_on(check.rule))
        };
        let kinds: Vec<&str> = KINDS.iter().filter(asks).map(|kind| kind.name()).collect();
        self.proposed.iter().filter(move |proposed| {
            let action = proposed.change.action();
            action.is_some_and(|action| action != Action::Delete)
                && kinds.contains(&proposed.change.address.kind())
        })
    }

    /// The kinds whose resources matter for what the changes do to staffing.
    #[must_use]
    pub fn looks_at(&self) -> BTreeSet<&'static str> {
        kinds::looked_at_for(&changing(self.proposed.iter().map(|proposed| &proposed.change)))
    }

    /// Whether the routing strategies are needed.
    #[must_use]
    pub fn wants_strategies(&self, policy: &Policy) -> bool {
        self.wants(Needs::Strategies, policy).next().is_some()
    }

    /// The ids of the agents whose licences are needed.
    #[must_use]
    pub fn wants_licences(&self, policy: &Policy) -> BTreeSet<Arc<str>> {
        let links = self.wants(Needs::Licences, policy).flat_map(|proposed| &proposed.links);
        let agents = links.filter(|link| link.address.kind() == "agent");
        agents.filter_map(|link| link.id.clone()).collect()
    }
}

/// The kinds of what is to be changed.
pub(super) fn changing<'c>(changes: impl Iterator<Item = &'c Change>) -> BTreeSet<&'c str> {
    changes.filter(|change| change.action().is_some()).map(|change| &*change.kind).collect()
}

/// Compares. What a kind cannot create as declared is a finding. What the `base` declares and
/// `desired` does not is to be deleted.
#[must_use]
pub fn draft(
    desired: &Desired,
    base: Option<&Desired>,
    observed: &Observed,
    facts: &Facts,
    dialect: Dialect,
    with_noops: bool,
) -> (Draft, Vec<Finding>) {
    let mut draft = Draft::default();
    let mut findings = Vec::new();
    let mut comparing = Comparing::new((desired, base), observed, facts, dialect);
    for (address, declared, remote) in desired.joined(&observed.remotes) {
        let removed = match declared {
            None => comparing.removed(&address),
            Some(_) => None,
        };
        let Some(declared) = declared.or(removed.as_ref()) else {
            match desired.excludes_others(address.head()) {
                Some(place) => {
                    super::count(&mut draft.existing, address.kind());
                    let excluded = comparing.excluded(place);
                    let action = PlannedAction::Delete;
                    draft.add(comparing.propose(address, &excluded, remote, action, &[]));
                }
                None if observed.aside.contains(address.kind()) => {}
                None => {
                    let others = observed.others.get(&address).map_or(0, Vec::len);
                    (0..=others).for_each(|_| draft.unmanaged.add(address.kind()));
                }
            }
            continue;
        };
        let all: Vec<&Remote> =
            remote.into_iter().chain(observed.others.get(&address).into_iter().flatten()).collect();
        if let Some(finding) = comparing.ambiguous(&address, declared, &all) {
            findings.push(finding);
            continue;
        }
        let (remote, surplus) = kept(declared, &all);
        if remote.is_some() {
            super::count(&mut draft.existing, address.kind());
        }
        let action = match comparing.action(&address, declared, remote) {
            PlannedAction::NoOp if !surplus.is_empty() => PlannedAction::Update,
            action => action,
        };
        if action == PlannedAction::NoOp {
            draft.noops += 1;
            if !with_noops {
                continue;
            }
        }
        let proposed = comparing.propose(address, declared, remote, action, &surplus);
        if action == PlannedAction::Create {
            let (own, label) = (&proposed.change.address, &proposed.change.name);
            let lacks = kind_of(own).and_then(|kind| kind.lacks(declared, label));
            findings.extend(lacks.map(|(message, hint)| {
                Finding::error("incomplete", &declared.place, message).about(own).hint(hint)
            }));
        }
        draft.add(proposed);
    }
    draft.proposed.sort_by(|a, b| a.change.address.cmp(&b.change.address));
    depend(&mut draft.proposed, desired, observed);
    unlink(&mut draft.proposed, &mut comparing);
    (draft, findings)
}
