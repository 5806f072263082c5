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
        let pins = wanted.values().filter_map(|identity| Some((identity, identity.id?)));
        pins.for_each(|(identity, id)| self.pinned(identity, id));
        let mut open: Vec<Either<'n>> = Vec::new();
        for identity in wanted.values().filter(|identity| identity.id.is_none()) {
            if let Some(from) = identity.from {
                open.extend(self.renamed(identity, from));
            } else if let [one] = self.named(identity.name)[..] {
                self.means(identity, one);
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
        let queue = if self.meant_by(old) == Some(*from) {
            new
        } else if self.meant_by(new).is_some_and(|by| by != identity.name) {
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
            // A pin may take the new name's queue elsewhere.
            ([], [new]) if self.meant_by(new).is_some_and(|by| by != identity.name) => None,
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
            let moves_on = |other: &&Named| self.meant_by(other).is_some_and(|by| by != name);
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

    /// The name of the manifest that means a queue.
    fn meant_by(&self, queue: &Named) -> Option<&'n str> {
        self.meant.get(queue.id.as_deref()?).map(|by| by.name)
    }

    fn named(&self, name: &str) -> Vec<&'n Named> {
        self.names.named(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::settle;
    use crate::kinds::{manifest_kinds, queue::manifest::overlaid};
    use crate::manifest;
    use crate::model::{Named, Names};

    /// Settles manifests, `b<a` for a queue `b` that is renamed from `a`, `b@a` for one that is
    /// pinned to the id of the tenant's queue `a`; tells which queues get which names, or why not.
    fn check(tenant: &str, manifests: &str, expect: &str) {
        let id = |name: &str| format!("id-{name}");
        let named =
            |name: &str| Named { id: Some(id(name)), name: Some(name.to_owned()), email: None };
        let mut names = Names::new("queue", false, tenant.split_whitespace().map(named));
        let metadata = |said: &str| match (said.split_once('<'), said.split_once('@')) {
            (Some((name, from)), _) => format!("{{name: {name}, renamedFrom: {from}}}"),
            (_, Some((name, of))) => format!("{{name: {name}, id: {}}}", id(of)),
            _ => format!("{{name: {said}}}"),
        };
        let document = |said: &str| {
            let metadata = metadata(said);
            format!("apiVersion: cxform/v1\nkind: Queue\nmetadata: {metadata}\nspec: {{}}\n")
        };
        let documents: Vec<String> = manifests.split_whitespace().map(document).collect();
        let file = ("q.yaml".to_owned(), documents.join("---\n"));
        let no_table = |_: &str, name: &str| Err(format!("{name} is not here"));
        let (items, findings) = manifest::read(&manifest_kinds(), &[file], &no_table);
        assert_eq!(findings, [], "{manifests}");
        let findings = settle(&overlaid(&items).0, &mut names);
        let told = match findings.first() {
            Some(finding) => finding.message.clone(),
            None => {
                let now = |name: &str| format!("{name}>{}", names.segment_of(&id(name)));
                let all = tenant.split_whitespace().map(now);
                let moved = all.filter(|told| told.split_once('>').is_some_and(|(a, b)| a != b));
                moved.collect::<Vec<_>>().join(" ")
            }
        };
        assert_eq!(told, expect, "{tenant}: {manifests}");
    }

    #[test]
    fn who_is_there_says_what_a_rename_means() {
        check("a", "b<a", "a>b");
        check("b", "b<a", "");
        check("", "b<a", "");
        check("a b", "b<a", "`a` is renamed to `b`, and the tenant has both");
    }

    #[test]
    fn a_chain_is_understood_wherever_it_stopped() {
        let chain = "b<a c<b d<c";
        check("a b c", chain, "a>b b>c c>d");
        check("a b d", chain, "a>b b>c");
        check("a c d", chain, "a>b");
        check("b c d", chain, "");
        check("a", chain, "a>b");
        check("a c", chain, "the queue `c` is meant by both `c` and `d`");
        check("a b c d", chain, "`a` is renamed to `b`, and the tenant has both");
        check("b", chain, "the queue `b` is meant by both `b` and `c`");
    }

    #[test]
    fn a_pin_decides() {
        check("a", "b@a", "a>b");
        check("a", "a@a", "");
        check("a", "b@c", "the tenant has no queue with the id `id-c`");
        check("a b", "b@a", "the tenant has another queue named `b` (id:id-b)");
        check("a b", "b@a c@b", "a>b b>c");
        check("a b", "b<a c@b", "a>b b>c");
        check("b", "b<a c@b", "b>c");
        check("a b c", "b@a c@b a@c", "the queues `a`, `c`, `b` take each other's names");
        check("a", "a b@a", "the queue `a` is meant by both `b` and `a`");
    }
}
