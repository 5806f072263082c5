//! Findings as people and machines want them. Each format is a function from findings to text.

pub(super) mod github;
mod gitlab;
mod json;
mod sarif;
mod source;
mod text;

use crate::model::{Finding, Level};

pub use github::github;
pub use gitlab::gitlab;
pub use json::json;
pub use sarif::sarif;
pub use text::text;

/// Whether a finding stops something for good: it counts as an error where a format knows only
/// errors and warnings.
fn is_error(finding: &Finding) -> bool {
    matches!(finding.level, Level::Error | Level::Block)
}

/// The address, where there is one, and the message.
fn headline(finding: &Finding) -> String {
    match &finding.address {
        Some(address) => format!("{address}: {}", finding.message),
        None => finding.message.clone(),
    }
}

/// What there is to say beyond the message: the second place and the hint, a line each.
fn detail(finding: &Finding) -> String {
    let related = finding.related.as_ref().map(|(place, what)| format!("{what}: {place}"));
    let lines: Vec<String> = related.into_iter().chain(finding.hint.clone()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests;
