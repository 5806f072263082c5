//! How API v2 spells a queue.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Fields, Overflow, refer};
use crate::http::{Method, Read, Write, encode, lenient};
use crate::kinds::{Action, Basis, Decode, Look, Wire, Writing};
use crate::model::{
    Address, Document, Facts, Fields as RawFields, Link, Links, Named, Raw, Remote,
};

/// The v2 spelling.
pub(super) struct V2;

const LIST: &str = "/api/v2/queues";

/// A queue as the tenant tells it; anything may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Row {
    #[serde(deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    queue_type: Option<String>,
    capacity: Option<Value>,
    priority: Option<Value>,
    overflow: Value,
    #[serde(deserialize_with = "lenient::texts")]
    skill_groups: Vec<String>,
    #[serde(deserialize_with = "lenient::values")]
    routing_rules: Vec<Value>,
}

fn row(text: &str) -> Option<Row> {
    serde_json::from_str(text).ok()
}

impl Wire for V2 {
    fn lane(&self, address: &Address) -> Address {
        address.clone()
    }

    fn list(&self) -> Option<Read> {
        Some(Read::new(LIST, "queue:read"))
    }

    fn section(&self) -> &'static str {
        "queues"
    }

    fn named(&self, text: &str) -> Option<Named> {
        let Row { id: Some(id), name, .. } = row(text)? else { return None };
        Some(Named { id: Some(id), name, email: None })
    }

    fn decoder<'f>(&self, facts: &'f Facts) -> Box<dyn Decode + Send + 'f> {
        Box::new(Decoder { facts })
    }

    fn basis(&self, action: Action) -> Basis {
        match action {
            Action::Create => Basis::Nothing,
            Action::Update | Action::Delete => Basis::Read,
        }
    }

    fn look(&self, _: &Address, id: Option<&str>) -> Look {
        match id {
            Some(id) => Look::One(Read::new(one(id), "queue:read")),
            None => Look::Listed(Read::new(LIST, "queue:read")),
        }
    }

    fn write(&self, change: &Writing<'_>) -> Result<Write, String> {
        let id = || change.id.ok_or_else(|| "the tenant told no id of this queue".to_owned());
        Ok(match change.action {
            Action::Create => Write {
                method: Method::Post,
                path: LIST.to_owned(),
                body: Some(whole(change)?),
                masked: None,
                scope: self.write_scope(change.action),
            },
            Action::Update => Write {
                method: Method::Put,
                path: one(id()?),
                body: Some(overlaid(change)?),
                masked: None,
                scope: self.write_scope(change.action),
            },
            Action::Delete => Write {
                method: Method::Delete,
                path: one(id()?),
                body: None,
                masked: None,
                scope: self.write_scope(change.action),
            },
        })
    }

    fn unknown(&self, raw: &Raw) -> Vec<String> {
        let known = |name: &str| LEAVES.iter().any(|(_, known)| *known == name);
        let own =
            |name: &String| !known(name) && !["id", "name", "overflow"].contains(&name.as_str());
        raw.fields().into_iter().flat_map(|fields| fields.into_keys()).filter(own).collect()
    }

    fn created_id(&self, answer: &Raw) -> Option<String> {
        row(answer.as_str())?.id
    }

    fn read_scopes(&self) -> &'static [&'static str] {
        &["queue:read"]
    }

    fn write_scope(&self, action: Action) -> &'static str {
        match action {
            Action::Create => "queue:create",
            Action::Update => "queue:update",
            Action::Delete => "queue:delete",
        }
    }
}

/// Reads queues.
struct Decoder<'f> {
    facts: &'f Facts,
}

impl Decode for Decoder<'_> {
    fn decode(&mut self, text: &str, _: Option<&Address>) -> Option<(Address, Remote)> {
        let row = row(text)?;
        let id = row.id?;
        let mut links = Links::new();
        let overflow = |name: &str| row.overflow.get(name).filter(|value| !value.is_null());
        let target = overflow("overflowTargetId").and_then(lenient::as_text);
        let target = target.map(|id| refer("queue", &id, self.facts, &mut links));
        let fields = Fields {
            description: Some(row.description.unwrap_or_default()),
            queue_type: row.queue_type,
            overflow: Overflow {
                overflow_type: overflow("overflowType").and_then(lenient::as_text),
                target: Some(target),
                threshold: overflow("overflowThreshold").cloned(),
            },
            capacity: row.capacity,
            priority: row.priority,
            skill_groups: Some(
                row.skill_groups
                    .iter()
                    .map(|id| refer("skill", id, self.facts, &mut links))
                    .collect(),
            ),
            routing_rules: Some(row.routing_rules.iter().map(rule).collect()),
        };
        let own = self.facts.address_of("queue", &id);
        links.push(Link::new(own.clone(), Some(&id)));
        let document = Document::of(&fields);
        Some((own, Remote { id: Some(Arc::from(id)), document, raw: Raw::parse(text), links }))
    }
}

