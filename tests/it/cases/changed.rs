//! What a change of a plan is in the tenant's own words: an independent reading of v2.md, so that
//! the client's wire files are not measured by themselves.

use std::collections::{BTreeMap, BTreeSet};

use cxform::model::{Address, Document};
use cxform::plan::{Change, Plan, PlannedAction};
use cxform::world::instant;
use serde_json::{Value, json};

use super::Rows;

/// The fields of a queue that a tenant may leave out or say null for.
const OPTIONAL: [&str; 6] =
    ["description", "type", "overflow", "skillGroups", "priority", "routingRules"];
/// A path of a plan, and the path of the same thing in a row.
const PATHS: [(&str, &str); 13] = [
    ("/name", "/name"),
    ("/description", "/description"),
    ("/type", "/type"),
    ("/capacity", "/capacity"),
    ("/priority", "/priority"),
    ("/overflow/type", "/overflow/overflowType"),
    ("/overflow/target", "/overflow/overflowTargetId"),
    ("/overflow/threshold", "/overflow/overflowThreshold"),
    ("/skillGroups", "/skillGroups"),
    ("/routingRules", "/routingRules"),
    ("/level", "/level"),
    ("/window/from", "/availableFrom"),
    ("/window/to", "/availableTo"),
];

/// A row with all that means the same made the same: times are instants, a missing optional field
/// is null, skill groups are a set; without what the tenant itself writes.
pub(crate) fn meaning(table: &str, row: &Value) -> BTreeMap<String, Value> {
    let mut row = row.clone();
    let fields = row.as_object_mut().unwrap();
    // The personality `extraFields` puts it into every answer, and it comes back from there.
    fields.remove("xRegion");
    match table {
        "queues" => {
            for name in OPTIONAL {
                fields.entry(name).or_insert(Value::Null);
            }
            if let Some(groups) = fields["skillGroups"].as_array() {
                let set: BTreeSet<&str> = groups.iter().filter_map(Value::as_str).collect();
                fields["skillGroups"] = json!(set);
            }
            if fields["overflow"].is_null() {
                fields["overflow"] = json!({});
            }
            let overflow = fields["overflow"].as_object_mut().unwrap();
            for name in ["overflowType", "overflowTargetId", "overflowThreshold"] {
                overflow.entry(name).or_insert(Value::Null);
            }
        }
        "assignments" => {
            fields.remove("lastModified");
            for name in ["availableFrom", "availableTo"] {
                if let Some(time) = fields[name].as_str().and_then(instant) {
                    fields[name] = time.to_string().into();
                }
            }
        }
        _ => {}
    }
    let mut leaves = BTreeMap::new();
    spread("", &row, &mut leaves);
    leaves
}

fn spread(path: &str, value: &Value, leaves: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, inner) in fields {
                spread(&format!("{path}/{name}"), inner, leaves);
            }
        }
        leaf => drop(leaves.insert(path.to_owned(), leaf.clone())),
    }
}

/// The paths at which two rows mean different things.
pub(crate) fn differences(table: &str, one: &Value, other: &Value) -> BTreeSet<String> {
    let (one, other) = (meaning(table, one), meaning(table, other));
    let paths: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    paths.into_iter().filter(|path| one.get(*path) != other.get(*path)).cloned().collect()
}

/// The path in a row of a path in a plan.
pub(crate) fn path_in_row(path: &str) -> &'static str {
    PATHS.iter().find(|(known, _)| *known == path).unwrap_or_else(|| panic!("{path}?")).1
}

/// The table of an address.
pub(crate) fn table(address: &Address) -> &'static str {
    if address.kind() == "queue" { "queues" } else { "assignments" }
}

/// The row that a change is about, where there is one, as it was before.
pub(crate) fn old_row<'r>(change: &Change, rows: &'r Rows) -> Option<&'r Value> {
    row_of(change.previous_address.as_ref().unwrap_or(&change.address), rows)
}

/// The row that an address means, where there is one.
pub(crate) fn row_of<'r>(address: &Address, rows: &'r Rows) -> Option<&'r Value> {
    let in_table = rows.iter().filter(|((name, _), _)| *name == table(address));
    let mut found = in_table.map(|(_, row)| row).filter(|row| match address.kind() {
        "queue" => row["name"] == address.segment(0),
        _ => {
            row["userId"] == address.segment(0)
                && id_of("skills", &address.segment(1), rows) == row["skillId"]
        }
    });
    found.next()
}

/// The id of the thing that a document calls so.
fn id_of(table: &str, called: &str, rows: &Rows) -> Value {
    if let Some(id) = called.strip_prefix("id:") {
        return id.into();
    }
    let mut found = rows.iter().filter(|((name, _), row)| *name == table && row["name"] == called);
    found.next().map_or(Value::Null, |((_, id), _)| id.as_str().into())
}

/// What a change's fields are in the row: path in the row and value.
pub(crate) fn in_row(fields: &Document, rows: &Rows) -> BTreeMap<&'static str, Value> {
    let spelled = |path: &str, value: Value| match path {
        "/overflow/target" => {
            value.as_str().map_or(Value::Null, |called| id_of("queues", called, rows))
        }
        "/skillGroups" => {
            let called = value.as_array().unwrap().iter().map(|v| v.as_str().unwrap());
            let ids = called.map(|called| id_of("skills", called, rows));
            json!(ids.map(|id| id.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>())
        }
        _ => value,
    };
    let leaves = fields.leaves().into_iter();
    leaves.map(|leaf| (path_in_row(&leaf.path), spelled(&leaf.path, leaf.value))).collect()
}

/// The changes of a plan by what is done.
pub(crate) fn planned(plan: &Plan, action: PlannedAction) -> Vec<&Change> {
    plan.live().filter(|change| change.change.actions == [action]).collect()
}
