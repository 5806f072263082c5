//! Reading a tenant's JSON with as little trust as possible: a field of another type than expected
//! counts as missing instead of making the whole row unreadable.

use std::borrow::Cow;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

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

/// The fields of a JSON object, each value verbatim and in the text that it came in.
pub struct Fields<'a>(pub Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Fields<'a> {
    /// Reads an object; none where the text is something else.
    #[must_use]
    pub fn of(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some((Name(name), value)) = map.next_entry::<_, &'de RawValue>()? {
                    fields.push((name, value.get()));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// A key, borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// The text of a verbatim value that is a text or a number.
#[must_use]
pub fn verbatim_text(value: &str) -> Option<Cow<'_, str>> {
    let plain = value.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match plain {
        Some(text) if !text.contains('\\') => Some(Cow::Borrowed(text)),
        _ => as_text(&serde_json::from_str(value).ok()?).map(Cow::Owned),
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, verbatim_text};

    #[test]
    fn fields_are_verbatim() {
        let Fields(fields) = Fields::of(r#" {"a": 1.10, "b\n":{"c" : [1]},"a":null}"#).unwrap();
        let told: Vec<String> = fields.iter().map(|(k, v)| format!("{k:?}={v}")).collect();
        assert_eq!(told, [r#""a"=1.10"#, r#""b\n"={"c" : [1]}"#, r#""a"=null"#]);
        assert!(Fields::of("[1]").is_none());
        assert!(Fields::of("{").is_none());
    }

    #[test]
    fn texts_and_numbers_are_texts() {
        for (value, expect) in [
            (r#""s-1""#, Some("s-1")),
            (r#""a\"b""#, Some("a\"b")),
            ("17", Some("17")),
            ("null", None),
            ("true", None),
            ("[]", None),
        ] {
            assert_eq!(verbatim_text(value).as_deref(), expect, "{value}");
        }
    }
}
