//! YAML text to [`Node`]s: every value knows where it was written, and every complaint is told.

mod layout;
mod mapping;
mod reader;
mod scalar;
mod syntax;
mod tags;

use crate::model::{Finding, Node, Tree};

pub(super) use layout::{Form, Layout, Written};
pub(super) use syntax::{COLON, lacks_space_after_colon};

/// One document of a file, and what is wrong with it that is not wrong with the whole file.
pub(super) struct Parsed {
    /// The document.
    pub(super) root: Node,
    /// Complaints within it: duplicate keys, tags, numbers that are none.
    pub(super) findings: Vec<Finding>,
}

/// Reads all documents of a text; empty ones are left out.
///
/// Reading stops at the first syntax error, and where a budget is used up: 64 levels, 10 million
/// values, 4 million values copied by aliases. The documents before that are still told.
/// Findings are sorted by place.
#[must_use]
pub fn parse(file: &str, text: &str) -> (Vec<Node>, Vec<Finding>) {
    let (documents, fatal) = documents(file, text);
    let mut roots = Vec::with_capacity(documents.len());
    let mut findings = Vec::new();
    for document in documents {
        roots.push(document.root);
        findings.extend(document.findings);
    }
    findings.extend(fatal);
    findings.sort();
    (roots, findings)
}

/// The documents, and what made reading stop before the end.
pub(super) fn documents(file: &str, text: &str) -> (Vec<Parsed>, Option<Finding>) {
    let mut reader = reader::Reader::new(file, text);
    let mut documents = Vec::new();
    loop {
        match reader.document() {
            Ok(Some(document)) => documents.push(document),
            Ok(None) => return (documents, None),
            Err(finding) => return (documents, Some(*finding)),
        }
    }
}

/// Whether a text, written without quotes, would be a number, `true` or `false`.
pub(super) fn reads_as_other(text: &str) -> bool {
    matches!(scalar::core(text), Ok(Some(Tree::Number(_) | Tree::Bool(_))))
}

#[cfg(test)]
mod tests;
