//! Resources that name each other in a circle and shall all be deleted. The tenant refuses each of
//! them while another one names it, so the first of the circle is unlinked by a change of its own:
//!
//! ```text
//!     a names b, b names a:   update a (it names nothing) ──► delete b ──► delete a
//! ```
//!
//! Such an address has two changes in the plan, in this order. Whoever depends on the address waits
//! for the first of them, and so does the second.

use std::collections::{BTreeMap, BTreeSet};

use super::PlannedAction;
use super::compare::Comparing;
use super::draft::Proposed;
use crate::kinds::{Action, kind_of};
use crate::model::{Address, Declared, Document, Leaf, Links};

/// Puts a change that unlinks before the first deletion of each circle.
pub(super) fn unlink(proposed: &mut Vec<Proposed>, comparing: &mut Comparing<'_>) {
    for (index, leaves) in firsts(proposed, comparing).into_iter().rev() {
        let deletion = &mut proposed[index].change;
        let Some(remote) = comparing.observed.remotes.get(&deletion.address) else { continue };
        let leaves = || leaves.iter().map(|leaf| (leaf.path.as_str(), Some(&leaf.value)));
        let declared = Declared {
            document: Document::of(&serde_json::Map::new()).with(leaves()),
            on_create: None,
            absent: false,
            place: deletion.source.clone(),
            links: Links::new(),
            recurs: None,
        };
        let own = deletion.address.clone();
        let mut first = comparing.propose(own, &declared, Some(remote), PlannedAction::Update, &[]);
        first.change.reason = deletion.reason;
        first.change.drifted = deletion.drifted;
        // The deletion starts from what this leaves.
        let left = remote.document.with(leaves());
        deletion.precondition.digest = Some(comparing.digest(&left));
        deletion.change.before = Some(left);
        proposed.insert(index, first);
    }
}

/// Withholds what unlinks exactly when its deletion is.
pub(super) fn hold(proposed: &mut [Proposed]) {
    for index in 1..proposed.len() {
        if let [first, deletion] = &mut proposed[index - 1..=index]
            && first.change.is_unlink()
        {
            first.change.held_by.clone_from(&deletion.change.held_by);
        }
    }
}

/// The first deletion of each circle that can be unlinked, by index, with what unlinks it.
fn firsts(proposed: &[Proposed], comparing: &Comparing<'_>) -> BTreeMap<usize, Vec<Leaf>> {
    let mut firsts = BTreeMap::new();
    let mut waits = waits(proposed);
    while let Some(circle) = circle(&waits) {
        let members: BTreeSet<usize> = circle.iter().copied().collect();
        let unlinked = members.into_iter().find_map(|member| {
            let targets = waits.iter().filter(|(_, first)| first.contains(&member));
            let targets = targets.map(|(target, _)| &proposed[*target].change.address);
            Some((member, leaves(&proposed[member].change.address, targets, comparing)?))
        });
        match unlinked {
            Some((member, leaves)) => {
                waits.values_mut().for_each(|first| first.retain(|other| *other != member));
                firsts.insert(member, leaves);
            }
            // Nothing helps: the circle stays, and the tenant will say so.
            None => circle.first().into_iter().for_each(|member| drop(waits.remove(member))),
        }
    }
    firsts
}

/// The leaves that make a resource name none of these.
fn leaves<'a>(
    own: &Address,
    targets: impl Iterator<Item = &'a Address>,
    comparing: &Comparing<'_>,
) -> Option<Vec<Leaf>> {
    let (kind, remote) = (kind_of(own)?, comparing.observed.remotes.get(own)?);
    targets.map(|target| kind.unlink(&remote.document, target)).collect()
}

/// Which deletions each deletion waits for, where it waits for any.
fn waits(proposed: &[Proposed]) -> BTreeMap<usize, BTreeSet<usize>> {
    let is_deletion = |proposed: &Proposed| proposed.change.action() == Some(Action::Delete);
    let deletions = || proposed.iter().enumerate().filter(|(_, proposed)| is_deletion(proposed));
    if deletions().all(|(_, deletion)| deletion.change.depends_on.is_empty()) {
        return BTreeMap::new();
    }
    let indices: BTreeMap<&Address, usize> =
        deletions().map(|(index, deletion)| (&deletion.change.address, index)).collect();
    let mut waits = BTreeMap::new();
    for (index, deletion) in deletions() {
        let first = deletion.change.depends_on.iter().filter_map(|name| indices.get(name).copied());
        let first: BTreeSet<usize> = first.collect();
        if !first.is_empty() {
            waits.insert(index, first);
        }
    }
    waits
}

/// Any circle: each member waits for the next one, and the last for the first.
fn circle(waits: &BTreeMap<usize, BTreeSet<usize>>) -> Option<Vec<usize>> {
    let ahead_of = |node: usize| -> Vec<usize> {
        waits.get(&node).into_iter().flatten().rev().copied().collect()
    };
    let mut seen = BTreeSet::new();
    for start in waits.keys().copied() {
        if !seen.insert(start) {
            continue;
        }
        let mut path = vec![(start, ahead_of(start))];
        while let Some((_, ahead)) = path.last_mut() {
            let Some(node) = ahead.pop() else {
                path.pop();
                continue;
            };
            if let Some(at) = path.iter().position(|(on, _)| *on == node) {
                return Some(path[at..].iter().map(|(on, _)| *on).collect());
            }
            if seen.insert(node) {
                path.push((node, ahead_of(node)));
            }
        }
    }
    None
}
