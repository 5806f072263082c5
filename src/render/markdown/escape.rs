//! Texts of the tenant's and of manifests inside Markdown. None of them ever stands in the open: it is
//! in a code span, in a code element of a table, or in a fence, where no markup, mention or link acts.

use super::super::fields::one_line;
use crate::model::neutral_lines;

/// A text as a code span. Not for the cells of a table.
#[must_use]
pub(super) fn code(text: &str) -> String {
    let text = one_line(text);
    let ticks = "`".repeat(longest_run(&text) + 1);
    // One space at both ends is taken off again where the text is more than spaces.
    let needs = text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if needs { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A text as a cell of a table, where a pipe would end the cell even in a code span.
#[must_use]
pub(super) fn cell(text: &str) -> String {
    let text = one_line(text);
    if !text.contains(['|', '\\']) {
        return code(&text);
    }
    let mut cell = "<code>".to_owned();
    for c in text.chars() {
        match c {
            c if !c.is_ascii() || c.is_ascii_alphanumeric() || c == ' ' => cell.push(c),
            c => cell.push_str(&format!("&#{};", u32::from(c))),
        }
        // What begins a mention or a reference is parted from its name, invisibly.
        if matches!(c, '@' | '#') {
            cell.push_str("&#8203;");
        }
    }
    cell.push_str("</code>");
    cell
}

/// Lines in a fence that is longer than any run of backticks within.
#[must_use]
pub(super) fn fence(language: &str, lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|text| line(text)).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or_default();
    let ticks = "`".repeat((longest + 1).max(3));
    let mut text = format!("{ticks}{language}\n");
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text.push_str(&ticks);
    text.push('\n');
    text
}

/// The hidden first line by which a comment is found again and replaced.
#[must_use]
pub(super) fn marker(what: &str, tenant: &str) -> String {
    let mut name = String::new();
    for c in brief(tenant).chars() {
        match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') => name.push(c),
            '-' if !name.ends_with('-') => name.push(c),
            c => {
                let bytes = c.to_string().into_bytes();
                name.extend(bytes.iter().map(|byte| format!("%{byte:02X}")));
            }
        }
    }
    format!("<!-- cxform:{what}:{name} -->\n")
}

/// The first hundred characters of a text.
#[must_use]
pub(super) fn brief(text: &str) -> String {
    const MOST: usize = 100;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A text as a line of a fence. One that begins as a command of GitHub Actions does would be one in a
/// log.
#[must_use]
pub(super) fn line(text: &str) -> String {
    neutral_lines(&one_line(text)).into_owned()
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}
