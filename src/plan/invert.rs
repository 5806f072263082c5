//! The plan that undoes a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::guard::guard;
use super::hold::{hold_deletions, hold_what_waits};
use super::{
    Change, CheckResult, Delta, PathChange, People, Plan, PlannedAction, Policy, Precondition,
    Reason, SURPLUS_PATH, Status, Summary, Unmanaged, count, seal, summarise,
};
use crate::kinds::{Action, kind_of};
use crate::model::{Address, Declared, Document, Level, References};

/// The rule by which a reader is told what cannot be brought back.
const RULE: &str = "rollback";

/// The plan that undoes the live changes of this one, as far as they can be: each step's
/// precondition is what the change leaves behind. What cannot be brought back is among its checks.
#[must_use]
pub fn invert(plan: &Plan) -> Plan {
    let mut inverse = Plan {
        hash: String::new(),
        integrity: String::new(),
        references: references(plan),
        resource_changes: Vec::new(),
        unmanaged: Unmanaged::default(),
        checks: Vec::new(),
        applyable: true,
        ..plan_of(plan)
    };
    let live: Vec<&Change> = plan.live().collect();
    let mut unlinked: BTreeMap<&Address, &Change> = BTreeMap::new();
    for change in &live {
        if change.action() == Some(Action::Update) {
            unlinked.insert(&change.address, change);
        }
    }
    let mut after = followers(&live);
    // What came last is undone first: of two changes of one resource the order turns around.
    for (index, change) in live.iter().enumerate().rev() {
        let earlier =
            unlinked.get(&change.address).filter(|earlier| !std::ptr::eq(**earlier, *change));
        let mut undoing = Undoing { change, lost: Vec::new() };
        let delta = undoing.delta(earlier.copied());
        let lost = undoing.lost.iter().map(|message| lost(change, message));
        inverse.checks.extend(lost);
        if let Some(delta) = delta {
            let depends_on = after.remove(&index).unwrap_or_default();
            inverse.resource_changes.push(undone(change, delta, depends_on));
        }
    }
    inverse.resource_changes.sort_by(|a, b| a.address.cmp(&b.address));
    without_needs(&mut inverse);
    inverse.checks.sort();
    let existing = existing(plan);
    inverse.summary = Summary { existing, ..summarise(&inverse.resource_changes, 0, 0) };
    seal(&mut inverse);
    inverse
}

/// How many resources of each kind there are when the plan was applied.
fn existing(plan: &Plan) -> BTreeMap<String, usize> {
    let mut existing = plan.summary.existing.clone();
    for change in plan.live() {
        match change.action() {
            Some(Action::Create) => count(&mut existing, &change.kind),
            Some(Action::Delete) => {
                if let Some(number) = existing.get_mut(&*change.kind) {
                    *number = number.saturating_sub(1);
                }
            }
            Some(Action::Update) | None => {}
        }
    }
    existing
}

/// What the inverse has of the plan itself: for whom it is, and from what it was made.
fn plan_of(plan: &Plan) -> Plan {
    Plan {
        format_version: plan.format_version.clone(),
        tool_version: plan.tool_version.clone(),
        hash: String::new(),
        integrity: String::new(),
        tenant: plan.tenant.clone(),
        source: super::Source { at: None, base: None, ..plan.source.clone() },
        redacted: false,
        references: References::new(),
        people: People::new(),
        resource_changes: Vec::new(),
        selection: None,
        timeline: None,
        unmanaged: Unmanaged::default(),
        coverage: None,
        wants_everybody: false,
        checks: Vec::new(),
        summary: super::Summary::default(),
        applyable: true,
    }
}

/// The ids that undoing needs; what is made anew gets another one, and what the plan made has one
/// that only its answer told.
fn references(plan: &Plan) -> References {
    let mut references = plan.references.clone();
    for change in plan.live() {
        // A rename is known by its new name only: that is how all documents of the plan call it.
        if change.action() != Some(Action::Update) {
            references.insert(change.address.clone(), None);
        }
    }
    references
}

