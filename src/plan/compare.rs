//! One resource as it should be beside the same as it is: what its change says.

use std::sync::Arc;

use serde_json::Value;

use super::base::{Moved, moved};
use super::draft::Proposed;
use super::{
    Carry, Change, Delta, NAME_PATH, PathChange, PlannedAction, Precondition, Reason, SURPLUS_PATH,
};
use crate::http::Dialect;
use crate::kinds::{Basis, kind_of};
use crate::model::{
    Address, Declared, Desired, Document, Facts, Finding, Leaf, Links, Memo, Observed, Place,
    Remote, Renamed,
};

/// What comparing needs, and what many changes have in common: a matrix changes from few levels to
/// few others.
pub(super) struct Comparing<'a> {
    desired: &'a Desired,
    base: Option<&'a Desired>,
    pub(super) observed: &'a Observed,
    facts: &'a Facts,
    dialect: Dialect,
    /// No fields at all.
    empty: Document,
    kinds: Memo<String, Arc<str>>,
    digests: Memo<Document, Arc<str>>,
    differences: Memo<(Document, Document), Arc<[PathChange]>>,
    /// By the documents, and by where what comes again is in memory.
    due: Memo<(Document, Document, usize), bool>,
}

impl<'a> Comparing<'a> {
    pub(super) fn new(
        (desired, base): (&'a Desired, Option<&'a Desired>),
        observed: &'a Observed,
        facts: &'a Facts,
        dialect: Dialect,
    ) -> Self {
        let (kinds, digests, differences, due) = Default::default();
        let empty = Document::of(&serde_json::Map::new());
        Self { desired, base, observed, facts, dialect, empty, kinds, digests, differences, due }
    }

    /// What is to be done.
    pub(super) fn action(
        &self,
        address: &Address,
        declared: &Declared,
        remote: Option<&Remote>,
    ) -> PlannedAction {
        match remote {
            None if declared.absent => PlannedAction::NoOp,
            None => PlannedAction::Create,
            Some(_) if declared.absent => PlannedAction::Delete,
            Some(remote) if !remote.document.covers(&declared.document) => PlannedAction::Update,
            Some(_) if self.desired.renamed(address).is_some() => PlannedAction::Update,
            Some(_) => PlannedAction::NoOp,
        }
    }

    /// What the base declares, and no manifest does any more.
    pub(super) fn removed(&self, address: &Address) -> Option<Declared> {
        let before = self.base?.get(address).filter(|before| !before.absent)?;
        (!self.desired.contains(address)).then(|| self.excluded(&before.place))
    }

    /// What is declared of a resource that no manifest names and that should not be there.
    pub(super) fn excluded(&self, place: &Place) -> Declared {
        Declared {
            document: self.empty.clone(),
            on_create: None,
            absent: true,
            place: place.clone(),
            links: Links::new(),
            recurs: None,
        }
    }

    /// Why nobody knows which of several that have one name is meant: not all of them are ours.
    pub(super) fn ambiguous(
        &self,
        address: &Address,
        declared: &Declared,
        remotes: &[&Remote],
    ) -> Option<Finding> {
        let kind = kind_of(address)?;
        let wire = kind.wire(self.dialect)?;
        let is_ours = |remote: &&Remote| remote.raw.as_ref().is_some_and(|raw| wire.is_ours(raw));
        if remotes.len() < 2 || remotes.iter().all(is_ours) {
            return None;
        }
        let ids: Vec<&str> = remotes.iter().filter_map(|remote| remote.id.as_deref()).collect();
        let label = kind.label(address, &declared.links, self.facts);
        let (kind, ids) = (kind.name(), ids.join(", "));
        let message = format!("the tenant has several {kind}s named `{label}`: {ids}");
        let finding = Finding::error("ambiguous-name", &declared.place, message).about(address);
        Some(finding.hint("delete all but one of them in the tenant"))
    }

    /// The change of one resource; `surplus` are the ids of others that have its name.
    pub(super) fn propose(
        &mut self,
        address: Address,
        declared: &Declared,
        remote: Option<&Remote>,
        action: PlannedAction,
        surplus: &[Arc<str>],
    ) -> Proposed {
        let renamed = match action {
            PlannedAction::Update => self.desired.renamed(&address),
            _ => None,
        };
        let kind = kind_of(&address);
        let wire = kind.and_then(|kind| kind.wire(self.dialect));
        let replaces = action == PlannedAction::Update && wire.is_some_and(|wire| wire.replaces());
        let (before, after) = before_and_after(declared, remote, action, renamed, replaces);
        let before = before.map(|before| with_surplus(&before, surplus));
        let after = after.map(|after| match surplus {
            [] => after,
            _ => after.with([(SURPLUS_PATH, Some(&Value::Array(Vec::new())))]),
        });
        let paths = match (action, &before, &after) {
            (PlannedAction::Update, Some(before), Some(after)) => {
                self.differences.get_or((before.clone(), after.clone()), |(before, after)| {
                    differences(before, after)
                })
            }
            _ => Arc::default(),
        };
        let is_due = match (kind, &before, &declared.recurs) {
            (Some(kind), Some(before), Some(recurs)) if action == PlannedAction::Update => {
                let at = Arc::as_ptr(recurs).addr();
                let said = (before.clone(), declared.document.clone(), at);
                self.due.get_or(said, |(before, ..)| kind.is_due(declared, before))
            }
            _ => false,
        };
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
        let digest = before.as_ref().map(|before| self.digest(before));
        let (reason, drifted) = self.why(&address, declared, remote, action, is_due);
        let precondition = Precondition { etag: etag.cloned(), digest };
        let change = Change {
            kind: self.kinds.get_or(address.kind().to_owned(), |kind| Arc::from(&**kind)),
            name: kind.map(|kind| kind.label(&address, &links, self.facts)).unwrap_or_default(),
            id: remote.and_then(|remote| remote.id.clone()),
            previous_address: renamed.map(|renamed| renamed.from.clone()),
            precondition,
            change: Delta { actions: [action], before, after, paths },
            reason,
            drifted,
            source: declared.place.clone(),
            carry,
            replaces,
            unknown,
            depends_on: Vec::new(),
            held_by: Vec::new(),
            address,
        };
        Proposed { change, links }
    }

