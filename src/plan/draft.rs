//! The differences between what should be and what is, before any rule has looked at them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::{Carry, Change, Delta, PathChange, PlannedAction, Precondition, Reason, Unmanaged};
use crate::http::Dialect;
use crate::kinds::{Action, Basis, KINDS, Kind, Needs, kind_of};
use crate::model::{
    Address, Declared, Desired, Document, Facts, Finding, Links, Memo, Observed, References, Remote,
};
use crate::plan::Policy;

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
    /// How many of each kind exist and stay as they are.
    pub(super) kept: BTreeMap<String, usize>,
}

/// One change, and what it names.
#[derive(Clone, Debug)]
pub(super) struct Proposed {
    pub(super) change: Change,
    /// As wanted and as it is.
    pub(super) links: Links,
}

impl Draft {
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

/// Compares. What a kind cannot create as declared is a finding.
#[must_use]
pub fn draft(
    desired: &Desired,
    observed: &Observed,
    facts: &Facts,
    dialect: Dialect,
    with_noops: bool,
) -> (Draft, Vec<Finding>) {
    let mut draft = Draft::default();
    let mut findings = Vec::new();
    let mut comparing = Comparing::new(observed, facts, dialect);
    for (address, declared, remote) in desired.joined(&observed.remotes) {
        let Some(declared) = declared else {
            draft.unmanaged.add(address.kind());
            continue;
        };
        let action = action(declared, remote);
        if action == PlannedAction::NoOp {
            draft.noops += 1;
            if remote.is_some() {
                super::count(&mut draft.kept, address.kind());
            }
            if !with_noops {
                continue;
            }
        }
        let proposed = comparing.propose(address, declared, remote, action);
        if action == PlannedAction::Create {
            let (own, label) = (&proposed.change.address, &proposed.change.name);
            let lacks = kind_of(own).and_then(|kind| kind.lacks(declared, label));
            findings.extend(lacks.map(|(message, hint)| {
                Finding::error("incomplete", &declared.place, message).about(own).hint(hint)
            }));
        }
        if action != PlannedAction::NoOp {
            for link in &proposed.links {
                if !draft.references.contains_key(&link.address) {
                    draft.references.insert(link.address.clone(), link.id.clone());
                }
            }
            draft.references.insert(proposed.change.address.clone(), proposed.change.id.clone());
        }
        draft.proposed.push(proposed);
    }
    draft.proposed.sort_by(|a, b| a.change.address.cmp(&b.change.address));
    depend(&mut draft.proposed, desired, observed);
    (draft, findings)
}

fn action(declared: &Declared, remote: Option<&Remote>) -> PlannedAction {
    match remote {
        None if declared.absent => PlannedAction::NoOp,
        None => PlannedAction::Create,
        Some(_) if declared.absent => PlannedAction::Delete,
        Some(remote) if remote.document.covers(&declared.document) => PlannedAction::NoOp,
        Some(_) => PlannedAction::Update,
    }
}

/// What comparing needs, and what many changes have in common: a matrix changes from few levels to
/// few others.
struct Comparing<'a> {
    observed: &'a Observed,
    facts: &'a Facts,
    dialect: Dialect,
    kinds: Memo<String, Arc<str>>,
    digests: Memo<Document, Arc<str>>,
    differences: Memo<(Document, Document), Arc<[PathChange]>>,
}

impl<'a> Comparing<'a> {
    fn new(observed: &'a Observed, facts: &'a Facts, dialect: Dialect) -> Self {
        let (kinds, digests, differences) = Default::default();
        Self { observed, facts, dialect, kinds, digests, differences }
    }

