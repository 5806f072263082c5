//! The fast way through a large JSON file: a tree without lines and columns.
//!
//! What it refuses is read again as YAML, of which JSON is a part, and told with its place.

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::model::{Node, NodeKey, Place, Tree};

/// The tree of a JSON text, every place that of the file; `None` where the text is no JSON, has
/// a key twice, or a text after its end.
pub(super) fn parse(file: &str, text: &str) -> Option<Node> {
    let seed = Seed { place: &Place { file: Arc::from(file), ..Place::default() } };
    let mut reader = serde_json::Deserializer::from_str(text);
    let node = seed.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(node)
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    place: &'a Place,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let tree = deserializer.deserialize_any(self)?;
        Ok(Node { place: self.place.clone(), tree })
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
        // The YAML reader decides what a decimal without a fraction is.
        if value.fract() == 0.0 {
            return Err(E::custom("a whole number written as a decimal"));
        }
        Number::from_f64(value).map(Tree::Number).ok_or_else(|| E::custom("not finite"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Tree, E> {
        Ok(Tree::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Tree::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut entries: Vec<(NodeKey, Node)> = Vec::new();
        while let Some(text) = access.next_key::<String>()? {
            entries.push((
                NodeKey { text: text.into(), place: self.place.clone() },
                access.next_value_seed(self)?,
            ));
        }
        let mut texts: Vec<&str> = entries.iter().map(|(key, _)| &*key.text).collect();
        texts.sort_unstable();
        if texts.is_sorted_by(|a, b| a < b) {
            Ok(Tree::Object(entries))
        } else {
            Err(A::Error::custom("a key stands twice"))
        }
    }
}
