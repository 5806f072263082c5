//! A list becomes another one: items go, items come after those that stay, and what stays keeps its
//! bytes and its comments.

use std::ops::Range;

use serde_json::Value;

use super::{Splice, offset, written};
use crate::model::{Node, Place, Tree};

/// Bytes to replace, and by what.
pub(super) type Cut = (Range<usize>, String);

/// The values that differ, where the list keeps its shape: as many items, mappings with the same
/// keys. Lists of plain values have no such parts: their items come and go.
pub(super) fn parts(node: &Node, to: &Value) -> Option<Vec<Splice>> {
    let mut found = Vec::new();
    let is_flat =
        node.items().iter().all(|item| item.items().is_empty() && item.entries().is_empty());
    (!is_flat && collect(node, to, &mut found)).then_some(found)
}

fn collect(node: &Node, to: &Value, found: &mut Vec<Splice>) -> bool {
    match (&node.tree, to) {
        (Tree::Array(items), Value::Array(to)) => {
            items.len() == to.len()
                && items.iter().zip(to).all(|(item, to)| collect(item, to, found))
        }
        (Tree::Object(entries), Value::Object(to)) => {
            let each = |(key, value): &(crate::model::NodeKey, Node)| {
                to.get(&*key.text).is_some_and(|to| collect(value, to, found))
            };
            entries.len() == to.len() && entries.iter().all(each)
        }
        (Tree::Array(_) | Tree::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => false,
        _ => {
            let from = node.to_json();
            if from != *to {
                found.push(Splice { place: node.place.clone(), from, to: to.clone() });
            }
            true
        }
    }
}

/// What to replace so that a list of plain values becomes `to`; none where it is not written so that
/// its items stand for themselves.
pub(super) fn cuts(text: &str, node: &Node, to: &[Value]) -> Option<Vec<Cut>> {
    let start = offset(text, &node.place)?;
    let mut spans = Vec::new();
    let mut wanted = to.iter().peekable();
    for item in node.items() {
        let (from, until) = span(text, &item.place)?;
        let stays = wanted.next_if(|to| item.to_json() == **to).is_some();
        spans.push(Span { from, until, stays });
    }
    let new: Vec<String> = wanted.map(written).collect();
    match text.get(start..)?.starts_with('[') {
        true => flow(text, start, &spans, &new).map(|cut| vec![cut]),
        false => block(text, &spans, &new),
    }
}

/// Where an item stands, and whether it stays.
struct Span {
    from: usize,
    until: usize,
    stays: bool,
}

fn span(text: &str, place: &Place) -> Option<(usize, usize)> {
    let from = offset(text, place)?;
    let width = usize::try_from(place.width).ok().filter(|width| *width > 0)?;
    let rest = text.get(from..)?;
    let length = rest.char_indices().map(|(at, _)| at).nth(width).unwrap_or(rest.len());
    Some((from, from + length))
}

/// `[a, b]`, on one line.
fn flow(text: &str, start: usize, spans: &[Span], new: &[String]) -> Option<Cut> {
    let inner = start + 1;
    let end = spans.last().map_or(inner, |last| last.until);
    let close = end + text.get(end..)?.find(']')?;
    let (before, after) = match spans.first() {
        Some(first) => (text.get(inner..first.from)?, text.get(end..close)?),
        None => ("", ""),
    };
    let between = match spans {
        [first, second, ..] => text.get(first.until..second.from)?,
        _ => ", ",
    };
    if text.get(start..close)?.contains(['\n', '\r']) || after.contains(|c| c != ' ' && c != ',') {
        return None;
    }
    let stays = spans.iter().filter(|span| span.stays);
    let mut items: Vec<&str> = stays.map(|span| &text[span.from..span.until]).collect();
    items.extend(new.iter().map(String::as_str));
    let list = match items.is_empty() {
        true => String::new(),
        false => format!("{before}{}{after}", items.join(between)),
    };
    Some((inner..close, list))
}

/// A line for each item. The comment of one that goes stays on its line.
fn block(text: &str, spans: &[Span], new: &[String]) -> Option<Vec<Cut>> {
    let mut cuts = Vec::new();
    let mut last = None;
    for span in spans {
        let line = Line::of(text, span)?;
        if !span.stays {
            cuts.push(match line.comment {
                Some(comment) => (line.dash..comment, String::new()),
                None => (line.start..line.next, String::new()),
            });
        }
        last = Some(line);
    }
    let last = last?;
    if !new.is_empty() {
        let before = text.get(last.start..spans.last()?.from)?;
        let end = if text.get(..last.next)?.ends_with("\r\n") { "\r\n" } else { "\n" };
        let is_ended = text.get(..last.next)?.ends_with('\n');
        let line = |item: &String| match is_ended {
            true => format!("{before}{item}{end}"),
            false => format!("{end}{before}{item}"),
        };
        cuts.push((last.next..last.next, new.iter().map(line).collect()));
    } else if spans.iter().all(|span| !span.stays) {
        let key = key_before(text, Line::of(text, spans.first()?)?.start)?;
        cuts.push((key..key, " []".to_owned()));
    }
    Some(cuts)
}

/// The line of an item that stands on it alone.
struct Line {
    start: usize,
    dash: usize,
    comment: Option<usize>,
    /// Where the next line begins.
    next: usize,
}

impl Line {
    fn of(text: &str, span: &Span) -> Option<Self> {
        let start = text.get(..span.from)?.rfind('\n').map_or(0, |end| end + 1);
        let before = text.get(start..span.from)?;
        let dash = start + before.find('-')?;
        let is_alone = before.trim() == "-" && !before.contains('\t');
        let rest = text.get(span.until..)?;
        let next = rest.find('\n').map_or(text.len(), |end| span.until + end + 1);
        let after = text.get(span.until..next)?;
        let said = after.trim();
        let is_comment = said.starts_with('#') && after.starts_with([' ', '\t']);
        let comment = is_comment.then(|| span.until + after.find('#').unwrap_or_default());
        (is_alone && (said.is_empty() || is_comment)).then_some(Self { start, dash, comment, next })
    }
}

/// Where the colon of the key ends whose value begins on the line at `start`.
fn key_before(text: &str, start: usize) -> Option<usize> {
    let mut end = start;
    loop {
        let line_end = text.get(..end)?.strip_suffix('\n')?.len();
        let begin = text.get(..line_end)?.rfind('\n').map_or(0, |before| before + 1);
        let line = text.get(begin..line_end)?;
        let said = line.split(" #").next().unwrap_or_default().trim_end();
        if !(said.trim().is_empty() || said.trim_start().starts_with('#')) {
            return said.ends_with(':').then_some(begin + said.len());
        }
        end = begin;
    }
}
