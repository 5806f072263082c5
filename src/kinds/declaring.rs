//! Where the kinds put what they declare: references are resolved and doubles are found here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{
    Address, Declared, Desired, Facts, Finding, Item, Key, Node, Place, ReferenceError, Renamed,
    unresolved,
};

/// Collects declarations and findings while the manifests are read.
pub struct Declaring<'a> {
    facts: Option<&'a Facts>,
    desired: Desired,
    findings: Vec<Finding>,
    /// What was not found, so that a name in every row is looked for once.
    unresolved: BTreeMap<(&'static str, String), ReferenceError>,
}

impl<'a> Declaring<'a> {
    /// An empty collection; without facts, references stand for themselves.
    #[must_use]
    pub fn new(facts: Option<&'a Facts>) -> Self {
        Self {
            facts,
            desired: Desired::default(),
            findings: Vec::new(),
            unresolved: BTreeMap::new(),
        }
    }

    /// What the tenant knows, unless this is offline.
    #[must_use]
    pub fn facts(&self) -> Option<&'a Facts> {
        self.facts
    }

    /// The time that the plan is made for, unless this is offline.
    #[must_use]
    pub fn now(&self) -> Option<jiff::Timestamp> {
        self.facts.and_then(|facts| facts.now)
    }

    /// Adds a finding.
    pub fn complain(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Resolves a reference to a thing of `sort`; what is not found becomes a finding at `place`.
    pub fn resolve(&mut self, sort: &'static str, text: &str, place: &Place) -> Option<Key> {
        let Some(names) = self.facts.and_then(|facts| facts.of(sort)) else {
            return Some(unresolved(text));
        };
        let known = (sort, text.to_owned());
        let failed = self.unresolved.get(&known).cloned();
        match failed.map_or_else(|| names.resolve(text), Err) {
            Ok(key) => Some(key),
            Err(error) => {
                self.unresolved.insert(known, error.clone());
                self.findings.push(
                    Finding::error("unknown-reference", place, error.to_string())
                        .hint(error.hint()),
                );
                None
            }
        }
    }

    /// Declares one resource; a different declaration of the same address is a finding. Of two
    /// that say the same, the one that stands first in the files is kept.
    pub fn declare(&mut self, address: &Address, declared: Declared) {
        let findings = &mut self.findings;
        self.desired.put(address, declared, |new, old| {
            if !old.says_the_same(new) {
                let (first, second) = if old.place <= new.place {
                    (&old.place, &new.place)
                } else {
                    (&new.place, &old.place)
                };
                findings.push(
                    Finding::error("declared-twice", second, "declared twice, differently")
                        .about(address)
                        .related(first, "the other declaration")
                        .hint("keep one of the two, or make them say the same"),
                );
            }
            new.place < old.place
        });
    }

    /// Declares that the resource at this address has another name in the tenant.
    pub fn rename(&mut self, address: &Address, renamed: Renamed) {
        self.desired.rename(address, renamed);
    }

    /// Declares that under this first part of addresses nothing should be but what is declared.
    pub fn exclude_others(&mut self, head: &Arc<str>, place: &Place) {
        self.desired.exclude_others(head, place);
    }

    /// Declares that somebody, by the first part of its addresses, is in a group.
    pub fn join(&mut self, team: &str, member: &Arc<str>) {
        self.desired.join(team, member);
    }

    /// Items of one manifest kind by name; a name that is used for two different ones is a finding.
    pub fn by_name<'i>(&mut self, items: &'i [Item], kind: &str) -> Vec<&'i Item> {
        let mut found: BTreeMap<&str, &Item> = BTreeMap::new();
        for item in items.iter().filter(|item| item.kind == kind) {
            let other = *found.entry(&item.name).or_insert(item);
            if std::ptr::eq(other, item) || other.root.to_json() == item.root.to_json() {
                continue;
            }
            let message = format!("{kind} `{}` is declared twice, differently", item.name);
            self.findings.push(
                Finding::error("declared-twice", &item.place, message)
                    .related(&other.place, "the other declaration")
                    .hint("rename one of the two, or make them say the same"),
            );
        }
        found.into_values().collect()
    }

    /// Everything that was declared, and what is wrong with it.
    #[must_use]
    pub fn finish(mut self) -> (Desired, Vec<Finding>) {
        self.findings.sort();
        self.desired.shrink();
        (self.desired, self.findings)
    }
}

impl Declared {
    fn says_the_same(&self, other: &Declared) -> bool {
        self.absent == other.absent
            && self.document == other.document
            && self.recurs == other.recurs
    }
}

/// The text of a node, for messages about a reference.
#[must_use]
pub(crate) fn text_of(node: &Node) -> String {
    match node.as_str() {
        Some(text) => text.to_owned(),
        None => node.to_json().to_string(),
    }
}