/// What must be undone before each change is: what was made after it, since it needed it.
fn followers(live: &[&Change]) -> BTreeMap<usize, Vec<Address>> {
    let mut first: BTreeMap<&Address, usize> = BTreeMap::new();
    for (index, change) in live.iter().enumerate() {
        first.entry(&change.address).or_insert(index);
    }
    let mut followers: BTreeMap<usize, Vec<Address>> = BTreeMap::new();
    for change in live {
        let needed: BTreeSet<usize> =
            change.depends_on.iter().filter_map(|name| first.get(name).copied()).collect();
        for index in needed {
            followers.entry(index).or_default().push(address(change).clone());
        }
    }
    followers
}

/// Takes out what needs something that cannot be made anew, and says so.
fn without_needs(inverse: &mut Plan) {
    loop {
        let there: BTreeSet<Address> =
            inverse.resource_changes.iter().map(|change| change.address.clone()).collect();
        let needs = |change: &Change| {
            change.depends_on.iter().find(|first| !there.contains(*first)).cloned()
        };
        let (checks, count) = (&mut inverse.checks, inverse.resource_changes.len());
        inverse.resource_changes.retain(|change| match needs(change) {
            Some(needed) => {
                let why =
                    format!("it stays as it is: {needed}, which it needs, cannot be made anew");
                checks.push(lost(change, &why));
                false
            }
            None => true,
        });
        if inverse.resource_changes.len() == count {
            return;
        }
    }
}

/// Where a change is undone: a rename at the old address.
fn address(change: &Change) -> &Address {
    change.previous_address.as_ref().unwrap_or(&change.address)
}

fn undone(change: &Change, delta: Delta, depends_on: Vec<Address>) -> Change {
    let before = delta.before.as_ref();
    let previous = change.previous_address.as_ref().map(|_| change.address.clone());
    let replaces = change.replaces && delta.actions == [PlannedAction::Update];
    Change {
        address: address(change).clone(),
        kind: Arc::clone(&change.kind),
        name: change.name.clone(),
        // What was made anew has an id that only its answer told.
        id: change.id.clone().filter(|_| delta.actions == [PlannedAction::Update] && !replaces),
        previous_address: previous,
        reason: Reason::Rollback,
        drifted: false,
        source: change.source.clone(),
        precondition: Precondition {
            etag: None,
            digest: before.map(|before| Arc::from(before.digest())),
        },
        change: delta,
        carry: None,
        replaces,
        unknown: Arc::default(),
        depends_on,
        held_by: Vec::new(),
    }
}

fn lost(change: &Change, message: &str) -> CheckResult {
    CheckResult {
        rule: RULE.to_owned(),
        level: Level::Warn,
        status: Status::Warn,
        address: Some(change.address.clone()),
        message: Some(format!("{}: {message}", change.address)),
        hint: None,
        source: None,
    }
}

/// One change while its inverse is found.
struct Undoing<'a> {
    change: &'a Change,
    /// What cannot be brought back.
    lost: Vec<String>,
}

