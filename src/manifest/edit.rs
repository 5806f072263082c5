//! Values are replaced where they stand in a file, and not a byte beside them: comments, order and
//! layout stay. Text in, text out.
//!
//! What comes out is read again and compared with what it should say. Whatever YAML has in store
//! (anchors, merge keys, texts over several lines), a value that cannot be replaced alone is refused.

mod list;

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::table::table;
use super::yaml;
use crate::model::{Node, Place, Tree};

/// One value to replace.
#[derive(Clone, Debug, PartialEq)]
pub struct Splice {
    /// Where it stands.
    pub place: Place,
    /// What it is: no mapping.
    pub from: Value,
    /// What it shall be: no mapping; a list where it is one.
    pub to: Value,
}

/// Why a file is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The value is not there.
    #[error("the value is not here any more")]
    Gone,
    /// The value is written once and stands in several places.
    #[error("this value is used in {0} places")]
    Shared(usize),
    /// The value is written in a way that cannot be replaced.
    #[error("this value is no plain one: it is an alias, or goes over several lines")]
    NotPlain,
    /// Replacing the values would change something else.
    #[error("other values would change too")]
    More,
}

impl EditError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Gone => "run the command again",
            _ => "write the value out where it is meant, or edit it by hand",
        }
    }
}

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Yaml,
    /// CSV, as `spec.table` names it; only numbers are replaced there.
    Table,
}

/// The text of a file with these values replaced.
///
/// # Errors
/// A value that cannot be replaced alone; nothing is replaced then.
pub fn edit(file: &str, text: &str, splices: &[Splice]) -> Result<String, EditError> {
    let is_yaml = [".yaml", ".yml"].iter().any(|end| file.to_ascii_lowercase().ends_with(end));
    let form = if is_yaml { Form::Yaml } else { Form::Table };
    let mut expected = form.read(file, text);
    let splices: Vec<Splice> = splices.iter().flat_map(|splice| parts(&expected, splice)).collect();
    let lists = lists(&expected, &splices);
    let mut wanted: BTreeMap<(u32, u32), (&Splice, usize)> = BTreeMap::new();
    for splice in &splices {
        wanted.insert((splice.place.line, splice.place.column), (splice, 0));
    }
    expected.iter_mut().for_each(|root| put(root, &mut wanted));
    for (_, times) in wanted.values() {
        match times {
            1 => {}
            0 => return Err(EditError::Gone),
            times => return Err(EditError::Shared(*times)),
        }
    }
    let mut cuts = Vec::new();
    for (splice, _) in wanted.values() {
        let found = match (&splice.to, lists.get(&(splice.place.line, splice.place.column))) {
            (Value::Array(to), Some(node)) if form == Form::Yaml => list::cuts(text, node, to),
            _ => form.find(text, splice).map(|range| vec![(range, written(&splice.to))]),
        };
        cuts.extend(found.ok_or(EditError::NotPlain)?);
    }
    // From the end, so that what comes before stays where it is.
    cuts.sort_by_key(|(range, _)| (range.start, range.end));
    let mut edited = text.to_owned();
    for (range, by) in cuts.into_iter().rev() {
        edited.replace_range(range, &by);
    }
    let says = |roots: &[Node]| roots.iter().map(Node::to_json).collect::<Vec<_>>();
    if says(&form.read(file, &edited)) != says(&expected) {
        return Err(EditError::More);
    }
    Ok(edited)
}

/// A splice, or those of what differs within its list.
fn parts(roots: &[Node], splice: &Splice) -> Vec<Splice> {
    let parts = match splice.to.is_array() {
        true => roots.iter().find_map(|root| find(root, splice)),
        false => None,
    };
    let parts = parts.and_then(|node| list::parts(node, &splice.to));
    parts.unwrap_or_else(|| vec![splice.clone()])
}

/// The lists that are to be others, by their places.
fn lists(roots: &[Node], splices: &[Splice]) -> BTreeMap<(u32, u32), Node> {
    let lists = splices.iter().filter(|splice| splice.to.is_array());
    let node = |splice: &Splice| {
        let node = roots.iter().find_map(|root| find(root, splice))?;
        Some(((splice.place.line, splice.place.column), node.clone()))
    };
    lists.filter_map(node).collect()
}

