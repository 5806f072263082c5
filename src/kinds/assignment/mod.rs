//! Skill assignments: which agent answers for which skill, how well, and when.

mod api_v2;
mod check;
mod matrix;
mod schema;
mod sim;
mod window;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::{Check, Declaring, Grouping, Kind, Wire};
use crate::http::Dialect;
use crate::model::{Address, Declared, Item, ManifestKind};
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
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Window {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

/// The address of an agent's assignment to a skill.
fn address(agent: &str, skill: &str) -> Address {
    Address::new("assignment", &[agent, skill])
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

    fn lacks(&self, declared: &Declared) -> Option<(String, String)> {
        declared.document.value().get("window").is_none().then(|| {
            (
                format!("the new assignment {} has no window", declared.label),
                "add a window to the cell, or spec.window to the matrix".to_owned(),
            )
        })
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

    fn is_better(&self, path: &str, before: i64, after: i64) -> Option<bool> {
        // In API v2 level 5 is the best and 1 the lowest.
        (path == "/level" && before != after).then_some(after > before)
    }

    fn grouped_by(&self) -> Option<Grouping> {
        Some(Grouping { head: 1, member: "agent" })
    }
}

#[cfg(test)]
mod tests;
