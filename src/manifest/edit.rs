//! Values are replaced where they stand in a file, and not a byte beside them: comments, order and
//! layout stay. Text in, text out.
//!
//! What comes out is read again and compared with what it should say. Whatever YAML has in store
//! (anchors, merge keys, texts over several lines), a value that cannot be replaced alone is refused.

mod lines;
mod list;

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::table::table;
use super::yaml::{self, Form as Written, Layout};
use crate::model::{Node, NodeKey, Place, Tree};
use list::Cut;

/// One value to replace.
#[derive(Clone, Debug, PartialEq)]
pub struct Splice {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub from: Value,
    /// What it shall be: a list where it is one, and no mapping by itself.
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
    #[error("this value is written in a way that cannot be changed by itself")]
    NotPlain,
    /// Comments stand within what would be replaced as a whole.
    #[error("comments stand within the brackets of this value")]
    Commented,
    /// Replacing the values would change something else.
    #[error("other values would change too: an alias repeats this one, or it is written unusually")]
    More,
}

impl EditError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Gone => "run the command again",
            Self::Commented => {
                "move the comments, give each item a line (`- …`), or edit it by hand"
            }
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
    let layout = if form == Form::Yaml { Layout::of(text) } else { Layout::default() };
    let splices: Vec<Splice> =
        splices.iter().flat_map(|splice| parts(&expected, &layout, splice)).collect();
    let nodes = nodes(&expected, &splices);
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
        let found = match (form, nodes.get(&(splice.place.line, splice.place.column))) {
            (Form::Yaml, Some(node)) => replaced(text, &layout, node, &splice.to)?,
            (Form::Yaml, None) => return Err(EditError::Gone),
            (Form::Table, _) => {
                let range = cell(text, splice).ok_or(EditError::NotPlain)?;
                vec![(range, written(&splice.to))]
            }
        };
        cuts.extend(found);
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

/// What to replace so that a value becomes another one.
fn replaced(text: &str, layout: &Layout, node: &Node, to: &Value) -> Result<Vec<Cut>, EditError> {
    let is_collection = matches!(node.tree, Tree::Array(_) | Tree::Object(_));
    let old = layout.at(&node.place, is_collection).ok_or(EditError::NotPlain)?;
    match (old.form, &node.tree, to) {
        (Written::Alias, ..) => Ok(vec![(old.range.clone(), written(to))]),
        (Written::Lines, ..) => lines::block_text(text, layout, old, to),
        (_, Tree::Array(_), Value::Array(to)) => list::cuts(text, layout, (node, old), to),
        (Written::Flow, ..) if layout.comments(&old.range).next().is_some() => {
            Err(EditError::Commented)
        }
        (Written::Block, ..) => {
            let start = lines::line_start(text, old.range.start);
            let key = lines::key_before(text, layout, start).ok_or(EditError::NotPlain)?;
            let mut cuts = lines::cleared(text, layout, &old.range)?;
            cuts.push((key..key, format!(" {}", written(to))));
            Ok(cuts)
        }
        // What is not written at all is shown at its key.
        _ if !is_collection && !says(&text[old.range.clone()], &node.to_json()) => {
            Err(EditError::NotPlain)
        }
        _ => Ok(vec![(old.range.clone(), written(to))]),
    }
}

/// Whether a text by itself is this value.
fn says(text: &str, value: &Value) -> bool {
    let (roots, findings) = yaml::parse("", text);
    findings.is_empty() && roots.first().map_or(Value::Null, Node::to_json) == *value
}

/// A splice, or those of what differs within its list.
fn parts(roots: &[Node], layout: &Layout, splice: &Splice) -> Vec<Splice> {
    let is_alias = layout.at(&splice.place, true).is_some_and(|at| at.form == Written::Alias);
    let parts = match splice.to.is_array() && !is_alias {
        true => roots.iter().find_map(|root| find(root, splice)),
        false => None,
    };
    let parts = parts.and_then(|node| list::parts(node, &splice.to));
    parts.unwrap_or_else(|| vec![splice.clone()])
}

/// The values that are to be others, by their places.
fn nodes(roots: &[Node], splices: &[Splice]) -> BTreeMap<(u32, u32), Node> {
    fn walk(
        node: &Node,
        wanted: &BTreeMap<(u32, u32), &Splice>,
        found: &mut BTreeMap<(u32, u32), Node>,
    ) {
        let at = (node.place.line, node.place.column);
        if wanted.get(&at).is_some_and(|splice| is_meant(node, splice)) {
            found.entry(at).or_insert_with(|| node.clone());
            return;
        }
        node.items().iter().for_each(|item| walk(item, wanted, found));
        node.entries().iter().for_each(|(_, value)| walk(value, wanted, found));
    }
    let wanted =
        splices.iter().map(|splice| ((splice.place.line, splice.place.column), splice)).collect();
    let mut found = BTreeMap::new();
    roots.iter().for_each(|root| walk(root, &wanted, &mut found));
    found
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
    let known = wanted.get_mut(&(node.place.line, node.place.column));
    if let Some((splice, times)) = known
        && is_meant(node, splice)
    {
        node.tree = tree(&splice.to, &node.place);
        *times += 1;
        return;
    }
    match &mut node.tree {
        Tree::Array(items) => items.iter_mut().for_each(|item| put(item, wanted)),
        Tree::Object(entries) => entries.iter_mut().for_each(|(_, value)| put(value, wanted)),
        _ => {}
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
        Value::Object(entries) => {
            let key = |text: &String| NodeKey { text: text.as_str().into(), place: place.clone() };
            Tree::Object(entries.iter().map(|(text, value)| (key(text), node(value))).collect())
        }
    }
}

/// A value as YAML and CSV take it.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(written).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| {
                format!("{}: {}", written(&Value::from(key.as_str())), written(value))
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
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
}

/// The bytes of a cell of a table, or of the number that it begins with.
fn cell(text: &str, splice: &Splice) -> Option<Range<usize>> {
    let start = offset(text, &splice.place)?;
    let rest = text.get(start..)?;
    let before = rest.find(|c: char| !matches!(c, ' ' | '"'))?;
    let start = start + before;
    if splice.from.is_object() {
        let length = rest[before..].find([',', '"', '\n', '\r']).unwrap_or(rest.len() - before);
        return Some(start..start + rest[before..before + length].trim_end().len());
    }
    let digits = splice.from.as_number()?.to_string();
    let after = rest[before..].strip_prefix(&digits)?;
    let is_whole = !after.starts_with(|c: char| c.is_ascii_digit());
    is_whole.then_some(start..start + digits.len())
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
