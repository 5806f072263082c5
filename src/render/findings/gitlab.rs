//! Findings as a code-quality report of GitLab.

use serde_json::{Value, json};

use super::headline;
use crate::model::{Finding, Level, digest_of};

/// A JSON array, one object for each finding.
///
/// The fingerprint is the SHA-256 of the rule, the file and the message, so that a finding stays
/// the same one when lines move; like ones of a file are told apart by a number.
#[must_use]
pub fn gitlab(findings: &[Finding]) -> String {
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    let issues: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let message = headline(finding);
            let place = finding.place.as_ref();
            let path = place.map_or(".", |place| &place.file);
            let what = format!("{}\n{path}\n{message}", finding.rule);
            let nth = seen.entry(what.clone()).and_modify(|nth| *nth += 1).or_insert(0);
            let digest = digest_of(format!("{what}\n{nth}").as_bytes());
            let description = match &finding.hint {
                Some(hint) => format!("{message}: {hint}"),
                None => message,
            };
            json!({
                "description": description,
                "check_name": finding.rule,
                "fingerprint": digest.trim_start_matches("sha256:"),
                "severity": severity(finding.level),
                "location": {
                    "path": path,
                    "lines": { "begin": place.map_or(1, |place| place.line.max(1)) },
                },
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(issues))
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Error => "critical",
        Level::Block => "major",
        Level::Hold | Level::Warn => "minor",
    }
}