impl Undoing<'_> {
    fn delta(&mut self, earlier: Option<&Change>) -> Option<Delta> {
        let delta = &self.change.change;
        match self.change.action()? {
            Action::Create => Some(Delta {
                actions: [PlannedAction::Delete],
                before: delta.after.clone(),
                after: None,
                paths: Arc::default(),
            }),
            Action::Update => self.updated_back(),
            Action::Delete => self.made_anew(earlier),
        }
    }

    fn updated_back(&mut self) -> Option<Delta> {
        let delta = &self.change.change;
        let (before, after) = (delta.before.clone()?, delta.after.clone()?);
        if self.change.replaces {
            return self.replaced_back(&before);
        }
        let had = before.value();
        let (mut back, mut kept) = (Vec::new(), Vec::new());
        for PathChange { path, before, after } in delta.paths.iter() {
            if had.pointer(path).is_some() {
                let (before, after) = (after.clone(), before.clone());
                back.push(PathChange { path: path.clone(), before, after });
            } else {
                self.lost.push(format!("{path} had no value, and stays {after}"));
                kept.push((path.as_str(), None));
            }
        }
        let (before, after) = (after.with(kept), before);
        let actions = [PlannedAction::Update];
        let paths: Arc<[PathChange]> = Arc::from(back);
        (!paths.is_empty()).then_some(Delta {
            actions,
            before: Some(before),
            after: Some(after),
            paths,
        })
    }

    /// What was replaced is replaced back, as a whole; others of its name stay deleted.
    fn replaced_back(&mut self, before: &Document) -> Option<Delta> {
        let before = before.with([(SURPLUS_PATH, None)]);
        let paths = &self.change.change.paths;
        let paths = paths.iter().filter(|path| path.path != SURPLUS_PATH);
        let back = paths.clone().map(|PathChange { path, before, after }| PathChange {
            path: path.clone(),
            before: after.clone(),
            after: before.clone(),
        });
        let back: Arc<[PathChange]> = back.collect();
        if back.is_empty() {
            return None;
        }
        if let Some((why, _)) = self.lacks(&before) {
            self.lost.push(format!("it cannot be replaced back: {why}"));
            return None;
        }
        let leaves = paths.map(|change| {
            let taken_out = change.after.is_null().then_some(None);
            (change.path.as_str(), taken_out.unwrap_or(Some(&change.after)))
        });
        Some(Delta {
            actions: [PlannedAction::Update],
            before: Some(before.with(leaves)),
            after: Some(before),
            paths: back,
        })
    }

    fn made_anew(&mut self, earlier: Option<&Change>) -> Option<Delta> {
        let mut document = self.change.change.before.clone()?.with([(SURPLUS_PATH, None)]);
        // What was taken from it before it was deleted is given back by the inverse of that.
        if let Some(unlinked) = earlier.and_then(|earlier| earlier.change.after.as_ref()) {
            let leaves = unlinked.leaves();
            document =
                document.with(leaves.iter().map(|leaf| (leaf.path.as_str(), Some(&leaf.value))));
        }
        if let Some((why, _)) = self.lacks(&document) {
            self.lost.push(format!("it cannot be made anew: {why}"));
            return None;
        }
        let unknown = match &*self.change.unknown {
            [] => String::new(),
            names => format!(", and without {}, which cxform does not manage", names.join(", ")),
        };
        let id = self.change.id.as_deref().unwrap_or("unknown");
        self.lost.push(format!("it is made anew: with another id (it was {id}){unknown}"));
        Some(Delta {
            actions: [PlannedAction::Create],
            before: None,
            after: Some(document),
            paths: Arc::default(),
        })
    }

    fn lacks(&self, document: &Document) -> Option<(String, String)> {
        let declared = Declared {
            document: document.clone(),
            on_create: None,
            absent: false,
            place: self.change.source.clone(),
            links: crate::model::Links::new(),
            recurs: None,
        };
        kind_of(&self.change.address)?.lacks(&declared, &self.change.name)
    }
}

/// A change that a run made, or may have made.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// The tenant's id of the resource, where it is known.
    pub id: Option<Arc<str>>,
}

/// The inverse plan of `run` as it is applied: of the changes that it `made`, under the guards of
/// every plan.
#[must_use]
pub fn rollback(
    mut inverse: Plan,
    run: &str,
    made: impl Fn(&Address, Action) -> Option<Made>,
    policy: &Policy,
) -> Plan {
    inverse.source.undoes = Some(run.to_owned());
    let actions = [Action::Create, Action::Update, Action::Delete];
    inverse.checks.retain(|check| {
        let own = check.address.as_ref();
        own.is_none_or(|own| actions.iter().any(|action| made(own, *action).is_some()))
    });
    let references = &mut inverse.references;
    inverse.resource_changes.retain_mut(|change| {
        let own = change.previous_address.as_ref().unwrap_or(&change.address);
        let Some(action) = change.action() else { return false };
        let Some(made) = made(own, undoes(action)) else { return false };
        change.held_by.clear();
        if action == Action::Delete || change.replaces {
            references.insert(change.address.clone(), made.id.clone());
            change.id = made.id;
        }
        true
    });
    let mut changes: Vec<&mut Change> = inverse.resource_changes.iter_mut().collect();
    inverse.checks.extend(hold_deletions(&mut changes, policy));
    hold_what_waits(&mut changes);
    let existing = std::mem::take(&mut inverse.summary.existing);
    inverse.checks.extend(guard(&mut changes, &existing, policy));
    inverse.checks.sort();
    inverse.summary = Summary { existing, ..summarise(&inverse.resource_changes, 0, 0) };
    let is_blocked = inverse.blocked_by().next().is_some();
    inverse.applyable = !is_blocked;
    seal(&mut inverse);
    inverse
}

fn undoes(action: Action) -> Action {
    match action {
        Action::Create => Action::Delete,
        Action::Update => Action::Update,
        Action::Delete => Action::Create,
    }
}
