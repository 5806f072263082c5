//! The audit as a table: a row a line, the same columns for ever.

use serde_json::{Map, Value};

use crate::model::inert;

/// The columns. New ones are only added at the end, before `details`, which holds as JSON what has
/// no column: checks, overrides, outcomes, figures.
pub const COLUMNS: [&str; 24] = [
    "seq",
    "time",
    "run",
    "actor",
    "tenant",
    "commit",
    "plan_hash",
    "address",
    "action",
    "before_digest",
    "after_digest",
    "payload_hash",
    "result",
    "status",
    "attempts",
    "duration_ms",
    "request_id",
    "prev",
    "hash",
    "event",
    "ci",
    "pull_request",
    "run_url",
    "details",
];

/// The row of a line; none where it is no JSON object.
#[must_use]
pub fn row(line: &str) -> Option<Vec<String>> {
    let mut fields: Map<String, Value> = serde_json::from_str(line).ok()?;
    let (_, named) = COLUMNS.split_last()?;
    let mut cells: Vec<String> = named
        .iter()
        .map(|column| match fields.remove(*column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => inert(&text),
            Some(other) => inert(&other.to_string()),
        })
        .collect();
    cells.push(match fields.is_empty() {
        true => String::new(),
        false => inert(&Value::Object(fields).to_string()),
    });
    Some(cells)
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, row};

    #[test]
    fn a_line_is_a_row() {
        let line = r#"{"actor":"-ana","chain":"starts","event":"start","overrides":[],
            "seq":1,"status":null,"pull_request":"17"}"#;
        let row = row(line).unwrap();
        let told: Vec<String> = COLUMNS
            .iter()
            .zip(row)
            .filter(|(_, cell)| !cell.is_empty())
            .map(|(column, cell)| format!("{column}: {cell}"))
            .collect();
        assert_eq!(
            told,
            [
                "seq: 1",
                "actor: '-ana",
                "event: start",
                "pull_request: 17",
                r#"details: {"chain":"starts","overrides":[]}"#
            ]
        );
        assert_eq!(super::row("[]"), None);
    }
}
