//! Lines that belong to a value, and a text that has lines of its own.

use std::ops::Range;

use super::EditError;
use super::list::Cut;
use super::written;
use crate::manifest::yaml::{Layout, Written};

/// Where the line begins that has this byte.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// Where the next line begins.
pub(super) fn next_line(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

/// How the lines of a text end.
pub(super) fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Takes the lines away that hold these bytes. Comments stay, each on its line.
///
/// # Errors
/// Something else stands on the last line.
pub(super) fn cleared(
    text: &str,
    layout: &Layout,
    range: &Range<usize>,
) -> Result<Vec<Cut>, EditError> {
    let mut cuts = Vec::new();
    let mut start = line_start(text, range.start);
    while start < range.end {
        let next = next_line(text, start);
        let comment = layout.comments(&(start..next)).next();
        let code = &text[start..comment.map_or(next, |comment| comment.start)];
        let after = text.get(range.end..start + code.len()).unwrap_or_default();
        if next > range.end && !after.trim().is_empty() {
            return Err(EditError::NotPlain);
        }
        let begin = start + (code.len() - code.trim_start().len());
        match comment {
            Some(comment) if begin < comment.start => {
                cuts.push((begin..comment.start, String::new()));
            }
            Some(_) => {}
            None => cuts.push((start..next, String::new())),
        }
        start = next;
    }
    Ok(cuts)
}

/// Where the colon of the key ends whose value begins on the line at `start`.
pub(super) fn key_before(text: &str, layout: &Layout, start: usize) -> Option<usize> {
    let mut end = start;
    while end > 0 {
        let begin = line_start(text, end - 1);
        let comment = layout.comments(&(begin..end)).next();
        let said = text[begin..comment.map_or(end, |comment| comment.start)].trim_end();
        if !said.trim().is_empty() {
            return said.ends_with(':').then_some(begin + said.len());
        }
        end = begin;
    }
    None
}

/// What to replace so that a text below `|` or `>` becomes another one. Its header's comment stays.
pub(super) fn block_text(
    text: &str,
    layout: &Layout,
    old: &Written,
    new: &serde_json::Value,
) -> Result<Vec<Cut>, EditError> {
    let first = line_start(text, old.range.start);
    let (header, indent) = (header(text, layout, first), &text[first..old.range.start]);
    let header = header.ok_or(EditError::NotPlain)?;
    let Some(lines) = new.as_str().filter(|new| fits_in_lines(new)) else {
        let lines = first..next_line(text, old.range.end);
        return Ok(vec![(header, written(new)), (lines, String::new())]);
    };
    let (body, mark) = lines.strip_suffix('\n').map_or((lines, "|-"), |body| (body, "|"));
    let lines: Vec<String> = body
        .split('\n')
        .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
        .collect();
    let end = line_end(text);
    let last = if old.range.end == text.len() && mark == "|" { end } else { "" };
    let lines = lines.join(end) + last;
    let mark = if text[header.clone()].starts_with('|') && is_alike(&text[header.clone()], mark) {
        text[header.clone()].to_owned()
    } else {
        mark.to_owned()
    };
    Ok(vec![(header, mark), (first..old.range.end, lines)])
}

/// Whether a header ends texts as another one does.
fn is_alike(header: &str, mark: &str) -> bool {
    !header.contains(|c: char| c.is_ascii_digit() || c == '+')
        && header.contains('-') == mark.contains('-')
}

/// The bytes of `|`, `>-` and the like, above the line at `first`.
fn header(text: &str, layout: &Layout, first: usize) -> Option<Range<usize>> {
    let mut end = first;
    loop {
        let begin = line_start(text, end.checked_sub(1)?);
        let comment = layout.comments(&(begin..end)).next();
        let said = text[begin..comment.map_or(end, |comment| comment.start)].trim_end();
        if !said.is_empty() {
            let mark =
                said.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
            let is_mark = mark.ends_with(['|', '>']);
            return is_mark.then(|| begin + mark.len() - 1..begin + said.len());
        }
        end = begin;
    }
}

/// Whether a text can stand below `|` and mean itself.
fn fits_in_lines(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_safe =
        |c: char| c == '\n' || !(c.is_control() || "\u{2028}\u{2029}\u{feff}".contains(c));
    !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && !body.is_empty()
        && text.chars().all(is_safe)
        && !body.lines().any(|line| line.ends_with(' ') || line.starts_with('\t'))
}
