//! Manifests: YAML text to values whose every part knows its place, and the JSON Schemas that say
//! what may be written. Text in, values out; no files.

mod branches;
mod complaints;
mod edit;
mod json;
mod read;
#[cfg(test)]
mod samples;
pub mod schema;
mod strict;
mod sure;
mod table;
#[cfg(test)]
mod tests;
mod typed;
mod validate;
mod words;
mod yaml;

pub use edit::{EditError, Splice, edit};
pub use read::{Load, read};
pub use typed::{WriteError, read_document, to_yaml};
pub use yaml::parse;