fn one(id: &str) -> String {
    format!("{LIST}/{}", encode(id))
}

/// The top-level leaves: their path in the document and their name on the wire.
const LEAVES: &[(&str, &str)] = &[
    ("/name", "name"),
    ("/description", "description"),
    ("/type", "type"),
    ("/capacity", "capacity"),
    ("/priority", "priority"),
    ("/skillGroups", "skillGroups"),
    (RULES, "routingRules"),
];

/// The rules' path in the document.
const RULES: &str = "/routingRules";

/// The leaves inside `overflow`.
const OVERFLOW_LEAVES: &[(&str, &str)] = &[
    ("/overflow/type", "overflowType"),
    ("/overflow/target", "overflowTargetId"),
    ("/overflow/threshold", "overflowThreshold"),
];

/// The body of a create: the name and every leaf.
fn whole(change: &Writing<'_>) -> Result<Raw, String> {
    let mut fields = RawFields::new();
    fields.insert("name".to_owned(), Raw::of(&change.address.segment(0)));
    lay(LEAVES, |_| true, change, &mut fields)?;
    let mut overflow = RawFields::new();
    lay(OVERFLOW_LEAVES, |_| true, change, &mut overflow)?;
    fields.insert("overflow".to_owned(), Raw::object(&overflow));
    Ok(Raw::object(&fields))
}

/// The body of an update: what was read, byte for byte, with the reviewed leaves laid over it.
fn overlaid(change: &Writing<'_>) -> Result<Raw, String> {
    let read = change.raw.and_then(Raw::fields);
    let mut fields = read.ok_or_else(|| "the queue was not read before its update".to_owned())?;
    let changes = |path: &str| change.paths.iter().any(|changed| changed == path);
    lay(LEAVES, changes, change, &mut fields)?;
    if change.paths.iter().any(|path| path.starts_with("/overflow/")) {
        let mut overflow = fields.get("overflow").and_then(Raw::fields).unwrap_or_default();
        lay(OVERFLOW_LEAVES, changes, change, &mut overflow)?;
        fields.insert("overflow".to_owned(), Raw::object(&overflow));
    }
    if changes(RULES) {
        let read = change.raw.and_then(Raw::fields).unwrap_or_default();
        fields.insert("routingRules".to_owned(), rules(change, read.get("routingRules")));
    }
    Ok(Raw::object(&fields))
}

/// The wanted rules; one that the tenant has already goes back as the tenant told it.
fn rules(change: &Writing<'_>, read: Option<&Raw>) -> Raw {
    let read = read.and_then(|raw| serde_json::from_str(raw.as_str()).ok());
    let mut told: Vec<Raw> = read.unwrap_or_default();
    let value = |raw: &Raw| serde_json::from_str::<Value>(raw.as_str()).unwrap_or_default();
    let document = change.document.value();
    let wanted = document.pointer(RULES).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut spelled =
        |wanted: &Value| match told.iter().position(|raw| rule(&value(raw)) == *wanted) {
            Some(index) => told.remove(index),
            None => Raw::of(wanted),
        };
    Raw::of(&wanted.iter().map(&mut spelled).collect::<Vec<_>>())
}

/// A rule's own fields; what else a tenant tells of it is not managed.
fn rule(told: &Value) -> Value {
    match (told.get("type"), told.get("value")) {
        (Some(kind), Some(value)) => json!({"type": kind, "value": value}),
        _ => told.clone(),
    }
}

fn lay(
    leaves: &[(&str, &str)],
    chosen: impl Fn(&str) -> bool,
    change: &Writing<'_>,
    fields: &mut RawFields,
) -> Result<(), String> {
    let document = change.document.value();
    for (path, name) in leaves.iter().filter(|(path, _)| chosen(path)) {
        if let Some(value) = document.pointer(path) {
            fields.insert((*name).to_owned(), Raw::of(&spelled(path, value, change)?));
        }
    }
    Ok(())
}

/// A leaf as the wire has it: names become ids.
fn spelled(path: &str, value: &Value, change: &Writing<'_>) -> Result<Value, String> {
    let id = |sort: &'static str, key: &Value| -> Result<Value, String> {
        let Some(key) = key.as_str() else { return Ok(Value::Null) };
        let known = (change.id_of)(&Address::new(sort, &[key]));
        let id = known.or_else(|| key.strip_prefix("id:").map(str::to_owned));
        id.map(Value::String).ok_or_else(|| format!("the {sort} `{key}` has no id yet"))
    };
    match path {
        "/overflow/target" => id("queue", value),
        "/skillGroups" => {
            let keys = value.as_array().into_iter().flatten();
            let ids = keys.map(|key| id("skill", key)).collect::<Result<Vec<_>, _>>()?;
            let ids: BTreeSet<_> = ids.iter().filter_map(Value::as_str).collect();
            Ok(json!(ids))
        }
        _ => Ok(value.clone()),
    }
}
