//! Findings as workflow commands of GitHub Actions: they show beside the lines of a pull request.

use super::source::neutral;
use super::{detail, headline, is_error};
use crate::model::Finding;

/// One line for each finding: `::error file=q.yaml,line=3,col=5,title=unknown-key::message`.
#[must_use]
pub fn github(findings: &[Finding]) -> String {
    findings.iter().map(command).collect()
}

fn command(finding: &Finding) -> String {
    let level = if is_error(finding) { "error" } else { "warning" };
    let mut properties = Vec::new();
    if let Some(place) = &finding.place {
        properties.push(format!("file={}", property(&place.file)));
        if place.line > 0 {
            properties.push(format!("line={},col={}", place.line, place.column));
        }
    }
    properties.push(format!("title={}", property(finding.rule)));
    let mut lines = vec![neutral(&headline(finding))];
    lines.extend(detail(finding).lines().map(neutral));
    format!("::{level} {}::{}\n", properties.join(","), data(&lines.join("\n")))
}

/// GitHub's escapes of a command's message.
pub(in crate::render) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// GitHub's escapes of a command's property.
pub(in crate::render) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