    fn propose(
        &mut self,
        address: Address,
        declared: &Declared,
        remote: Option<&Remote>,
        action: PlannedAction,
    ) -> Proposed {
        let (before, after) = match (action, remote) {
            (PlannedAction::Delete, Some(remote)) => (Some(remote.document.clone()), None),
            (_, None) if declared.absent => (None, None),
            (_, None) => (None, Some(declared.on_create.as_ref().unwrap_or(&declared.document))),
            (_, Some(remote)) => {
                (Some(remote.document.project(&declared.document)), Some(&declared.document))
            }
        };
        let after = after.cloned();
        let paths = match (action, &before, &after) {
            (PlannedAction::Update, Some(before), Some(after)) => {
                self.differences.get_or((before.clone(), after.clone()), |(before, after)| {
                    differences(before, after)
                })
            }
            _ => Arc::default(),
        };
        let kind = kind_of(&address);
        let wire = kind.and_then(|kind| kind.wire(self.dialect));
        let from_lane =
            wire.filter(|wire| action.action().is_some_and(|a| wire.basis(a) == Basis::Lane));
        let etag = from_lane.and_then(|wire| self.observed.versions.get(&wire.lane(&address)));
        let carry = match (action, remote, from_lane) {
            (PlannedAction::Update, Some(remote), Some(_)) => {
                let is_whole = before.as_ref() == Some(&remote.document);
                let carry = || Carry { fields: remote.document.clone(), raw: remote.raw.clone() };
                (!is_whole || remote.raw.is_some()).then(carry)
            }
            _ => None,
        };
        // A reviewer is to know what goes with it, and who undoes it what stays lost.
        let raw = remote.and_then(|remote| remote.raw.as_ref());
        let unknown = match (action, raw, wire) {
            (PlannedAction::Delete, Some(raw), Some(wire)) => Arc::from(wire.unknown(raw)),
            _ => Arc::default(),
        };
        let mut links = declared.links.clone();
        links.extend(remote.into_iter().flat_map(|remote| remote.links.iter().cloned()));
        links.sort();
        links.dedup();
        let precondition = Precondition {
            etag: etag.cloned(),
            digest: before
                .clone()
                .map(|before| self.digests.get_or(before, |before| Arc::from(before.digest()))),
        };
        let change = Change {
            kind: self.kinds.get_or(address.kind().to_owned(), |kind| Arc::from(&**kind)),
            name: kind.map(|kind| kind.label(&address, &links, self.facts)).unwrap_or_default(),
            id: remote.and_then(|remote| remote.id.clone()),
            previous_address: None,
            precondition,
            change: Delta { actions: [action], before, after, paths },
            reason: if declared.absent { Reason::Absent } else { Reason::Differs },
            source: declared.place.clone(),
            carry,
            unknown,
            depends_on: Vec::new(),
            held_by: Vec::new(),
            address,
        };
        Proposed { change, links }
    }
}

fn differences(before: &Document, after: &Document) -> Arc<[PathChange]> {
    let now = before.value();
    let differs = |leaf: crate::model::Leaf| {
        let before = now.pointer(&leaf.path).cloned().unwrap_or(Value::Null);
        let after = leaf.value;
        (before != after).then_some(PathChange { path: leaf.path, before, after })
    };
    after.leaves().into_iter().filter_map(differs).collect()
}

/// Creates walk down, deletes walk up:
///
/// ```text
///     create target ──► create or update what names it
///     update or delete what named it ──► delete target
/// ```
fn depend(proposed: &mut [Proposed], desired: &Desired, observed: &Observed) {
    let named: BTreeSet<String> = proposed
        .iter()
        .flat_map(|proposed| &proposed.links)
        .map(|link| link.address.kind().to_owned())
        .collect();
    let acting = |wanted: Action| -> BTreeSet<Address> {
        let changes = proposed.iter().map(|proposed| &proposed.change);
        let of = changes.filter(|change| change.action() == Some(wanted));
        let of = of.filter(|change| named.contains(change.address.kind()));
        of.map(|change| change.address.clone()).collect()
    };
    let (created, deleted) = (acting(Action::Create), acting(Action::Delete));
    if created.is_empty() && deleted.is_empty() {
        return;
    }
    let mut first: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
    for Proposed { change, .. } in proposed.iter().filter(|p| p.change.action().is_some()) {
        let own = &change.address;
        if change.action() != Some(Action::Delete) {
            let named = desired.get(own).into_iter().flat_map(|declared| &declared.links);
            let named = named.map(|link| &link.address);
            let needed: Vec<Address> =
                named.filter(|name| created.contains(*name) && *name != own).cloned().collect();
            if !needed.is_empty() {
                first.entry(own.clone()).or_default().extend(needed);
            }
        }
        let named = observed.remotes.get(own).into_iter().flat_map(|remote| &remote.links);
        let named = named.map(|link| &link.address);
        for target in named.filter(|name| deleted.contains(*name) && *name != own) {
            first.entry(target.clone()).or_default().push(own.clone());
        }
    }
    for Proposed { change, .. } in proposed {
        change.depends_on = first.remove(&change.address).unwrap_or_default();
        change.depends_on.sort();
        change.depends_on.dedup();
    }
}
