//! A parsed manifest value in which everything still knows where it was written.

use std::sync::Arc;

use serde_json::{Map, Number, Value};

/// Where something stands in a manifest: file, line and column, both from 1.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Place {
    /// The file's path, as the user would write it.
    pub file: Arc<str>,
    /// Line, from 1; 0 where only the file is known.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// How many characters the value spans on its line; 0 where that is not known.
    #[serde(default, skip)]
    pub width: u32,
}

impl Place {
    /// The beginning of a file.
    #[must_use]
    pub fn of_file(file: &str) -> Self {
        Self { file: Arc::from(file), ..Self::default() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file),
            line => write!(f, "{}:{line}:{}", self.file, self.column),
        }
    }
}

/// One value of a manifest, with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value begins.
    pub place: Place,
    /// The value.
    pub tree: Tree,
}

/// A key of a mapping, with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The key's text; keys that are spelled alike in one file share it.
    pub text: Arc<str>,
    /// Where the key begins.
    pub place: Place,
}

/// What a [`Node`] holds: JSON's shapes, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// `null` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a decimal.
    Number(Number),
    /// Text.
    String(String),
    /// A sequence.
    Array(Vec<Node>),
    /// A mapping, in the file's order; its keys are unique.
    Object(Vec<(Key, Node)>),
}

impl Node {
    /// The child under `key`, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(k, _)| &*k.text == key).map(|(_, node)| node)
    }

    /// The place of `key` itself, if this is a mapping that has it.
    #[must_use]
    pub fn key_place(&self, key: &str) -> Option<&Place> {
        self.entries().iter().find(|(k, _)| &*k.text == key).map(|(k, _)| &k.place)
    }

    /// The node at a JSON pointer (RFC 6901), or the nearest ancestor that exists.
    #[must_use]
    pub fn nearest(&self, pointer: &str) -> &Node {
        let mut node = self;
        for segment in pointer.split('/').skip(1) {
            match node.step(segment) {
                Some(child) => node = child,
                None => break,
            }
        }
        node
    }

    /// The node at a JSON pointer, where it exists.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<&Node> {
        pointer.split('/').skip(1).try_fold(self, Node::step)
    }

    /// The child that a segment of a pointer means.
    fn step(&self, segment: &str) -> Option<&Node> {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        match &self.tree {
            Tree::Object(_) => self.get(&segment),
            Tree::Array(items) => segment.parse().ok().and_then(|i: usize| items.get(i)),
            _ => None,
        }
    }

    /// The entries of a mapping; empty for anything else.
    #[must_use]
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.tree {
            Tree::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; empty for anything else.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.tree {
            Tree::Array(items) => items,
            _ => &[],
        }
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.tree {
            Tree::String(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if this is one.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match &self.tree {
            Tree::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The same value as plain JSON, without places.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.tree {
            Tree::Null => Value::Null,
            Tree::Bool(b) => Value::Bool(*b),
            Tree::Number(n) => Value::Number(n.clone()),
            Tree::String(s) => Value::String(s.clone()),
            Tree::Array(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Tree::Object(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(k, v)| (k.text.to_string(), v.to_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }
}

/// One manifest document that passed its schema: `apiVersion`, `kind`, `metadata`, `spec`.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The manifest's kind, `Queue` or `SkillMatrix`.
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
    /// Where `metadata.name` stands.
    pub place: Place,
    /// The whole document.
    pub root: Node,
}

impl Item {
    /// The document's `spec`, or the document where it has none.
    #[must_use]
    pub fn spec(&self) -> &Node {
        self.root.get("spec").unwrap_or(&self.root)
    }

    /// Whether the manifest says `state: absent`.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.root.get("state").and_then(Node::as_str) == Some("absent")
    }
}
