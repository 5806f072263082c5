//! Queues: how calls wait, how many may, and where they go when it is full.

mod api_v2;
mod chain;
mod check;
mod follow;
mod identity;
mod manifest;
mod settle;
mod sim;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Check, Declaring, Kind, Pasted, Wire};
use crate::http::Dialect;
use crate::model::{
    Address, Declared, Document, Facts, Finding, Item, Leaf, Link, Links, ManifestKind, Names,
    Node, Place, Remote,
};
use crate::world::Collection;

/// The kind `queue`.
pub struct Queue;

/// A queue's canonical fields, in the manifest's own form; what is `None` is not managed or not
/// known. `skillGroups` is a set (sorted), `routingRules` keep their order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    queue_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<Value>,
    #[serde(skip_serializing_if = "Overflow::is_empty")]
    overflow: Overflow,
    #[serde(skip_serializing_if = "Option::is_none")]
    skill_groups: Option<BTreeSet<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing_rules: Option<Vec<Value>>,
}

/// Where a full queue's calls go. `target` is a queue's key, or null for none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Overflow {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    overflow_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<Value>,
}

impl Overflow {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Fields {
    /// These fields with what the contract fills in when a queue is created.
    fn with_defaults(&self) -> Self {
        let mut full = self.clone();
        full.description.get_or_insert_default();
        full.queue_type.get_or_insert_with(|| "standard".to_owned());
        full.overflow.overflow_type.get_or_insert_with(|| "queue".to_owned());
        full.overflow.target.get_or_insert(None);
        full.overflow.threshold.get_or_insert(json!(80));
        full.skill_groups.get_or_insert_default();
        let priority = full.priority.get_or_insert(json!(5)).clone();
        if let Some(capacity) = full.capacity.clone() {
            full.routing_rules.get_or_insert_with(|| {
                vec![
                    json!({"type": "priority", "value": priority}),
                    json!({"type": "capacity", "value": capacity}),
                ]
            });
        }
        full
    }
}

/// The address of the queue with this key.
fn address(key: &str) -> Address {
    Address::new("queue", &[key])
}

impl Kind for Queue {
    fn name(&self) -> &'static str {
        "queue"
    }

    fn manifests(&self) -> &'static [ManifestKind] {
        manifest::KINDS
    }

    fn needs(&self, items: &[Item]) -> BTreeSet<&'static str> {
        manifest::needs(items)
    }

    fn enter_names(&self, items: &[Item], names: &mut Names) -> Vec<Finding> {
        let (queues, _) = manifest::overlaid(items);
        settle::settle(&queues, names)
    }

    fn follow(&self, base: &mut [Item], items: &[Item], names: &mut Names) {
        follow::follow(base, items, names);
    }

    fn declare(&self, items: &[Item], declaring: &mut Declaring<'_>) {
        manifest::declare(items, declaring);
    }

    fn written(
        &self,
        items: &[Item],
        path: &str,
        declared: &BTreeSet<&Place>,
    ) -> BTreeMap<Place, Node> {
        let (queues, _) = manifest::overlaid(items);
        let queues = queues.iter().filter(|item| declared.contains(&item.place));
        let field = |item: &Item| Some((item.place.clone(), item.spec().at(path)?.clone()));
        queues.filter_map(field).collect()
    }

    fn spelled(&self, path: &str, written: &Value, to: &Value, facts: &Facts) -> Value {
        match (path, written, to) {
            ("/skillGroups", Value::Array(written), Value::Array(to)) => {
                manifest::skills(written, to, facts)
            }
            _ => to.clone(),
        }
    }

    fn as_manifests(&self, remotes: &[(Address, &Remote)]) -> Vec<Pasted> {
        remotes.iter().map(|(address, remote)| manifest::of(address, remote)).collect()
    }

    fn lacks(&self, declared: &Declared, label: &str) -> Option<(String, String)> {
        let document = declared.document.value();
        document.get("capacity").is_none().then(|| {
            (
                format!("the new queue `{label}` has no capacity"),
                "add spec.capacity (1 to 5000)".to_owned(),
            )
        })
    }

    fn unlink(&self, document: &Document, target: &Address) -> Option<Leaf> {
        const TARGET: &str = "/overflow/target";
        let names = document.value().pointer(TARGET)?.as_str()? == target.segment(0);
        names.then(|| Leaf { path: TARGET.to_owned(), value: Value::Null })
    }

    fn checks(&self) -> &'static [Check] {
        check::CHECKS
    }

    fn collections(&self) -> &'static [Collection] {
        sim::COLLECTIONS
    }

    fn wire(&self, dialect: Dialect) -> Option<&'static dyn Wire> {
        match dialect {
            Dialect::V2 => Some(&api_v2::V2),
        }
    }
}

/// A declaration of a queue from its fields.
fn declared(fields: &Fields, absent: bool, place: &Place, links: Links) -> Declared {
    Declared {
        document: Document::of(fields),
        on_create: Some(Document::of(&fields.with_defaults())),
        absent,
        place: place.clone(),
        links,
        recurs: None,
    }
}

/// The segment by which a document names the thing with `id`, entered among `links`.
fn refer(sort: &'static str, id: &str, facts: &Facts, links: &mut Links) -> String {
    let address = facts.address_of(sort, id);
    let segment = address.segment(0);
    links.push(Link::new(address, Some(id)));
    segment
}

#[cfg(test)]
mod tests;
