//! The canonical form of a resource's fields: equal meaning is equal bytes.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::canonical;

/// Canonical JSON (RFC 8785) of an object's fields.
///
/// Objects are the only inner structure; everything else, arrays included, is a leaf.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Document(Arc<str>);

/// One leaf of a document: its JSON pointer and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// JSON pointer (RFC 6901), `/overflow/threshold`.
    pub path: String,
    /// The value there.
    pub value: Value,
}

impl Document {
    /// The canonical document of a value.
    #[must_use]
    pub fn of<T: Serialize>(value: &T) -> Self {
        // Only a map with keys that are no strings, or a float that is no number, can fail, and
        // the kinds' own types have neither.
        Self(Arc::from(serde_jcs::to_string(value).unwrap_or_else(|_| "{}".to_owned())))
    }

    /// The canonical bytes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where it is in memory: two that are at the same place at the same time are the same.
    #[must_use]
    pub fn place(&self) -> usize {
        self.0.as_ptr().addr()
    }

    /// The document as a JSON value.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or(Value::Null)
    }

    /// `sha256:…` of the canonical bytes.
    #[must_use]
    pub fn digest(&self) -> String {
        digest_of(self.0.as_bytes())
    }

    /// Whether this document has every leaf of `mask`, with the same value.
    #[must_use]
    pub fn covers(&self, mask: &Document) -> bool {
        self == mask || canonical::covers(&self.0, &mask.0)
    }

    /// This document cut down to the leaves that `mask` has. A leaf that this one lacks is left
    /// out, so that the two differ there.
    #[must_use]
    pub fn project(&self, mask: &Document) -> Document {
        let mut projected = String::with_capacity(self.0.len());
        canonical::project(&self.0, &mask.0, &mut projected);
        if *projected == *self.0 { self.clone() } else { Self(Arc::from(projected)) }
    }

    /// All leaves, in the order of their paths.
    #[must_use]
    pub fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        collect(&self.value(), &mut String::new(), &mut leaves);
        leaves
    }

    /// This document with `leaves` laid over it; a leaf without a value is taken out.
    #[must_use]
    pub fn with<'a>(&self, leaves: impl IntoIterator<Item = (&'a str, Option<&'a Value>)>) -> Self {
        let mut value = self.value();
        for (path, leaf) in leaves {
            set(&mut value, path, leaf);
        }
        Self::of(&value)
    }
}

impl Serialize for Document {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Document {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(&Value::deserialize(deserializer)?))
    }
}

/// `sha256:` and the hexadecimal SHA-256 of bytes.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> String {
    let mut hasher = Hasher::default();
    hasher.add(bytes);
    hasher.digest()
}

/// SHA-256 of bytes that come one after the other.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Takes more bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// `sha256:` and the hexadecimal digest of all bytes so far.
    #[must_use]
    pub fn digest(self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        for byte in self.0.finalize() {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        text
    }
}

impl std::io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hasher").finish_non_exhaustive()
    }
}

fn collect(value: &Value, path: &mut String, leaves: &mut Vec<Leaf>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, inner) in fields {
                let length = path.len();
                path.push('/');
                path.push_str(&key.replace('~', "~0").replace('/', "~1"));
                collect(inner, path, leaves);
                path.truncate(length);
            }
        }
        _ if path.is_empty() => {}
        leaf => leaves.push(Leaf { path: path.clone(), value: leaf.clone() }),
    }
}

fn set(value: &mut Value, path: &str, leaf: Option<&Value>) {
    let mut segments: Vec<String> =
        path.split('/').skip(1).map(|s| s.replace("~1", "/").replace("~0", "~")).collect();
    let Some(last) = segments.pop() else { return };
    let mut target = value;
    for segment in segments {
        if !target.is_object() {
            *target = Value::Object(Map::new());
        }
        let Value::Object(fields) = target else { return };
        target = fields.entry(segment).or_insert_with(|| Value::Object(Map::new()));
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(fields) = target {
        match leaf {
            Some(leaf) => drop(fields.insert(last, leaf.clone())),
            None => drop(fields.remove(&last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Document;

    #[test]
    fn projection_keeps_the_leaves_of_the_mask() {
        let full = Document::of(&json!({"a":1,"o":{"t":"x","n":80},"s":["b","a"]}));
        let mask = Document::of(&json!({"o":{"t":"y"},"s":[],"z":1}));
        assert_eq!(full.project(&mask).as_str(), r#"{"o":{"t":"x"},"s":["b","a"]}"#);
    }

    #[test]
    fn leaves_are_laid_over_and_taken_out() {
        let document = Document::of(&json!({"a":1,"o":{"t":"x"}}));
        let nine = json!(9);
        let changed = document.with([("/o/n", Some(&nine)), ("/a", None)]);
        assert_eq!(changed.as_str(), r#"{"o":{"n":9,"t":"x"}}"#);
        let paths: Vec<_> = changed.leaves().into_iter().map(|leaf| leaf.path).collect();
        assert_eq!(paths, ["/o/n", "/o/t"]);
    }
}
