//! Which queue a manifest means, where that is not simply the one of its name: it may be renamed
//! from another name, or pinned to an id. Here is what can be said without a tenant.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::address;
use crate::model::{Finding, Item, Place};

/// What the manifests of one name say about which queue they mean.
pub(super) struct Identity<'i> {
    pub(super) name: &'i str,
    pub(super) place: &'i Place,
    pub(super) is_absent: bool,
    /// `metadata.renamedFrom`.
    pub(super) from: Option<Said<'i>>,
    /// `metadata.id`.
    pub(super) id: Option<Said<'i>>,
}

/// A text, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Said<'i> {
    pub(super) text: &'i str,
    pub(super) place: &'i Place,
}

/// Identities by the names that their queues shall have.
pub(super) type Identities<'i> = BTreeMap<&'i str, Identity<'i>>;

impl<'i> Identity<'i> {
    fn of(item: &'i Item) -> Self {
        let metadata = item.root.get("metadata");
        let said = |key: &str| {
            let node = metadata?.get(key)?;
            node.as_str().map(|text| Said { text, place: &node.place })
        };
        Self {
            name: &item.name,
            place: &item.place,
            is_absent: item.is_absent(),
            from: said("renamedFrom"),
            id: said("id"),
        }
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let texts = |identity: &Self| {
            [identity.from, identity.id].map(|said| said.map(|said| said.text.to_owned()))
        };
        texts(self) == texts(other)
    }

    /// A finding about it, where it says which queue it means.
    pub(super) fn wrong(&self, rule: &'static str, message: String) -> Finding {
        let place = self.from.or(self.id).map_or(self.place, |said| said.place);
        Finding::error(rule, place, message).about(&address(self.name))
    }
}

/// What the manifests say, and in what they contradict each other.
pub(super) fn identities(queues: &[Item]) -> (Identities<'_>, Vec<Finding>) {
    let mut all = Identities::new();
    let mut findings = Vec::new();
    for identity in queues.iter().map(Identity::of) {
        match all.entry(identity.name) {
            Entry::Vacant(vacant) => drop(vacant.insert(identity)),
            Entry::Occupied(known) if known.get().says_the_same(&identity) => {}
            Entry::Occupied(known) => findings.push(
                Finding::error("declared-twice", identity.place, "declared twice, differently")
                    .about(&address(identity.name))
                    .related(known.get().place, "the other declaration")
                    .hint("give both the same renamedFrom and id, or keep one of the two"),
            ),
        }
    }
    for identity in all.values() {
        findings.extend(identity.from.and_then(|from| contradiction(identity, from.text, &all)));
    }
    findings.extend(shared(&all, "rename", |identity| identity.from, "both renamed from"));
    findings.extend(shared(&all, "pin", |identity| identity.id, "both pinned to the id"));
    let froms = all.values().filter_map(|identity| Some((identity.name, identity.from?.text)));
    findings.extend(exchanges(&froms.collect(), &all));
    (all, findings)
}

/// Why a queue cannot be renamed from this name, whatever the tenant has.
fn contradiction(identity: &Identity<'_>, from: &str, all: &Identities<'_>) -> Option<Finding> {
    let name = identity.name;
    if from == name {
        let message = format!("`{name}` cannot be renamed from itself");
        return Some(identity.wrong("rename", message).hint("drop metadata.renamedFrom"));
    }
    if identity.is_absent {
        let message = format!("`{name}` is declared absent, and renamed from `{from}`");
        let hint = "drop metadata.renamedFrom, or state: absent";
        return Some(identity.wrong("rename", message).hint(hint));
    }
    let old = all.get(from).filter(|old| old.from.is_none() && old.id.is_none())?;
    let message = format!("`{from}` is renamed to `{name}`, and declared as well");
    let finding = identity.wrong("rename", message).related(old.place, "the other declaration");
    Some(finding.hint(format!("drop the manifest of `{from}`, or metadata.renamedFrom")))
}

/// Manifests of several names that say the same text of themselves.
fn shared<'i>(
    all: &'i Identities<'_>,
    rule: &'static str,
    said: impl Fn(&'i Identity<'_>) -> Option<Said<'i>>,
    what: &str,
) -> Vec<Finding> {
    let mut by_text: BTreeMap<&str, Vec<(&Place, &str)>> = BTreeMap::new();
    for identity in all.values() {
        if let Some(said) = said(identity) {
            by_text.entry(said.text).or_default().push((said.place, identity.name));
        }
    }
    let mut findings = Vec::new();
    for (text, mut named) in by_text {
        named.sort();
        let Some(((first, name), others)) = named.split_first() else { continue };
        findings.extend(others.iter().map(|(place, other)| {
            let message = format!("the queues `{name}` and `{other}` are {what} `{text}`");
            Finding::error(rule, place, message)
                .about(&address(other))
                .related(first, "the other one")
                .hint("one queue has one name: keep one of the two")
        }));
    }
    findings
}

/// Queues that take each other's names, in a circle: `old` has the old name of each new one.
pub(super) fn exchanges<'n>(
    old: &BTreeMap<&'n str, &'n str>,
    all: &Identities<'_>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for start in old.keys() {
        let mut circle = vec![*start];
        let mut at = old.get(start);
        // A circle is told from its least name, once; a chain is no longer than all there is.
        while let Some(step) = at.filter(|step| *step > start && circle.len() < old.len()) {
            circle.push(step);
            at = old.get(step);
        }
        if at == Some(start) && circle.len() > 1 {
            let names: Vec<String> = circle.iter().map(|name| format!("`{name}`")).collect();
            let names = names.join(", ");
            let message = format!("the queues {names} take each other's names");
            let identity = all.get(start);
            findings.extend(identity.map(|identity| {
                identity.wrong("rename", message).hint(
                "rename one of them to a name that is free, apply, then give it the name it shall \
                 have",
            )
            }));
        }
    }
    findings
}
