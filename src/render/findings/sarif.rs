//! Findings as SARIF 2.1.0, which code scanning of several forges takes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{headline, is_error};
use crate::model::{Finding, Place};

/// One SARIF log with one run.
#[must_use]
pub fn sarif(findings: &[Finding]) -> String {
    let rules: BTreeSet<&str> = findings.iter().map(|finding| finding.rule).collect();
    let rules: Vec<Value> = rules.iter().map(|rule| json!({ "id": rule })).collect();
    let results: Vec<Value> = findings.iter().map(result).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "cxform",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn result(finding: &Finding) -> Value {
    let message = match &finding.hint {
        Some(hint) => format!("{} ({hint})", headline(finding)),
        None => headline(finding),
    };
    let mut result = json!({
        "ruleId": finding.rule,
        "level": if is_error(finding) { "error" } else { "warning" },
        "message": { "text": message },
    });
    if let Some(place) = &finding.place {
        result["locations"] = json!([location(place)]);
    }
    if let Some((place, what)) = &finding.related {
        let mut related = location(place);
        related["id"] = json!(1);
        related["message"] = json!({ "text": what });
        result["relatedLocations"] = json!([related]);
    }
    result
}

fn location(place: &Place) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(&place.file) } });
    if place.line > 0 {
        physical["region"] = json!({
            "startLine": place.line,
            "startColumn": place.column.max(1),
        });
        if place.width > 0 {
            physical["region"]["endColumn"] =
                json!(place.column.max(1).saturating_add(place.width));
        }
    }
    json!({ "physicalLocation": physical })
}

/// A path as a relative reference: what a URI may not hold is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
