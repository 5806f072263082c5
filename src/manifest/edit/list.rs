//! A list becomes another one: items go and come, and what stays keeps its bytes and its comments.

use std::ops::Range;

use serde_json::Value;

use super::lines::{cleared, key_before, line_end, line_start, next_line};
use super::{EditError, Splice, written};
use crate::manifest::yaml::{Form, Layout, Written};
use crate::model::{Node, Tree};

/// Bytes to replace, and by what.
pub(super) type Cut = (Range<usize>, String);

/// The values that differ, where the list keeps its shape: as many items, mappings with the same
/// keys. Lists of plain values have no such parts: their items come and go.
pub(super) fn parts(node: &Node, to: &Value) -> Option<Vec<Splice>> {
    let mut found = Vec::new();
    (!node.items().iter().all(is_flat) && collect(node, to, &mut found)).then_some(found)
}

fn is_flat(node: &Node) -> bool {
    node.items().is_empty() && node.entries().is_empty()
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

/// What to replace so that a list becomes `to`.
///
/// # Errors
/// It is not written so that its items stand for themselves.
pub(super) fn cuts(
    text: &str,
    layout: &Layout,
    (node, list): (&Node, &Written),
    to: &[Value],
) -> Result<Vec<Cut>, EditError> {
    let mut spans = Vec::new();
    for item in node.items() {
        let is_collection = matches!(item.tree, Tree::Array(_) | Tree::Object(_));
        let written = layout.at(&item.place, is_collection).ok_or(EditError::NotPlain)?;
        spans.push(written.range.clone());
    }
    let old: Vec<Value> = node.items().iter().map(Node::to_json).collect();
    let items = laid(&old, to);
    match list.form {
        Form::Flow => flow(text, layout, &list.range, &spans, &items).map(|cut| vec![cut]),
        _ => block(text, layout, &spans, &items),
    }
}

/// An item of the list to be: one that stays, by its number, or a new one.
enum Item<'v> {
    Stays(usize),
    New(&'v Value),
}

/// The list to be, made of as many old items as can stay in their order.
fn laid<'v>(old: &[Value], to: &'v [Value]) -> Vec<Item<'v>> {
    // How many can stay of what is left of both.
    let mut common = vec![vec![0_usize; to.len() + 1]; old.len() + 1];
    for (i, own) in old.iter().enumerate().rev() {
        for (j, wanted) in to.iter().enumerate().rev() {
            common[i][j] = match own == wanted {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut items, mut i) = (Vec::new(), 0);
    for (j, wanted) in to.iter().enumerate() {
        while i < old.len() && old[i] != *wanted && common[i + 1][j] == common[i][j] {
            i += 1;
        }
        if i < old.len() && old[i] == *wanted {
            items.push(Item::Stays(i));
            i += 1;
        } else {
            items.push(Item::New(wanted));
        }
    }
    items
}

/// `[a, b]`.
fn flow(
    text: &str,
    layout: &Layout,
    list: &Range<usize>,
    spans: &[Range<usize>],
    items: &[Item<'_>],
) -> Result<Cut, EditError> {
    if layout.comments(list).next().is_some() {
        return Err(EditError::Commented);
    }
    let inner = list.start + 1..list.end - 1;
    let (before, after) = match (spans.first(), spans.last()) {
        (Some(first), Some(last)) => (&text[inner.start..first.start], &text[last.end..inner.end]),
        _ => ("", ""),
    };
    let between = match spans {
        [first, second, ..] => &text[first.end..second.start],
        _ => ", ",
    };
    let told: Vec<String> = items
        .iter()
        .map(|item| match item {
            Item::Stays(index) => text[spans[*index].clone()].to_owned(),
            Item::New(value) => written(value),
        })
        .collect();
    let told = match told.is_empty() {
        true => String::new(),
        false => format!("{before}{}{after}", told.join(between)),
    };
    Ok((inner, told))
}

/// Lines for each item. The comments of one that goes stay on their lines.
fn block(
    text: &str,
    layout: &Layout,
    spans: &[Range<usize>],
    items: &[Item<'_>],
) -> Result<Vec<Cut>, EditError> {
    let mut cuts = Vec::new();
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
        return Err(EditError::NotPlain);
    };
    for (index, span) in spans.iter().enumerate() {
        let start = line_start(text, span.start);
        let before = &text[start..span.start];
        if before.trim() != "-" || before.contains('\t') {
            return Err(EditError::NotPlain);
        }
        let stays = |item: &Item<'_>| matches!(item, Item::Stays(own) if *own == index);
        if !items.iter().any(stays) {
            cuts.extend(cleared(text, layout, span)?);
        }
    }
    let start = line_start(text, first.start);
    let dash = &text[start..first.start];
    let end = line_end(text);
    let mut after = None;
    for (at, item) in items.iter().enumerate() {
        let value = match item {
            Item::Stays(index) => {
                after = Some(*index);
                continue;
            }
            Item::New(value) => written(value),
        };
        let stay_later = items[at..].iter().any(|item| matches!(item, Item::Stays(_)));
        let position = match after {
            _ if !stay_later => next_line(text, last.end),
            Some(index) => next_line(text, spans[index].end),
            None => start,
        };
        let is_begun = position == 0 || text[..position].ends_with('\n');
        let line = match is_begun {
            true => format!("{dash}{value}{end}"),
            false => format!("{end}{dash}{value}"),
        };
        match cuts.iter_mut().find(|(range, _): &&mut Cut| *range == (position..position)) {
            Some((_, lines)) => lines.push_str(&line),
            None => cuts.push((position..position, line)),
        }
    }
    if items.is_empty() {
        let key = key_before(text, layout, start).ok_or(EditError::NotPlain)?;
        cuts.push((key..key, " []".to_owned()));
    }
    Ok(cuts)
}
