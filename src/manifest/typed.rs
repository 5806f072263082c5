//! Files of one document that become a Rust value, and Rust values that become YAML.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::validate::Checker;
use super::{json, yaml};
use crate::model::{Finding, Node, Place};

/// A value that cannot be written as YAML.
#[derive(Debug, thiserror::Error)]
#[error("cannot be written as YAML: {0}")]
pub struct WriteError(String);

/// Reads a file of exactly one document, YAML or JSON, that follows `schema`.
///
/// The node is the same document; its places name only the file where a JSON file was read.
///
/// # Errors
/// Everything that is wrong with the file, each with its line and column.
pub fn read_document<T: DeserializeOwned>(
    file: &str,
    text: &str,
    schema: &Value,
) -> Result<(T, Node), Vec<Finding>> {
    let checker = Checker::new(schema.clone());
    if let Some(done) = read_json(file, text, &checker) {
        return Ok(done);
    }
    let (documents, fatal) = yaml::documents(file, text);
    let mut findings: Vec<Finding> = fatal.into_iter().collect();
    let mut documents = documents.into_iter();
    let root = match documents.next() {
        Some(first) => {
            findings.extend(first.findings);
            first.root
        }
        None if findings.is_empty() => {
            let message = "the file holds no document";
            return Err(vec![Finding::error("empty", &Place::of_file(file), message)]);
        }
        None => return Err(findings),
    };
    findings.extend(documents.next().map(|second| {
        Finding::error("many-documents", &second.root.place, "only one document may stand here")
            .related(&root.place, "the first one")
    }));
    checker.check(&root, &mut findings);
    if findings.is_empty() {
        match serde_json::from_value(root.to_json()) {
            Ok(value) => return Ok((value, root)),
            Err(error) => {
                findings.push(Finding::error("wrong-type", &root.place, error.to_string()));
            }
        }
    }
    findings.sort();
    Err(findings)
}

/// A JSON file without any fault; whatever has one is read again as YAML.
fn read_json<T: DeserializeOwned>(file: &str, text: &str, checker: &Checker) -> Option<(T, Node)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let root = json::parse(file, text)?;
    let value = root.to_json();
    if !checker.is_valid(&value) {
        return None;
    }
    Some((serde_json::from_value(value).ok()?, root))
}

/// A value as one YAML document, every text quoted that another reader might take for a number,
/// a date or a yes.
///
/// # Errors
/// The value's own `Serialize` fails, or a key of a map is not a scalar.
pub fn to_yaml<T: Serialize>(value: &T) -> Result<String, WriteError> {
    let options = serde_yaml::ser_options! {
        compact_list_indent: false,
        prefer_block_scalars: false,
    };
    serde_yaml::to_string_with_options(value, options)
        .map_err(|error| WriteError(error.to_string()))
}
