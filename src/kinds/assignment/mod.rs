//! Skill assignments: which agent answers for which skill, how well, and when.

mod api_v2;
mod check;
mod coverage;
mod holders;
mod manifests;
mod matrix;
mod recurring;
mod schema;
mod sim;
mod wfm;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Check, Checking, Declaring, Grouping, Holds, Impact, Kind, Pasted, WfmRow, Wire};
use crate::http::Dialect;
use crate::model::{
    Address, Declared, Document, Facts, Item, Link, Links, ManifestKind, Node, Place, References,
    Remote, Roster, address_head, address_tail,
};
use crate::world::Collection;

/// The kind `assignment`.
pub struct Assignment;

/// An assignment's canonical fields. Without a window, the level alone is managed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
}

/// When an assignment holds: instants as RFC 3339 in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Window {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

impl Window {
    /// The window between two instants.
    fn of(from: Timestamp, to: Timestamp) -> Self {
        Self { from: Some(from.to_string()), to: Some(to.to_string()) }
    }
}

/// One side of many assignments, an agent or a skill: what their addresses share, and the link.
#[derive(Clone)]
struct Side {
    part: Arc<str>,
    link: Arc<Link>,
}

impl Side {
    /// The agent with this address segment.
    fn agent(segment: &str, id: Option<&str>) -> Self {
        let link = Link::new(Address::new("agent", &[segment]), id);
        Self { part: address_head("assignment", segment), link }
    }

    /// The skill with this address segment.
    fn skill(segment: &str, id: Option<&str>) -> Self {
        let link = Link::new(Address::new("skill", &[segment]), id);
        Self { part: address_tail(segment), link }
    }
}

/// The skills that were met, by the texts that name them. Rows mostly tell their skills in one
/// order: the one that comes next is looked at first.
#[derive(Default)]
struct Skills {
    all: Vec<(Arc<str>, Side)>,
    by_text: BTreeMap<Arc<str>, usize>,
    next: usize,
}

impl Skills {
    /// The index of a skill, if it was met before.
    fn find(&mut self, text: &str) -> Option<usize> {
        let is_next = self.all.get(self.next).is_some_and(|(known, _)| **known == *text);
        let found = if is_next { self.next } else { *self.by_text.get(text)? };
        self.next = if found + 1 == self.all.len() { 0 } else { found + 1 };
        Some(found)
    }

    /// Adds a skill; tells its index.
    fn add(&mut self, text: &str, side: Side) -> usize {
        let (index, text) = (self.all.len(), Arc::<str>::from(text));
        self.by_text.insert(Arc::clone(&text), index);
        self.all.push((text, side));
        index
    }
}

impl std::ops::Index<usize> for Skills {
    type Output = Side;

    fn index(&self, index: usize) -> &Side {
        &self.all[index].1
    }
}

/// The address of an agent's assignment to a skill, and what it names.
fn assignment(agent: &Side, skill: &Side) -> (Address, Links) {
    let links = [Arc::clone(&agent.link), Arc::clone(&skill.link)];
    (Address::of_parts(&agent.part, Some(&skill.part)), Links::from(links))
}

impl Kind for Assignment {
    fn name(&self) -> &'static str {
        "assignment"
    }

    fn manifests(&self) -> &'static [ManifestKind] {
        schema::KINDS
    }

    fn needs(&self, items: &[Item]) -> BTreeSet<&'static str> {
        if items.iter().any(|item| item.kind == schema::MATRIX) {
            BTreeSet::from(["agent", "skill"])
        } else {
            BTreeSet::new()
        }
    }

    fn declare(&self, items: &[Item], declaring: &mut Declaring<'_>) {
        matrix::declare(items, declaring);
    }

    fn names(&self, address: &Address, known: &References) -> Links {
        let link = |sort: &str, at: usize| {
            let named = Address::new(sort, &[&address.segment(at)]);
            let id = known.get(&named).cloned().flatten();
            Link::new(named, id.as_deref())
        };
        Links::from([link("agent", 0), link(holders::SKILL, 1)])
    }

    fn written(
        &self,
        items: &[Item],
        path: &str,
        declared: &BTreeSet<&Place>,
    ) -> BTreeMap<Place, Node> {
        match path {
            "/level" => matrix::levels(items, declared),
            "" => matrix::cells(items, declared),
            _ => BTreeMap::new(),
        }
    }

    fn absence(&self) -> Option<&'static str> {
        Some(matrix::NONE)
    }

    fn unwritten(&self, path: &str) -> Option<(&'static str, &'static str)> {
        path.starts_with("/window").then_some((
            "a cell names its window, and the tenant has other times",
            "name a window with these times in the cell, or change the AvailabilityWindow for all",
        ))
    }

    fn as_manifests(&self, remotes: &[(Address, &Remote)]) -> Vec<Pasted> {
        manifests::of(remotes).into_iter().map(Pasted::from).collect()
    }

    fn lacks(&self, declared: &Declared, label: &str) -> Option<(String, String)> {
        declared.document.value().get("window").is_none().then(|| {
            (
                format!("the new assignment {label} has no window"),
                "add a window to the cell, or spec.window to the matrix".to_owned(),
            )
        })
    }

    fn label(&self, address: &Address, links: &Links, facts: &Facts) -> String {
        let agent = links.iter().find(|link| link.address.kind() == "agent");
        let agent = match agent.and_then(|link| link.id.as_deref()) {
            Some(id) => facts.label_of("agent", id),
            None => address.segment(0),
        };
        format!("{agent} / {}", address.segment(1))
    }

    fn holds(&self, document: &Document) -> Option<Holds> {
        window::holds(document)
    }

    fn is_due(&self, declared: &Declared, before: &Document) -> bool {
        let Some(recurs) = &declared.recurs else { return false };
        let Some((Some(from), Some(to))) = window::holds(before) else { return false };
        recurs.has(from, to) && window::without(before) == window::without(&declared.document)
    }

    fn checks(&self) -> &'static [Check] {
        check::CHECKS
    }

    fn looks_at(&self) -> &'static [&'static str] {
        &[holders::QUEUE]
    }

    fn impact(&self, checking: &Checking<'_>) -> Option<Impact> {
        coverage::impact(checking)
    }

    fn roster(&self, checking: &Checking<'_>) -> Option<Roster> {
        coverage::roster(checking)
    }

    fn collections(&self) -> &'static [Collection] {
        sim::COLLECTIONS
    }

    fn wire(&self, dialect: Dialect) -> Option<&'static dyn Wire> {
        match dialect {
            Dialect::V2 => Some(&api_v2::V2),
        }
    }

    fn is_better(&self, path: &str, before: i64, after: i64) -> Option<bool> {
        // In API v2 level 5 is the best and 1 the lowest.
        (path == "/level" && before != after).then_some(after > before)
    }

    fn wfm_row(&self, remote: &Remote) -> Option<WfmRow> {
        wfm::row(remote)
    }

    fn person(&self) -> Option<usize> {
        Some(0)
    }

    fn grouped_by(&self) -> Option<Grouping> {
        Some(Grouping { head: 1, heads: "skill", member: "agent" })
    }
}

#[cfg(test)]
mod tests;
