//! The parser's events, put together to trees.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::mapping::Mapping;
use super::syntax::MAX_DEPTH;
use super::{Parsed, syntax, tags};
use crate::model::{Finding, Node, NodeKey, Place, Tree};

const MAX_NODES: usize = 10_000_000;
const MAX_COPIES: usize = 4_000_000;

/// What ends the reading of a file.
type Stop = Box<Finding>;

/// A reader of one file.
pub(super) struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    text: &'a str,
    file: Arc<str>,
    anchors: BTreeMap<usize, Node>,
    keys: BTreeSet<Arc<str>>,
    /// How many entries the last mapping had, level by level: the next mostly has as many.
    rooms: [usize; MAX_DEPTH],
    findings: Vec<Finding>,
    nodes: usize,
    copies: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the beginning of `text`.
    pub(super) fn new(file: &str, text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let options = granit_parser::options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            flow_nesting_limit: MAX_DEPTH + 1,
            block_nesting_limit: MAX_DEPTH + 1,
        };
        Self {
            events: Parser::new_from_str_with_options(text, options),
            text,
            file: Arc::from(file),
            anchors: BTreeMap::new(),
            keys: BTreeSet::new(),
            rooms: [0; MAX_DEPTH],
            findings: Vec::new(),
            nodes: 0,
            copies: 0,
        }
    }

    /// The next document that is not empty; `None` at the end of the file.
    pub(super) fn document(&mut self) -> Result<Option<Parsed>, Stop> {
        loop {
            match self.next()?.0 {
                Event::DocumentStart(..) => {
                    self.anchors.clear();
                    let (event, span) = self.next()?;
                    let root = self.node(event, span, 0)?;
                    // A document counts once its end has been seen.
                    self.next()?;
                    let findings = std::mem::take(&mut self.findings);
                    if root.tree != Tree::Null || !findings.is_empty() {
                        return Ok(Some(Parsed { root, findings }));
                    }
                }
                Event::StreamEnd => return Ok(None),
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Stop> {
        match self.events.next() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let place = self.place(Span::empty(*error.marker()));
                Err(Box::new(syntax::explain(&error, &place, self.text)))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn place(&self, span: Span) -> Place {
        let (start, end) = (span.start, span.end);
        let width =
            if start.line() == end.line() { end.col().saturating_sub(start.col()) } else { 0 };
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            file: Arc::clone(&self.file),
            line: number(start.line().max(1)),
            column: number(start.col() + 1),
            width: number(width),
        }
    }

    fn complain(&mut self, rule: &'static str, place: &Place, message: &str, hint: &str) {
        self.findings.push(Finding::error(rule, place, message).hint(hint));
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Stop> {
        let place = self.place(span);
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let finding =
                Finding::error("too-large", &place, "the file holds more than 10 million values");
            return Err(Box::new(finding.hint("split it into several files")));
        }
        if depth > MAX_DEPTH {
            return Err(Box::new(syntax::too_deep(&place)));
        }
        let (tree, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (tags::scalar(text, style, tag.as_deref(), &place, &mut self.findings), anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                tags::collection(tag.as_deref(), "seq", &place, &mut self.findings);
                (self.sequence(depth)?, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                tags::collection(tag.as_deref(), "map", &place, &mut self.findings);
                (self.mapping(depth)?, anchor)
            }
            Event::Alias(id) => return self.alias(id, place),
            Event::UnresolvedAlias(name) => {
                let message = format!("there is no anchor `&{name}` above in this document");
                self.complain("alias", &place, &message, "quote a text that begins with `*`");
                (Tree::Null, 0)
            }
            _ => (Tree::Null, 0),
        };
        let node = Node { place, tree };
        if anchor != 0 {
            self.charge(&node, &node.place)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn sequence(&mut self, depth: usize) -> Result<Tree, Stop> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd | Event::StreamEnd, _) => return Ok(Tree::Array(items)),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Tree, Stop> {
        let mut mapping = Mapping::with_room(self.rooms.get(depth).copied().unwrap_or_default());
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                if let Some(room) = self.rooms.get_mut(depth) {
                    *room = mapping.entries.len();
                }
                return Ok(mapping.finish(&mut self.findings));
            }
            let merges =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.key(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let written = self.is_written(&event, span);
            let mut value = self.node(event, span, depth + 1)?;
            match key {
                Some(key) if merges => mapping.merges.push((key.place, value)),
                Some(key) => {
                    if !written {
                        value.place = key.place.clone();
                    }
                    mapping.entries.push((key, value));
                }
                None => {}
            }
        }
    }

    /// Whether a value is there at all: `key:` alone has none, and is shown at its key.
    fn is_written(&self, event: &Event<'a>, span: Span) -> bool {
        !matches!(event, Event::Scalar(_, ScalarStyle::Plain, _, None))
            || span.slice(self.text).is_none_or(|text| !text.is_empty())
    }

    /// A key as text; `None`, with a finding, where it cannot be one.
    fn key(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Option<NodeKey>, Stop> {
        let written = self.is_written(&event, span);
        if let Event::Scalar(text, _, 0, None) = event {
            let place = self.place(span);
            self.nodes += 1;
            if !written {
                self.complain(
                    "key",
                    &place,
                    "a value without a key",
                    "write the key before the `:`",
                );
                return Ok(None);
            }
            return Ok(Some(NodeKey { text: self.shared(&text), place }));
        }
        let plain = match &event {
            Event::Scalar(text, ..) => Some(text.to_string()),
            _ => None,
        };
        let node = self.node(event, span, depth)?;
        match (plain, node.tree) {
            (Some(text), _) | (None, Tree::String(text)) => {
                Ok(Some(NodeKey { text: self.shared(&text), place: node.place }))
            }
            _ => {
                self.complain("key", &node.place, "a key has to be a text", "quote it");
                Ok(None)
            }
        }
    }

    /// A key's text, kept once however often it is written.
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.keys.get(text) {
            return Arc::clone(known);
        }
        let known: Arc<str> = Arc::from(text);
        self.keys.insert(Arc::clone(&known));
        known
    }

    fn alias(&mut self, id: usize, place: Place) -> Result<Node, Stop> {
        let Some(node) = self.anchors.remove(&id) else {
            self.complain(
                "alias",
                &place,
                "an alias inside of its own anchor",
                "write the value out",
            );
            return Ok(Node { place, tree: Tree::Null });
        };
        self.charge(&node, &place)?;
        let tree = node.tree.clone();
        self.anchors.insert(id, node);
        Ok(Node { place, tree })
    }

    /// Pays for a copy of `node`.
    fn charge(&mut self, node: &Node, place: &Place) -> Result<(), Stop> {
        self.copies += weight(node);
        if self.copies <= MAX_COPIES {
            return Ok(());
        }
        let message = "the aliases of this file make it larger than 4 million values";
        let finding = Finding::error("too-large", place, message);
        Err(Box::new(finding.hint("write the values out, or split the file")))
    }
}

/// How many values a copy of `node` holds, long texts counted as several.
fn weight(node: &Node) -> usize {
    1 + match &node.tree {
        Tree::String(text) => text.len() / 64,
        Tree::Array(items) => items.iter().map(weight).sum(),
        Tree::Object(entries) => {
            entries.iter().map(|(key, value)| weight(value) + key.text.len() / 64).sum()
        }
        Tree::Null | Tree::Bool(_) | Tree::Number(_) => 0,
    }
}
