//! Licences of an agent.

use serde::Deserialize;

use crate::http::{Dialect, Read, encode};
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
pub fn licences(raw: &Raw) -> Option<Vec<Licence>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Row {
        license_type: Option<String>,
        status: Option<String>,
    }
    #[derive(Deserialize)]
    struct Answer {
        licenses: Option<Vec<Row>>,
    }
    let answer: Answer = serde_json::from_str(raw.as_str()).ok()?;
    let rows = answer.licenses.unwrap_or_default().into_iter();
    let licence = |row: Row| {
        let active = row.status.is_none_or(|status| status.eq_ignore_ascii_case("active"));
        Some(Licence { kind: row.license_type?, active })
    };
    Some(rows.filter_map(licence).collect())
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
    use crate::model::Raw;

    fn check(body: &str, expect: bool) {
        let answer = licences(&Raw::parse(body).unwrap()).unwrap();
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
