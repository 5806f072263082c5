//! Routing strategies: which skills are in use.

use serde::Deserialize;
use serde_json::Value;

use crate::http::{Dialect, Read, lenient};

/// The list of a snapshot that holds the strategies.
pub const STRATEGIES: &str = "strategies";

/// The paged list of strategies.
#[must_use]
pub fn list_strategies(dialect: Dialect) -> Read {
    match dialect {
        Dialect::V2 => Read::new("/api/v2/routing/strategies", "routing:read"),
    }
}

/// The ids of the skills that one strategy uses, if it is active. An element is an id, or an
/// object with `id` or `skillId`.
#[must_use]
pub fn active_skills(row: &str) -> Vec<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Row {
        #[serde(deserialize_with = "lenient::text")]
        status: Option<String>,
        #[serde(deserialize_with = "lenient::values")]
        skills: Vec<Value>,
    }
    let Ok(row) = serde_json::from_str::<Row>(row) else { return Vec::new() };
    if row.status.as_deref() != Some("active") {
        return Vec::new();
    }
    let id = |element: &Value| {
        let id = match element {
            Value::Object(fields) => ["id", "skillId"]
                .iter()
                .find_map(|key| fields.get(*key).filter(|v| !v.is_null()))?,
            id => id,
        };
        lenient::as_text(id)
    };
    row.skills.iter().filter_map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::active_skills;

    fn check(body: &str, expect: &[&str]) {
        assert_eq!(active_skills(body), expect, "{body}");
    }

    #[test]
    fn ids_or_objects() {
        check(r#"{"status":"active","skills":["s-1","s-10"]}"#, &["s-1", "s-10"]);
        check(
            r#"{"status":"active","skills":[{"id":"s-1"},{"skillId":"s-2","id":null}]}"#,
            &["s-1", "s-2"],
        );
        check(r#"{"status":"inactive","skills":["s-1"]}"#, &[]);
        check(r#"{"skills":["s-1"]}"#, &[]);
        check(r#"{"status":"active","skills":null}"#, &[]);
    }
}
