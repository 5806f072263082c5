//! The complaints about a value that need only the value and what was expected of it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::words::{choice, either, like, shown, sort_and_value};
use super::yaml;
use crate::model::{Finding, Node, Place, Tree};

/// A value of another type than is wanted.
pub(super) fn wrong_type(node: &Node, expected: &str) -> Finding {
    let message = format!("expected {expected}, found {}", sort_and_value(node));
    let finding = Finding::error("wrong-type", &node.place, message);
    let hint = match &node.tree {
        Tree::String(text) => text_hint(text, expected),
        Tree::Number(_) | Tree::Bool(_) if expected == "a text" => Some("put it in quotes"),
        _ => None,
    };
    match hint {
        Some(hint) => finding.hint(hint),
        _ => finding,
    }
}

/// What may help where a text stands and something else is wanted.
fn text_hint(text: &str, expected: &str) -> Option<&'static str> {
    const NUMBERS: [(&str, &str); 11] = [
        ("zero", "write `0`"),
        ("one", "write `1`"),
        ("two", "write `2`"),
        ("three", "write `3`"),
        ("four", "write `4`"),
        ("five", "write `5`"),
        ("six", "write `6`"),
        ("seven", "write `7`"),
        ("eight", "write `8`"),
        ("nine", "write `9`"),
        ("ten", "write `10`"),
    ];
    const YES_OR_NO: [&str; 6] = ["yes", "no", "on", "off", "y", "n"];
    if yaml::lacks_space_after_colon(text) {
        return Some(yaml::COLON);
    }
    if expected.contains("a text") {
        return None;
    }
    if expected.contains("`true` or `false`") && YES_OR_NO.contains(&&*text.to_lowercase()) {
        return Some("write `true` or `false`");
    }
    let number = NUMBERS.iter().find(|(word, _)| *word == text.to_lowercase());
    if let Some((_, hint)) = number.filter(|_| expected.contains("number")) {
        return Some(hint);
    }
    if yaml::reads_as_other(text) {
        return Some("take the quotes away");
    }
    yaml::reads_as_other(&text.replace('_', "")).then_some("write it without `_`")
}

/// A value that is none of the choices.
pub(super) fn not_one_of<'v>(node: &Node, options: impl IntoIterator<Item = &'v Value>) -> Finding {
    let options: Vec<&Value> = options.into_iter().collect();
    let expected = either(options.iter().copied().map(choice));
    let message = format!("expected {expected}, found {}", shown(node));
    let finding = Finding::error("not-one-of", &node.place, message);
    let texts = options.iter().filter_map(|option| option.as_str());
    let like = node.as_str().and_then(|text| like(text, texts));
    match (like, &options[..]) {
        (Some(_), [only]) => finding.hint(format!("write {}", choice(only))),
        (Some(like), _) => finding.hint(like),
        (None, _) => finding,
    }
}

fn size(node: &Node) -> usize {
    match &node.tree {
        Tree::String(text) => text.chars().count(),
        Tree::Array(items) => items.len(),
        _ => node.entries().len(),
    }
}

/// Fewer characters, items or keys than are wanted.
pub(super) fn too_short(node: &Node, limit: u64, unit: &str) -> Finding {
    let message = format!("{} {unit} are too few: the least is {limit}", size(node));
    Finding::error("length", &node.place, message)
}

/// More characters, items or keys than are wanted.
pub(super) fn too_long(node: &Node, limit: u64, unit: &str) -> Finding {
    let message = format!("{} {unit} are too many: the most is {limit}", size(node));
    Finding::error("length", &node.place, message)
}

/// An item that stands twice in a list of distinct ones.
pub(super) fn repeated(node: &Node) -> Finding {
    let mut seen: BTreeMap<String, &Place> = BTreeMap::new();
    for item in node.items() {
        if let Some(first) = seen.insert(item.to_json().to_string(), &item.place) {
            let message = format!("{} stands twice in this list", shown(item));
            return Finding::error("not-unique", &item.place, message)
                .related(first, "first written here");
        }
    }
    Finding::error("not-unique", &node.place, "an item stands twice in this list")
}
