//! Reading a tenant's JSON with as little trust as possible: a field of another type than expected
//! counts as missing instead of making the whole row unreadable.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A text; a number counts as its digits, since some tenants have numeric ids.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Value::deserialize(deserializer).map(|value| as_text(&value))
}

/// A list of texts; null and anything else is an empty one.
pub fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    values(deserializer).map(|values| values.iter().filter_map(as_text).collect())
}

/// A list; null and anything else is an empty one.
pub fn values<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    Value::deserialize(deserializer).map(|value| match value {
        Value::Array(values) => values,
        _ => Vec::new(),
    })
}

/// The text of a value that is a text or a number.
#[must_use]
pub fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
