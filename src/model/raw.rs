//! JSON text kept verbatim, so that what we do not manage goes back byte for byte.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;

/// One JSON value as the tenant wrote it: `1.10` stays `1.10`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw(Arc<str>);

/// The fields of a JSON object, each verbatim.
pub type Fields = BTreeMap<String, Raw>;

impl Raw {
    /// The text, if it is one JSON value.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str::<&RawValue>(text).ok().map(|raw| Self(Arc::from(raw.get())))
    }

    /// The text of a value of ours.
    #[must_use]
    pub fn of<T: serde::Serialize + ?Sized>(value: &T) -> Self {
        Self(Arc::from(serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())))
    }

    /// An object of `fields`, in the order of their names.
    #[must_use]
    pub fn object(fields: &Fields) -> Self {
        Self::of(fields)
    }

    /// The fields, if this is an object.
    #[must_use]
    pub fn fields(&self) -> Option<Fields> {
        serde_json::from_str(&self.0).ok()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for Raw {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0)
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Raw {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Arc::from(Box::<RawValue>::deserialize(deserializer)?.get())))
    }
}

#[cfg(test)]
mod tests {
    use super::Raw;

    #[test]
    fn numbers_and_spelling_survive() {
        let raw = Raw::parse(r#"{"b":1.10,"a":9007199254740993,"c":{"x": 1e3}}"#).unwrap();
        let back = Raw::object(&raw.fields().unwrap());
        assert_eq!(back.as_str(), r#"{"a":9007199254740993,"b":1.10,"c":{"x": 1e3}}"#);
    }
}
