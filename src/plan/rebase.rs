//! Base, theirs, ours: what to do when the tenant may have moved since the plan was made.

use serde_json::Value;

use super::{Change, Reason};
use crate::kinds::Action;
use crate::model::{Document, Leaf};

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

/// What is written where somebody's edit of the same fields is to be overwritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overwriting {
    /// What is done: a resource that others have created meanwhile is updated.
    pub action: Action,
    /// The leaves that are written.
    pub paths: Vec<String>,
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

/// What to write although somebody changed the same fields; none where the resource is gone, since
/// what nobody manages of it went with it.
#[must_use]
pub fn overwrite(change: &Change, theirs: Option<&Document>) -> Option<Overwriting> {
    let theirs = theirs?;
    Some(match change.action()? {
        Action::Update => Overwriting { action: Action::Update, paths: unlike(change, theirs) },
        Action::Create => {
            let clashes = clashes_of_create(change, theirs);
            let paths = clashes.into_iter().map(|clash| clash.path).collect();
            Overwriting { action: Action::Update, paths }
        }
        Action::Delete => Overwriting { action: Action::Delete, paths: Vec::new() },
    })
}

/// The leaves of an update that are not yet as they should be.
fn unlike(change: &Change, theirs: &Document) -> Vec<String> {
    let now = theirs.value();
    let differ = change.change.paths.iter().filter(|path| *leaf(&now, &path.path) != path.after);
    differ.map(|path| path.path.clone()).collect()
}

fn leaf<'v>(fields: &'v Value, path: &str) -> &'v Value {
    fields.pointer(path).unwrap_or(&Value::Null)
}

fn update(change: &Change, theirs: &Document) -> Rebase {
    let now = theirs.value();
    let write = unlike(change, theirs);
    let mut clashes = Vec::new();
    for path in change.change.paths.iter().filter(|path| write.contains(&path.path)) {
        let theirs = leaf(&now, &path.path);
        if *theirs != path.before {
            let (base, theirs, ours) = (path.before.clone(), theirs.clone(), path.after.clone());
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
    let clashes = clashes_of_create(change, theirs);
    if clashes.is_empty() { Rebase::Done } else { Rebase::Drifted(clashes) }
}

fn clashes_of_create(change: &Change, theirs: &Document) -> Vec<Clash> {
    let now = theirs.value();
    let wanted = change.change.after.as_ref().map(Document::leaves).unwrap_or_default();
    let clash = |wanted: Leaf| {
        let theirs = leaf(&now, &wanted.path).clone();
        let (path, ours) = (wanted.path, wanted.value);
        (theirs != ours).then_some(Clash { path, base: Value::Null, theirs, ours })
    };
    wanted.into_iter().filter_map(clash).collect()
}

fn deleted_after_edit(change: &Change, theirs: &Document) -> Rebase {
    let base = change.change.before.as_ref().map(Document::value).unwrap_or_default();
    // A deletion was planned with all that was read, so that a leaf more is an edit. What a run
    // itself created is taken back knowing only what it wrote.
    let looked_at = match (change.reason, &change.change.before) {
        (Reason::Rollback, Some(ours)) => theirs.project(ours),
        _ => theirs.clone(),
    };
    let moved = |told: Leaf| {
        let base = leaf(&base, &told.path).clone();
        let (path, theirs) = (told.path, told.value);
        (theirs != base).then_some(Clash { path, base, theirs, ours: Value::Null })
    };
    let clashes: Vec<Clash> = looked_at.leaves().into_iter().filter_map(moved).collect();
    match (clashes.is_empty(), change.reason) {
        (false, _) => Rebase::Drifted(clashes),
        (true, Reason::Rollback) => Rebase::Write(Vec::new()),
        (true, _) => whole(change, theirs.value()),
    }
}

fn whole(change: &Change, theirs: Value) -> Rebase {
    let value =
        |document: &Option<Document>| document.as_ref().map_or(Value::Null, Document::value);
    let (base, ours) = (value(&change.change.before), value(&change.change.after));
    Rebase::Drifted(vec![Clash { path: String::new(), base, theirs, ours }])
}
