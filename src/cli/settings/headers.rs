//! Headers of what is posted to others; their values are secrets.

use std::collections::BTreeMap;
use std::path::Path;

use super::SecretSource;
use crate::cli::project::SecretFrom;

/// Headers that the program sets itself, and how such ones begin.
const OWN: [&str; 5] = ["content-type", "content-length", "host", "user-agent", "x-cxform-"];

/// Names of headers, and where their values come from. What is wrong begins with `headers`.
pub(super) fn headers(
    headers: &BTreeMap<String, SecretFrom>,
    folder: &Path,
    cwd: &Path,
) -> Result<Vec<(String, SecretSource)>, String> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let header = |(name, from): (&String, &SecretFrom)| {
        let small = name.to_ascii_lowercase();
        if name.is_empty() || !name.chars().all(is_token) {
            return Err("headers: a name is no header's name".to_owned());
        }
        if OWN.iter().any(|own| small == *own || own.ends_with('-') && small.starts_with(own)) {
            return Err(format!("headers: {name} is set by cxform itself"));
        }
        Ok((name.clone(), SecretSource::of_project("header's value", from, folder, cwd)))
    };
    headers.iter().map(header).collect()
}
