//! Findings for people, in the look of the Rust compiler.

use std::collections::{BTreeMap, BTreeSet};

use annotate_snippets::{AnnotationKind, Group, Level as Grade, Origin, Renderer, Snippet};

use super::headline;
use super::source::{line, neutral};
use crate::model::{Finding, LITERAL_SECRET, Level, Place};

/// So many findings are shown in full.
const MOST: usize = 50;

/// The findings with the lines that they are about, and a last line that counts them.
///
/// `sources` are the files' texts by their names; a finding in another file is shown without its
/// line. Plain text without colours, safe to print: no control characters but line breaks. Empty
/// where there are no findings.
#[must_use]
pub fn text(findings: &[Finding], sources: &BTreeMap<String, String>) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let renderer = Renderer::plain();
    let mut out = String::new();
    for finding in findings.iter().take(MOST) {
        out.push_str(&one(&renderer, finding, sources));
        out.push_str("\n\n");
    }
    if let Some(more) = findings.len().checked_sub(MOST).filter(|more| *more > 0) {
        out.push_str(&format!("… and {more} more\n\n"));
    }
    out.push_str(&count(findings));
    out.push('\n');
    out
}

fn one(renderer: &Renderer, finding: &Finding, sources: &BTreeMap<String, String>) -> String {
    let grade = match finding.level {
        Level::Error => Grade::ERROR,
        Level::Block => Grade::ERROR.with_name("blocked"),
        Level::Hold => Grade::WARNING.with_name("held"),
        Level::Warn => Grade::WARNING,
    };
    let title = grade.primary_title(neutral(&headline(finding))).id(finding.rule);
    let mut group = Group::with_title(title);
    let none = BTreeMap::new();
    let sources = if finding.rule == LITERAL_SECRET { &none } else { sources };
    if let Some(place) = &finding.place {
        group = point(group, place, None, true, sources);
    }
    if let Some((place, what)) = &finding.related {
        group = point(group, place, Some(what), false, sources);
    }
    if let Some(hint) = &finding.hint {
        group = group.element(Grade::HELP.message(neutral(hint)));
    }
    renderer.render(&[group])
}

/// Adds a place: its line where that is known, else its name alone.
fn point<'a>(
    group: Group<'a>,
    place: &Place,
    label: Option<&String>,
    first: bool,
    sources: &BTreeMap<String, String>,
) -> Group<'a> {
    let label = label.map(|label| neutral(label));
    let file = neutral(&place.file);
    match sources.get(&*place.file).and_then(|text| line(text, place)) {
        Some(line) => {
            let kind = if first { AnnotationKind::Primary } else { AnnotationKind::Context };
            let snippet = Snippet::source(line.text).path(file).line_start(place.line as usize);
            group.element(snippet.annotation(kind.span(line.span).label(label)))
        }
        None => {
            let mut origin = Origin::path(file);
            if place.line > 0 {
                origin = origin.line(place.line as usize).char_column(place.column as usize);
            }
            let group = group.element(origin);
            match label {
                Some(label) => group.element(Grade::NOTE.message(label)),
                None => group,
            }
        }
    }
}

/// `2 errors, 1 warning in 3 files`.
fn count(findings: &[Finding]) -> String {
    let words = [
        (Level::Error, "error", "errors"),
        (Level::Block, "blocked", "blocked"),
        (Level::Hold, "held", "held"),
        (Level::Warn, "warning", "warnings"),
    ];
    let parts = words.iter().filter_map(|(level, one, many)| {
        match findings.iter().filter(|finding| finding.level == *level).count() {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        }
    });
    let counts = parts.collect::<Vec<_>>().join(", ");
    let files: BTreeSet<&str> = findings
        .iter()
        .filter_map(|finding| finding.place.as_ref())
        .map(|place| &*place.file)
        .collect();
    match files.len() {
        0 => counts,
        1 => format!("{counts} in 1 file"),
        number => format!("{counts} in {number} files"),
    }
}
