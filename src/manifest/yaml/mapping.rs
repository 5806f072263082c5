//! Mappings: keys that stand twice, and the merge key `<<`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Finding, Node, NodeKey, Place, Tree};

/// The entries of one mapping while it is read.
pub(super) struct Mapping {
    /// What is written in it.
    pub(super) entries: Vec<(NodeKey, Node)>,
    /// What its merge keys bring, each with the place of its `<<`.
    pub(super) merges: Vec<(Place, Node)>,
}

impl Mapping {
    /// An empty mapping with room for so many entries.
    pub(super) fn with_room(room: usize) -> Self {
        Self { entries: Vec::with_capacity(room), merges: Vec::new() }
    }

    /// The whole mapping. Of a key that stands twice the first value stays.
    pub(super) fn finish(mut self, findings: &mut Vec<Finding>) -> Tree {
        drop_duplicates(&mut self.entries, findings);
        if let [(first, _), rest @ ..] = &self.merges[..] {
            findings.extend(rest.iter().map(|(place, _)| duplicate("<<", place, first)));
        }
        if !self.merges.is_empty() {
            let mut known = self.entries.iter().map(|(key, _)| key.text.clone()).collect();
            for (_, node) in self.merges {
                merge(&mut self.entries, &mut known, node, true, findings);
            }
        }
        self.entries.shrink_to_fit();
        Tree::Object(self.entries)
    }
}

fn duplicate(text: &str, second: &Place, first: &Place) -> Finding {
    Finding::error("duplicate-key", second, format!("the key `{text}` stands here twice"))
        .related(first, "first written here")
        .hint("keep one of the two")
}

fn drop_duplicates(entries: &mut Vec<(NodeKey, Node)>, findings: &mut Vec<Finding>) {
    if entries.is_sorted_by(|(a, _), (b, _)| a.text < b.text) {
        return;
    }
    let text = |index: usize| &*entries[index].0.text;
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|index| text(*index));
    let mut surplus = BTreeSet::new();
    for same in order.chunk_by(|a, b| text(*a) == text(*b)) {
        for index in &same[1..] {
            let (first, second) = (&entries[same[0]].0, &entries[*index].0);
            findings.push(duplicate(&first.text, &second.place, &first.place));
            surplus.insert(*index);
        }
    }
    if !surplus.is_empty() {
        let mut index = 0;
        entries.retain(|_| {
            index += 1;
            !surplus.contains(&(index - 1))
        });
    }
}

/// Lays a mapping, or each of a sequence of mappings, under the entries.
fn merge(
    entries: &mut Vec<(NodeKey, Node)>,
    known: &mut BTreeSet<Arc<str>>,
    node: Node,
    list_allowed: bool,
    findings: &mut Vec<Finding>,
) {
    match node.tree {
        Tree::Object(more) => {
            for (key, value) in more {
                if known.insert(key.text.clone()) {
                    entries.push((key, value));
                }
            }
        }
        Tree::Array(items) if list_allowed => {
            for item in items {
                merge(entries, known, item, false, findings);
            }
        }
        _ => findings.push(
            Finding::error("merge", &node.place, "`<<` takes a mapping or a list of mappings")
                .hint("write `<<: *anchor`"),
        ),
    }
}
