//! What cannot be changed is made anew, and then what was there is deleted; several of one name may
//! be there meanwhile, or because a run was cut off in between.

use std::sync::Arc;

use serde_json::Value;

use super::{Change, Clash, Rebase, overwrite, rebase};
use crate::kinds::Action;
use crate::model::{Document, Links, Remote};

/// Where the documents of a change have the ids of those that a run left over under the name.
pub const SURPLUS_PATH: &str = "/surplus";

/// What to do with a reviewed change, given all that the tenant has under its name.
#[derive(Clone, Debug, PartialEq)]
pub enum Replacing {
    /// The tenant has it already, and nothing else.
    Done,
    /// What is to be sent, in this order.
    Write {
        /// What is made anew, if anything; its raw form is that of what it takes the place of.
        makes: Option<Remote>,
        /// The ids of what is deleted then.
        deletes: Vec<Arc<str>>,
        /// The id of what is there already and stays.
        kept: Option<Arc<str>>,
    },
    /// Somebody changed the same: nothing is written.
    Drifted(Vec<Clash>),
}

/// Compares. What is deleted was seen by the plan, or is as the plan saw it.
#[must_use]
pub fn replace(change: &Change, theirs: &[Remote], overwrites: bool) -> Replacing {
    let replacing = match change.action() {
        None => Replacing::Done,
        Some(Action::Delete) => delete(change, theirs),
        Some(Action::Create | Action::Update) => make(change, theirs),
    };
    match (&replacing, theirs) {
        (Replacing::Drifted(_), [only]) if overwrites => over(change, only).unwrap_or(replacing),
        _ => replacing,
    }
}

/// The ids that the plan saw.
fn seen(change: &Change) -> Vec<Arc<str>> {
    let before = change.change.before.as_ref().map(Document::value).unwrap_or_default();
    let surplus = before.pointer(SURPLUS_PATH).and_then(Value::as_array).cloned();
    let surplus = surplus.into_iter().flatten();
    let surplus = surplus.filter_map(|id| id.as_str().map(Arc::from));
    change.id.clone().into_iter().chain(surplus).collect()
}

/// The change without what it says about others of its name.
fn alone(change: &Change) -> Change {
    let without = |document: &Option<Document>| {
        document.as_ref().map(|document| document.with([(SURPLUS_PATH, None)]))
    };
    let mut alone = change.clone();
    let delta = &mut alone.change;
    (delta.before, delta.after) = (without(&delta.before), without(&delta.after));
    delta.paths = delta.paths.iter().filter(|path| path.path != SURPLUS_PATH).cloned().collect();
    alone
}

fn ids(remotes: &[&Remote]) -> Vec<Arc<str>> {
    remotes.iter().filter_map(|remote| remote.id.clone()).collect()
}

fn make(change: &Change, theirs: &[Remote]) -> Replacing {
    let (seen, change) = (seen(change), &alone(change));
    let is_wanted = |remote: &&Remote| {
        change.change.after.as_ref().is_some_and(|after| remote.document.covers(after))
    };
    let is_seen = |remote: &Remote| {
        let id = remote.id.as_ref();
        id.is_some_and(|id| seen.contains(id))
            || Some(&remote.document) == change.change.before.as_ref()
    };
    let wanted: Vec<&Remote> = theirs.iter().filter(is_wanted).collect();
    // One that the plan did not see is the new one; a second like it came of an answer that was
    // lost, and of a write that came late.
    let stays = |remote: &&&Remote| change.change.paths.is_empty() && remote.id == change.id;
    let kept = wanted.iter().find(stays);
    let kept = kept.or_else(|| wanted.iter().find(|remote| !is_seen(remote))).or(wanted.first());
    if let Some(kept) = kept {
        let others = theirs.iter().filter(|other| other.id != kept.id);
        let others: Vec<&Remote> =
            others.filter(|other| is_wanted(other) || is_seen(other)).collect();
        return match ids(&others) {
            none if none.is_empty() => Replacing::Done,
            deletes => Replacing::Write { makes: None, deletes, kept: kept.id.clone() },
        };
    }
    if let Some(first) = theirs.iter().find(|remote| remote.id == change.id).or(theirs.first())
        && change.action() == Some(Action::Update)
        && theirs.iter().all(is_seen)
    {
        let deletes = ids(&theirs.iter().collect::<Vec<_>>());
        let makes = Some(anew(change, first));
        return Replacing::Write { makes, deletes, kept: None };
    }
    match theirs {
        [] => of(rebase(change, None), change, None),
        [only] => of(rebase(change, Some(&only.document)), change, Some(only)),
        [first, ..] => {
            let stranger = theirs.iter().find(|remote| !is_seen(remote)).unwrap_or(first);
            let value = |document: &Option<Document>| {
                document.as_ref().map_or(Value::Null, Document::value)
            };
            let (base, ours) = (value(&change.change.before), value(&change.change.after));
            let theirs = stranger.document.value();
            Replacing::Drifted(vec![Clash { path: String::new(), base, theirs, ours }])
        }
    }
}

/// The reviewed leaves over what the tenant has.
fn anew(change: &Change, theirs: &Remote) -> Remote {
    let ours = change.change.after.as_ref().map(Document::value).unwrap_or_default();
    let leaves = change.change.paths.iter();
    let leaves = leaves.map(|path| (path.path.as_str(), ours.pointer(&path.path)));
    let (id, links, raw) = (None, Links::new(), theirs.raw.clone());
    Remote { id, document: theirs.document.with(leaves), raw, links }
}

/// What was not there.
fn new(change: &Change) -> Option<Remote> {
    let document = change.change.after.clone()?;
    Some(Remote { id: None, document, raw: None, links: Links::new() })
}

fn of(rebase: Rebase, change: &Change, theirs: Option<&Remote>) -> Replacing {
    match (rebase, theirs) {
        (Rebase::Done, _) => Replacing::Done,
        (Rebase::Drifted(clashes), _) => Replacing::Drifted(clashes),
        (Rebase::Write(_), None) => {
            let (makes, deletes) = (new(change), Vec::new());
            Replacing::Write { makes, deletes, kept: None }
        }
        (Rebase::Write(_), Some(theirs)) => Replacing::Write {
            makes: Some(anew(change, theirs)),
            deletes: ids(&[theirs]),
            kept: None,
        },
    }
}

/// What is written where somebody's edit is to be overwritten.
fn over(change: &Change, theirs: &Remote) -> Option<Replacing> {
    let over = overwrite(change, Some(&theirs.document))?;
    let makes = match (change.action()?, over.action) {
        (_, Action::Delete) => None,
        (Action::Create, _) => new(change),
        _ => Some(anew(&alone(change), theirs)),
    };
    Some(Replacing::Write { makes, deletes: ids(&[theirs]), kept: None })
}

fn delete(change: &Change, theirs: &[Remote]) -> Replacing {
    let (seen, change) = (seen(change), &alone(change));
    let mut clashes = Vec::new();
    let mut deletes = Vec::new();
    for remote in theirs {
        let is_surplus =
            remote.id != change.id && remote.id.as_ref().is_some_and(|id| seen.contains(id));
        match rebase(change, Some(&remote.document)) {
            Rebase::Drifted(found) if !is_surplus => clashes.extend(found),
            _ => deletes.extend(remote.id.clone()),
        }
    }
    match (deletes.is_empty(), clashes.is_empty()) {
        (false, _) => Replacing::Write { makes: None, deletes, kept: None },
        (true, false) => Replacing::Drifted(clashes),
        (true, true) => Replacing::Done,
    }
}