/// The list that a splice is about.
fn find<'n>(node: &'n Node, splice: &Splice) -> Option<&'n Node> {
    if is_meant(node, splice) {
        return Some(node);
    }
    let items = node.items().iter();
    let values = node.entries().iter().map(|(_, value)| value);
    items.chain(values).find_map(|inner| find(inner, splice))
}

fn is_meant(node: &Node, splice: &Splice) -> bool {
    (node.place.line, node.place.column) == (splice.place.line, splice.place.column)
        && node.to_json() == splice.from
}

/// Puts the new values into a tree, and counts how often each stands there.
fn put(node: &mut Node, wanted: &mut BTreeMap<(u32, u32), (&Splice, usize)>) {
    if let Tree::Array(_) = node.tree
        && let Some((splice, times)) = wanted.get_mut(&(node.place.line, node.place.column))
        && splice.to.is_array()
        && is_meant(node, splice)
    {
        node.tree = tree(&splice.to, &node.place);
        *times += 1;
        return;
    }
    match &mut node.tree {
        Tree::Array(items) => items.iter_mut().for_each(|item| put(item, wanted)),
        Tree::Object(entries) => entries.iter_mut().for_each(|(_, value)| put(value, wanted)),
        _ => {
            let known = wanted.get_mut(&(node.place.line, node.place.column));
            if let Some((splice, times)) = known
                && is_meant(node, splice)
            {
                node.tree = tree(&splice.to, &node.place);
                *times += 1;
            }
        }
    }
}

/// A value as a tree; all of it stands at one place.
fn tree(value: &Value, place: &Place) -> Tree {
    let node = |value| Node { place: place.clone(), tree: tree(value, place) };
    match value {
        Value::Null => Tree::Null,
        Value::Bool(is) => Tree::Bool(*is),
        Value::Number(number) => Tree::Number(number.clone()),
        Value::String(text) => Tree::String(text.clone()),
        Value::Array(items) => Tree::Array(items.iter().map(node).collect()),
        // No mapping is ever put in.
        Value::Object(_) => Tree::Object(Vec::new()),
    }
}

/// A value as YAML and CSV take it.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Whether a text can stand without quotes, wherever it stands.
fn is_plain(text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    let is_null = matches!(yaml::parse("", text), (roots, _) if roots.is_empty());
    text.starts_with(char::is_alphabetic)
        && text.chars().all(is_word)
        && !text.ends_with(' ')
        && !is_null
        && !yaml::reads_as_other(text)
}

impl Form {
    fn read(self, file: &str, text: &str) -> Vec<Node> {
        match self {
            Self::Yaml => match yaml::parse(file, text) {
                (roots, findings) if findings.is_empty() => roots,
                _ => Vec::new(),
            },
            Self::Table => table(file, text).into_iter().collect(),
        }
    }

    /// The bytes of a value.
    fn find(self, text: &str, splice: &Splice) -> Option<Range<usize>> {
        let start = offset(text, &splice.place)?;
        let rest = text.get(start..)?;
        match self {
            Self::Yaml => {
                let width = usize::try_from(splice.place.width).ok().filter(|width| *width > 0)?;
                let end = rest.char_indices().map(|(at, _)| at).nth(width).unwrap_or(rest.len());
                let (roots, findings) = yaml::parse("", &rest[..end]);
                let says = roots.first().map_or(Value::Null, Node::to_json);
                (findings.is_empty() && says == splice.from).then_some(start..start + end)
            }
            Self::Table => {
                let before = rest.find(|c: char| !matches!(c, ' ' | '"'))?;
                let digits = splice.from.as_number()?.to_string();
                let after = rest[before..].strip_prefix(&digits)?;
                let is_whole = !after.starts_with(|c: char| c.is_ascii_digit());
                let start = start + before;
                is_whole.then_some(start..start + digits.len())
            }
        }
    }
}

/// Where a place begins, in bytes. Lines end as YAML's do.
fn offset(text: &str, place: &Place) -> Option<usize> {
    let mark = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    let mut start = mark;
    for _ in 1..place.line {
        let end = start + text.get(start..)?.find(['\n', '\r'])?;
        let is_both = text.get(end..)?.starts_with("\r\n");
        start = end + if is_both { 2 } else { 1 };
    }
    let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
    let line = text.get(start..)?;
    line.char_indices().map(|(at, _)| at).chain([line.len()]).nth(column).map(|at| start + at)
}

#[cfg(test)]
mod tests;
