//! Licences of an agent.

use serde::Deserialize;
use serde_json::Value;

use crate::http::{Dialect, Read, encode, lenient};
use crate::model::{Licence, Raw};

/// The read that answers the licences of one agent; 404 where the agent is unknown.
#[must_use]
pub fn read_licences(dialect: Dialect, agent: &str) -> Read {
    match dialect {
        Dialect::V2 => Read::new(format!("/api/v2/users/{}/licenses", encode(agent)), "users:read"),
    }
}

/// The licences in an answer; none where it is not of the expected shape.
#[must_use]
pub fn licences(answer: &str) -> Option<Vec<Licence>> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Answer {
        #[serde(deserialize_with = "lenient::values")]
        licenses: Vec<Value>,
    }
    let answer: Answer = serde_json::from_str(answer).ok()?;
    let licence = |row: &Value| {
        let status = row.get("status").and_then(Value::as_str);
        let active = status.is_none_or(|status| status.eq_ignore_ascii_case("active"));
        Some(Licence { kind: row.get("licenseType")?.as_str()?.to_owned(), active })
    };
    Some(answer.licenses.iter().filter_map(licence).collect())
}

/// The sort of what has licences.
pub const LICENSED: &str = "agent";

/// An agent's row with the licences of an answer, verbatim: as a snapshot has it.
#[must_use]
pub fn with_licences(row: &Raw, answer: &str) -> Raw {
    let told = Raw::parse(answer)
        .and_then(|answer| answer.fields())
        .and_then(|mut fields| fields.remove("licenses"));
    match (row.fields(), told) {
        (Some(mut fields), Some(told)) => {
            fields.insert("licenses".to_owned(), told);
            Raw::object(&fields)
        }
        _ => row.clone(),
    }
}

/// Whether an agent with these licences may be routed to: an active one of type `routing` or
/// `agent`.
#[must_use]
pub fn may_be_routed(licences: &[Licence]) -> bool {
    licences.iter().any(|licence| licence.active && matches!(&*licence.kind, "routing" | "agent"))
}

#[cfg(test)]
mod tests {
    use super::{licences, may_be_routed};

    fn check(body: &str, expect: bool) {
        let answer = licences(body).unwrap();
        assert_eq!(may_be_routed(&answer), expect, "{body}");
    }

    #[test]
    fn who_may_be_routed() {
        check(r#"{"licenses":[{"licenseType":"routing","status":"active"}]}"#, true);
        check(r#"{"licenses":[{"licenseType":"agent"}]}"#, true);
        check(r#"{"licenses":[{"licenseType":"agent","status":null,"x":1}]}"#, true);
        check(r#"{"licenses":[{"licenseType":"routing","status":"expired"}]}"#, false);
        check(r#"{"licenses":[{"licenseType":"recording","status":"active"}]}"#, false);
        check(r#"{"licenses":[{"status":"active"}]}"#, false);
        check(r#"{"licenses":null}"#, false);
        check(r#"{"licenses":[]}"#, false);
    }
}
