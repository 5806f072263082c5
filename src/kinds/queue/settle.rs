//! Which of the tenant's queues each manifest means, and what follows for their names.
//!
//! A pin says it outright. With `renamedFrom` it depends on who is there:
//!
//! ```text
//!     only the old name ──► that one: it is renamed     only the new ──► that one: it was renamed
//!     neither           ──► none: it is created         both         ──► see `Settling::decide`
//! ```

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::identity::{Identities, Identity, Said, exchanges, identities};
use crate::model::{Finding, Item, Named, Names};

/// Enters what the manifests make of the names: those that they create, and new ones of queues
/// that they rename. What this tenant makes impossible is a finding.
pub(super) fn settle(queues: &[Item], names: &mut Names) -> Vec<Finding> {
    let (wanted, contradictions) = identities(queues);
    let mut findings = Vec::new();
    // Contradictions among the manifests are told where these are declared.
    if contradictions.is_empty() {
        let mut settling = Settling { names, meant: BTreeMap::new(), findings };
        settling.run(&wanted);
        let moves = settling.moves().map(|(id, to)| (id.to_owned(), to.name.to_owned()));
        let moves: Vec<(String, String)> = moves.collect();
        findings = settling.findings;
        if findings.is_empty() {
            names.rename(moves.iter().map(|(id, name)| (id.as_str(), name.as_str())));
        }
    }
    for identity in wanted.values().filter(|identity| !identity.is_absent) {
        names.declare(identity.name);
    }
    findings
}

struct Settling<'n> {
    names: &'n Names,
    /// Which manifest means the queue with this id.
    meant: BTreeMap<&'n str, &'n Identity<'n>>,
    findings: Vec<Finding>,
}

/// A manifest whose old and new name both are in the tenant.
struct Either<'n> {
    identity: &'n Identity<'n>,
    from: &'n str,
    old: &'n Named,
    new: &'n Named,
}

impl<'n> Settling<'n> {
    fn run(&mut self, wanted: &'n Identities<'n>) {
        let mut open: Vec<Either<'n>> = Vec::new();
        for identity in wanted.values() {
            match (identity.id, identity.from) {
                (Some(id), _) => self.pinned(identity, id),
                (None, Some(from)) => open.extend(self.renamed(identity, from)),
                (None, None) => {
                    if let [one] = self.named(identity.name)[..] {
                        self.means(identity, one);
                    }
                }
            }
        }
        loop {
            let count = open.len();
            open.retain(|either| !self.decide(either));
            if open.len() == count {
                break;
            }
        }
        for Either { identity, from, .. } in open {
            let name = identity.name;
            let message = format!("`{from}` is renamed to `{name}`, and the tenant has both");
            let hint = format!(
                "drop metadata.renamedFrom to manage `{name}` as it is, or rename one of them in \
                 the tenant"
            );
            self.findings.push(identity.wrong("rename", message).hint(hint));
        }
        self.taken();
        let old = self.moves().filter_map(|(id, identity)| {
            Some((identity.name, self.names.with_id(id)?.name.as_deref()?))
        });
        let exchanges = exchanges(&old.collect(), wanted);
        self.findings.extend(exchanges);
    }

    /// Of a queue that is there by both names: where the old name is that of a queue which another
    /// manifest means by it, this one was renamed before; where the new name is that of a queue
    /// which goes on to another name, this one comes after it. Else nobody can tell.
    fn decide(&mut self, either: &Either<'n>) -> bool {
        let Either { identity, from, old, new } = either;
        let meant_by = |queue: &Named| self.meant.get(queue.id.as_deref()?).map(|by| by.name);
        let queue = if meant_by(old) == Some(*from) {
            new
        } else if meant_by(new).is_some_and(|by| by != identity.name) {
            old
        } else {
            return false;
        };
        self.means(identity, queue);
        true
    }

