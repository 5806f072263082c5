//! Names and ids, as they are and were: a plan says names, a row ids.

use std::collections::{BTreeMap, BTreeSet};

use cxform::plan::Change;
use serde_json::{Value, json};

use super::scene::State;
use crate::cases::changed;

/// Who was ever called what.
pub(super) struct Names {
    queues: BTreeMap<String, BTreeSet<String>>,
    skills: BTreeMap<String, BTreeSet<String>>,
}

impl Names {
    pub(super) fn of(scene: &State) -> Self {
        let mut names = Self { queues: BTreeMap::new(), skills: BTreeMap::new() };
        for ((table, _), row) in &scene.first {
            names.add(table, row);
        }
        for effect in &scene.effects {
            effect.after.iter().for_each(|row| names.add(effect.table, row));
        }
        for run in &scene.disk.runs {
            // A plan may call a queue what it is called only after it was renamed.
            let known = run.plan.references.iter().filter(|(address, _)| address.kind() == "queue");
            for (address, id) in known {
                let row = json!({"name": address.segment(0), "id": id.as_deref()});
                names.add("queues", &row);
            }
        }
        names
    }

    fn add(&mut self, table: &str, row: &Value) {
        let of_table = match table {
            "queues" => &mut self.queues,
            "skills" => &mut self.skills,
            _ => return,
        };
        if let (Some(name), Some(id)) = (row["name"].as_str(), row["id"].as_str()) {
            of_table.entry(name.to_owned()).or_default().insert(id.to_owned());
        }
    }

    /// The id of a skill that a plan calls so.
    pub(super) fn skill(&self, called: &str) -> Value {
        match called.strip_prefix("id:") {
            Some(id) => id.into(),
            None => self.skills[called].first().unwrap().as_str().into(),
        }
    }

    /// Whether a row is what a change is about.
    pub(super) fn is_about(&self, change: &Change, table: &str, row: &Value) -> bool {
        if changed::table(&change.address) != table {
            return false;
        }
        match table {
            // Two queues may be about to change their names with each other.
            "queues" => match &change.id {
                Some(id) => row["id"] == **id,
                None => row["name"] == change.address.segment(0),
            },
            _ => {
                row["userId"] == change.address.segment(0)
                    && row["skillId"] == self.skill(&change.address.segment(1))
            }
        }
    }

    /// Whether a leaf of a row means what a plan says of it.
    pub(super) fn means(&self, path: &str, planned: &Value, leaf: &Value) -> bool {
        let unsaid = |value: &Value| {
            value.is_null() || *value == json!("") || value.as_array().is_some_and(Vec::is_empty)
        };
        match path {
            "/overflow/target" => match planned.as_str() {
                None => leaf.is_null(),
                Some(called) => {
                    let is_so = |id: &str| {
                        called.strip_prefix("id:") == Some(id)
                            || self.queues.get(called).is_some_and(|ids| ids.contains(id))
                    };
                    leaf.as_str().is_some_and(is_so)
                }
            },
            "/skillGroups" => {
                let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
                let called = list(planned).into_iter();
                let ids: BTreeSet<String> = called
                    .map(|called| self.skill(called.as_str().unwrap()).as_str().unwrap().to_owned())
                    .collect();
                let is: BTreeSet<String> =
                    list(leaf).iter().map(|id| id.as_str().unwrap().to_owned()).collect();
                ids == is
            }
            "/routingRules" => rules(planned) == rules(leaf),
            _ => planned == leaf || (unsaid(planned) && unsaid(leaf)),
        }
    }
}

/// Rules without what a tenant adds to them.
fn rules(list: &Value) -> Vec<(Value, Value)> {
    let list = list.as_array().cloned().unwrap_or_default();
    list.iter().map(|rule| (rule["type"].clone(), rule["value"].clone())).collect()
}
