//! Findings as JSON, in the shape of `terraform validate -json`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{detail, is_error};
use crate::model::{Finding, Place};

/// One JSON object: `format_version`, `valid`, the counts and `diagnostics`, indented.
///
/// Lines and columns are from 1, columns in characters; `byte` is the offset in the file, where
/// `sources` has the file.
#[must_use]
pub fn json(findings: &[Finding], sources: &BTreeMap<String, String>) -> String {
    let errors = findings.iter().filter(|finding| is_error(finding)).count();
    let mut offsets = Offsets { sources, starts: BTreeMap::new() };
    let diagnostics: Vec<Value> =
        findings.iter().map(|finding| diagnostic(finding, &mut offsets)).collect();
    let report = json!({
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": findings.len() - errors,
        "diagnostics": diagnostics,
    });
    format!("{report:#}\n")
}

fn diagnostic(finding: &Finding, offsets: &mut Offsets<'_>) -> Value {
    let mut diagnostic = json!({
        "severity": if is_error(finding) { "error" } else { "warning" },
        "summary": finding.message,
        "detail": detail(finding),
        "code": finding.rule,
    });
    if let Some(address) = &finding.address {
        diagnostic["address"] = json!(address);
    }
    if let Some(place) = finding.place.as_ref().filter(|place| place.line > 0) {
        diagnostic["range"] = json!({
            "filename": &*place.file,
            "start": offsets.position(place, 0),
            "end": offsets.position(place, place.width),
        });
    }
    diagnostic
}

/// Where the lines of the files begin, found once a file.
struct Offsets<'a> {
    sources: &'a BTreeMap<String, String>,
    starts: BTreeMap<String, Vec<usize>>,
}

impl Offsets<'_> {
    fn position(&mut self, place: &Place, further: u32) -> Value {
        let column = place.column.saturating_add(further);
        let mut position = json!({ "line": place.line, "column": column });
        if let Some(byte) = self.byte(place, column) {
            position["byte"] = json!(byte);
        }
        position
    }

    fn byte(&mut self, place: &Place, column: u32) -> Option<usize> {
        let text = self.sources.get(&*place.file)?;
        if !self.starts.contains_key(&*place.file) {
            self.starts.insert(place.file.to_string(), starts(text));
        }
        let start = *self.starts.get(&*place.file)?.get(place.line.checked_sub(1)? as usize)?;
        let rest = text.get(start..)?;
        let before = rest.chars().take(column.checked_sub(1)? as usize);
        Some(start + before.map(char::len_utf8).sum::<usize>())
    }
}

/// The offsets at which lines begin; a mark at the file's beginning is not part of the first.
fn starts(text: &str) -> Vec<usize> {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut starts = vec![mark];
    let bytes = text.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n')) {
            starts.push(index + 1);
        }
    }
    starts
}