    /// Why, and whether the base says the same.
    fn why(
        &self,
        address: &Address,
        declared: &Declared,
        remote: Option<&Remote>,
        action: PlannedAction,
        is_due: bool,
    ) -> (Reason, bool) {
        if declared.absent && !self.desired.contains(address) {
            let is_removed = self.removed(address).is_some();
            let was_exclusive = |base: &Desired| base.excludes_others(address.head()).is_some();
            return match is_removed {
                true => (Reason::Removed, false),
                false => (Reason::Exclusive, self.base.is_some_and(was_exclusive)),
            };
        }
        let moved = self.base.map(|base| moved(base, address, declared, remote));
        let moved = moved.filter(|_| action != PlannedAction::NoOp);
        let is_drift = moved == Some(Moved::Tenant);
        let was_renamed = |base: &Desired| base.renamed(address).is_some();
        let renamed = self.desired.renamed(address).filter(|_| action == PlannedAction::Update);
        match (declared.absent, renamed, moved) {
            (true, ..) => (Reason::Absent, is_drift),
            (_, Some(_), _) => (Reason::Renamed, is_drift && self.base.is_some_and(was_renamed)),
            (.., None | Some(Moved::Tenant)) if is_due => (Reason::Due, is_drift),
            (.., None) => (Reason::Differs, false),
            (.., Some(Moved::Declaration)) => (Reason::Config, false),
            (.., Some(Moved::Tenant)) => (Reason::Drift, true),
            (.., Some(Moved::Both)) => (Reason::Both, false),
        }
    }

    /// SHA-256 of a document.
    pub(super) fn digest(&mut self, document: &Document) -> Arc<str> {
        self.digests.get_or(document.clone(), |document| Arc::from(document.digest()))
    }
}

/// Of several that have one name, the one that stays, and the ids of the others.
pub(super) fn kept<'r>(
    declared: &Declared,
    remotes: &[&'r Remote],
) -> (Option<&'r Remote>, Vec<Arc<str>>) {
    let is_wanted = |remote: &&&Remote| remote.document.covers(&declared.document);
    let kept = remotes.iter().find(is_wanted).or(remotes.first()).copied();
    let others = remotes.iter().filter(|other| kept.is_some_and(|kept| other.id != kept.id));
    (kept, others.filter_map(|other| other.id.clone()).collect())
}

/// The managed fields as they are and as they will be. A rename's name is one of them.
fn before_and_after(
    declared: &Declared,
    remote: Option<&Remote>,
    action: PlannedAction,
    renamed: Option<&Renamed>,
    replaces: bool,
) -> (Option<Document>, Option<Document>) {
    let (before, after) = match (action, remote) {
        (PlannedAction::Delete, Some(remote)) => return (Some(remote.document.clone()), None),
        (_, None) if declared.absent => return (None, None),
        (_, None) => {
            let whole = declared.on_create.as_ref().unwrap_or(&declared.document);
            return (None, Some(whole.clone()));
        }
        // All of it goes, so that all of it is shown, and can be made anew.
        (_, Some(remote)) if replaces => (remote.document.clone(), &declared.document),
        (_, Some(remote)) => (remote.document.project(&declared.document), &declared.document),
    };
    let Some(renamed) = renamed else { return (Some(before), Some(after.clone())) };
    let named = |document: &Document, name: Option<&String>| {
        let name = name.map(|name| Value::from(name.as_str()));
        document.with([(NAME_PATH, name.as_ref())])
    };
    let (old, new) = (renamed.before.as_ref(), Some(&renamed.after));
    (Some(named(&before, old)), Some(named(after, new)))
}

fn with_surplus(document: &Document, surplus: &[Arc<str>]) -> Document {
    let ids: Value = surplus.iter().map(|id| Value::from(&**id)).collect();
    match surplus {
        [] => document.clone(),
        _ => document.with([(SURPLUS_PATH, Some(&ids))]),
    }
}

fn differences(before: &Document, after: &Document) -> Arc<[PathChange]> {
    let now = before.value();
    let differs = |leaf: Leaf| {
        let before = now.pointer(&leaf.path).cloned().unwrap_or(Value::Null);
        let after = leaf.value;
        (before != after).then_some(PathChange { path: leaf.path, before, after })
    };
    after.leaves().into_iter().filter_map(differs).collect()
}