    fn renamed(&mut self, identity: &'n Identity<'n>, from: Said<'n>) -> Option<Either<'n>> {
        match (&self.named(from.text)[..], &self.named(identity.name)[..]) {
            ([_, _, ..], _) => {
                let message = format!("the tenant has several queues named `{}`", from.text);
                let hint = "say which one with metadata.id instead";
                self.findings.push(identity.wrong("ambiguous-name", message).hint(hint));
                None
            }
            ([old], [new]) => Some(Either { identity, from: from.text, old, new }),
            ([one], []) | ([], [one]) => {
                self.means(identity, one);
                None
            }
            // Several of the new name are told where it is declared.
            _ => None,
        }
    }

    fn pinned(&mut self, identity: &'n Identity<'n>, id: Said<'n>) {
        let (name, id) = (identity.name, id.text);
        let is_there = !self.named(name).is_empty();
        let (message, hint) = match self.names.with_id(id) {
            None if !identity.is_absent => (
                format!("the tenant has no queue with the id `{id}`"),
                format!("correct metadata.id, or drop it to mean the queue named `{name}`"),
            ),
            None if is_there => (
                format!("the tenant has no queue with the id `{id}`, its `{name}` is another one"),
                "drop metadata.id to delete that one".to_owned(),
            ),
            None => return,
            Some(queue) => {
                let is = queue.name.as_deref();
                let told = is.map_or("without a name".to_owned(), |is| format!("named `{is}`"));
                match identity.from {
                    _ if is == Some(name) => return self.means(identity, queue),
                    _ if identity.is_absent => (
                        format!("the queue with the id `{id}` is {told}, not `{name}`"),
                        "write the name that it has, to delete it".to_owned(),
                    ),
                    Some(from) if is != Some(from.text) => (
                        format!(
                            "the queue with the id `{id}` is {told}, neither `{}` nor `{name}`",
                            from.text
                        ),
                        "drop metadata.renamedFrom: the id says enough".to_owned(),
                    ),
                    _ => return self.means(identity, queue),
                }
            }
        };
        self.findings.push(identity.wrong("pin", message).hint(hint));
    }

    /// New names that a queue has which keeps it.
    fn taken(&mut self) {
        let moves: Vec<_> = self.moves().map(|(_, identity)| identity).collect();
        for identity in moves {
            let name = identity.name;
            let moves_on = |other: &&Named| {
                let by = other.id.as_deref().and_then(|id| self.meant.get(id));
                by.is_some_and(|by| by.name != name)
            };
            let stays = self.names.named(name).find(|other| !moves_on(other));
            if let Some(id) = stays.and_then(|other| other.id.as_deref()) {
                let message = format!("the tenant has another queue named `{name}` (id:{id})");
                let hint = "rename or delete that one first, or choose another name";
                self.findings.push(identity.wrong("pin", message).hint(hint));
            }
        }
    }

    fn means(&mut self, identity: &'n Identity<'n>, queue: &'n Named) {
        let Some(id) = queue.id.as_deref() else { return };
        match self.meant.entry(id) {
            Entry::Vacant(vacant) => drop(vacant.insert(identity)),
            Entry::Occupied(other) => {
                let is = queue.name.as_deref().unwrap_or(id);
                let names = (other.get().name, identity.name);
                let message =
                    format!("the queue `{is}` is meant by both `{}` and `{}`", names.0, names.1);
                let finding = identity.wrong("rename", message);
                let finding = finding.related(other.get().place, "the other one");
                self.findings.push(finding.hint("say which queue each means with metadata.id"));
            }
        }
    }

    /// The queues that get another name, by id.
    fn moves(&self) -> impl Iterator<Item = (&'n str, &'n Identity<'n>)> {
        let is_other = |(id, identity): &(&&'n str, &&'n Identity<'n>)| {
            let queue = self.names.with_id(id);
            queue.is_some_and(|queue| queue.name.as_deref() != Some(identity.name))
        };
        self.meant.iter().filter(is_other).map(|(id, identity)| (*id, *identity))
    }

    fn named(&self, name: &str) -> Vec<&'n Named> {
        self.names.named(name).collect()
    }
}
