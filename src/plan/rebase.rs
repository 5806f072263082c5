//! Base, theirs, ours: what to do when the tenant may have moved since the plan was made.

use serde_json::Value;

use super::Change;
use crate::kinds::Action;
use crate::model::Document;

/// What to do with a reviewed change, given what the tenant has now.
#[derive(Clone, Debug, PartialEq)]
pub enum Rebase {
    /// The tenant has it already.
    Done,
    /// Write these leaves, and nothing else of ours, over what the tenant has.
    Write(Vec<String>),
    /// Somebody changed the same fields: nothing is written.
    Drifted(Vec<Clash>),
}

/// One field that somebody else changed too.
#[derive(Clone, Debug, PartialEq)]
pub struct Clash {
    /// JSON pointer; empty for the resource as a whole.
    pub path: String,
    /// What the plan was made from; null where there was nothing.
    pub base: Value,
    /// What the tenant has now.
    pub theirs: Value,
    /// What the plan wants.
    pub ours: Value,
}

/// Compares. Only what was reviewed is ever written: a managed field that the plan does not change
/// keeps what the tenant has.
#[must_use]
pub fn rebase(change: &Change, theirs: Option<&Document>) -> Rebase {
    match (change.action(), theirs) {
        (None, _) | (Some(Action::Delete), None) => Rebase::Done,
        (Some(Action::Create), None) => Rebase::Write(Vec::new()),
        (Some(Action::Create), Some(theirs)) => created_by_others(change, theirs),
        (Some(Action::Update), None) if change.is_unlink() => Rebase::Done,
        (Some(Action::Update), None) => whole(change, Value::Null),
        (Some(Action::Update), Some(theirs)) => update(change, theirs),
        (Some(Action::Delete), Some(theirs)) if Some(theirs) == change.change.before.as_ref() => {
            Rebase::Write(Vec::new())
        }
        (Some(Action::Delete), Some(theirs)) => deleted_after_edit(change, theirs),
    }
}

fn update(change: &Change, theirs: &Document) -> Rebase {
    let now = theirs.value();
    let mut write = Vec::new();
    let mut clashes = Vec::new();
    for path in change.change.paths.iter() {
        let theirs = now.pointer(&path.path).cloned().unwrap_or(Value::Null);
        if theirs == path.after {
            continue;
        }
        write.push(path.path.clone());
        if theirs != path.before {
            let (base, ours) = (path.before.clone(), path.after.clone());
            clashes.push(Clash { path: path.path.clone(), base, theirs, ours });
        }
    }
    match (write.is_empty(), clashes.is_empty()) {
        (true, _) => Rebase::Done,
        (false, true) => Rebase::Write(write),
        (false, false) => Rebase::Drifted(clashes),
    }
}

fn created_by_others(change: &Change, theirs: &Document) -> Rebase {
    let now = theirs.value();
    let wanted = change.change.after.as_ref().map(Document::leaves).unwrap_or_default();
    let clash = |leaf: crate::model::Leaf| {
        let theirs = now.pointer(&leaf.path).cloned().unwrap_or(Value::Null);
        let (path, ours) = (leaf.path, leaf.value);
        (theirs != ours).then_some(Clash { path, base: Value::Null, theirs, ours })
    };
    let clashes: Vec<Clash> = wanted.into_iter().filter_map(clash).collect();
    if clashes.is_empty() { Rebase::Done } else { Rebase::Drifted(clashes) }
}

fn deleted_after_edit(change: &Change, theirs: &Document) -> Rebase {
    let base = change.change.before.as_ref().map(Document::value).unwrap_or_default();
    let moved = |leaf: crate::model::Leaf| {
        let base = base.pointer(&leaf.path).cloned().unwrap_or(Value::Null);
        let (path, theirs) = (leaf.path, leaf.value);
        (theirs != base).then_some(Clash { path, base, theirs, ours: Value::Null })
    };
    let clashes: Vec<Clash> = theirs.leaves().into_iter().filter_map(moved).collect();
    if clashes.is_empty() { whole(change, theirs.value()) } else { Rebase::Drifted(clashes) }
}

fn whole(change: &Change, theirs: Value) -> Rebase {
    let value =
        |document: &Option<Document>| document.as_ref().map_or(Value::Null, Document::value);
    let (base, ours) = (value(&change.change.before), value(&change.change.after));
    Rebase::Drifted(vec![Clash { path: String::new(), base, theirs, ours }])
}
