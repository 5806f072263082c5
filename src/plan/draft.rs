//! The differences between what should be and what is, before any rule has looked at them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Carry, Change, Delta, PathChange, PlannedAction, Precondition, Reason, Unmanaged};
use crate::http::Dialect;
use crate::kinds::{Action, Basis, Needs, kind_of};
use crate::model::{Address, Declared, Desired, Document, Finding, Observed, References, Remote};
use crate::plan::Policy;

/// What differs, and which facts the rules about it need.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Changes and no-ops, by address.
    pub changes: Vec<Change>,
    /// What the changes name.
    pub references: References,
    /// What was read and no manifest names.
    pub unmanaged: Unmanaged,
    /// What each change names, as wanted and as it is.
    pub(super) uses: BTreeMap<Address, References>,
}

impl Draft {
    /// Whether a rule that is not switched off needs this sort of fact.
    fn wants(&self, needs: Needs, policy: &Policy) -> Vec<&Change> {
        let relevant = |change: &&Change| {
            let action = change.action();
            action.is_some_and(|action| action != Action::Delete)
                && kind_of(&change.address).is_some_and(|kind| {
                    kind.checks().iter().any(|c| c.needs == needs && policy.is_on(c.rule))
                })
        };
        self.changes.iter().filter(relevant).collect()
    }

    /// Whether the routing strategies are needed.
    #[must_use]
    pub fn wants_strategies(&self, policy: &Policy) -> bool {
        !self.wants(Needs::Strategies, policy).is_empty()
    }

    /// The ids of the agents whose licences are needed.
    #[must_use]
    pub fn wants_licences(&self, policy: &Policy) -> BTreeSet<String> {
        let changes = self.wants(Needs::Licences, policy);
        let used = changes.iter().filter_map(|change| self.uses.get(&change.address)).flatten();
        used.filter(|(address, _)| address.kind() == "agent")
            .filter_map(|(_, id)| id.clone())
            .collect()
    }
}

/// Compares. What a kind cannot create as declared is a finding.
#[must_use]
pub fn draft(desired: &Desired, observed: &Observed, dialect: Dialect) -> (Draft, Vec<Finding>) {
    let mut draft = Draft::default();
    let mut findings = Vec::new();
    for (address, declared) in desired {
        let remote = observed.remotes.get(address);
        if let (None, false) = (remote, declared.absent) {
            let lacks = kind_of(address).and_then(|kind| kind.lacks(declared));
            if let Some((message, hint)) = lacks {
                let finding = Finding::error("incomplete", &declared.place, message);
                findings.push(finding.about(address).hint(hint));
            }
        }
        let change = compare(address, declared, remote, observed, dialect);
        if change.action().is_some() {
            let mut uses = declared.references.clone();
            if let Some(remote) = remote {
                uses.extend(remote.references.clone());
            }
            draft.references.extend(uses.clone());
            draft.references.insert(address.clone(), change.id.clone());
            draft.uses.insert(address.clone(), uses);
        }
        draft.changes.push(change);
    }
    for address in observed.remotes.keys().filter(|address| !desired.contains_key(*address)) {
        draft.unmanaged.count += 1;
        *draft.unmanaged.by_kind.entry(address.kind().to_owned()).or_default() += 1;
    }
    depend(&mut draft.changes, desired, observed);
    (draft, findings)
}

fn compare(
    address: &Address,
    declared: &Declared,
    remote: Option<&Remote>,
    observed: &Observed,
    dialect: Dialect,
) -> Change {
    let (action, before, after) = match (remote, declared.absent) {
        (None, true) => (PlannedAction::NoOp, None, None),
        (None, false) => (PlannedAction::Create, None, Some(declared.on_create.clone())),
        (Some(remote), true) => (PlannedAction::Delete, Some(remote.document.clone()), None),
        (Some(remote), false) => {
            let before = remote.document.project(&declared.document);
            let same = before == declared.document;
            let action = if same { PlannedAction::NoOp } else { PlannedAction::Update };
            (action, Some(before), Some(declared.document.clone()))
        }
    };
    let paths = match (action, &before, &after) {
        (PlannedAction::Update, Some(before), Some(after)) => differences(before, after),
        _ => Vec::new(),
    };
    let wire = kind_of(address).and_then(|kind| kind.wire(dialect));
    let from_lane =
        wire.filter(|wire| action.action().is_some_and(|a| wire.basis(a) == Basis::Lane));
    let etag = from_lane.and_then(|wire| observed.versions.get(&wire.lane(address)).cloned());
    let carry = match (action, remote, from_lane) {
        (PlannedAction::Update, Some(remote), Some(_)) => {
            let is_whole = before.as_ref() == Some(&remote.document);
            let carry = || Carry { fields: remote.document.clone(), raw: remote.raw.clone() };
            (!is_whole || remote.raw.is_some()).then(carry)
        }
        _ => None,
    };
    Change {
        address: address.clone(),
        kind: address.kind().to_owned(),
        name: declared.label.clone(),
        id: remote.and_then(|remote| remote.id.clone()),
        previous_address: None,
        precondition: Precondition { etag, digest: before.as_ref().map(Document::digest) },
        change: Delta { actions: [action], before, after, paths },
        reason: if declared.absent { Reason::Absent } else { Reason::Differs },
        source: declared.place.clone(),
        carry,
        depends_on: Vec::new(),
        held_by: Vec::new(),
    }
}

fn differences(before: &Document, after: &Document) -> Vec<PathChange> {
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
fn depend(changes: &mut [Change], desired: &Desired, observed: &Observed) {
    let acting = |wanted: Action| -> BTreeSet<Address> {
        let of = changes.iter().filter(|change| change.action() == Some(wanted));
        of.map(|change| change.address.clone()).collect()
    };
    let (created, deleted) = (acting(Action::Create), acting(Action::Delete));
    let mut first: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.action().is_some()) {
        let own = &change.address;
        if change.action() != Some(Action::Delete) {
            let named = desired.get(own).into_iter().flat_map(|d| d.references.keys());
            let needed = named.filter(|name| created.contains(*name) && *name != own);
            first.entry(own.clone()).or_default().extend(needed.cloned());
        }
        let named = observed.remotes.get(own).into_iter().flat_map(|r| r.references.keys());
        for target in named.filter(|name| deleted.contains(*name) && *name != own) {
            first.entry(target.clone()).or_default().push(own.clone());
        }
    }
    for change in changes {
        change.depends_on = first.remove(&change.address).unwrap_or_default();
    }
}
