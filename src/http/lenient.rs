//! Reading a tenant's JSON with as little trust as possible: a field of another type than expected
//! counts as missing instead of making the whole row unreadable.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, MapAccess, Visitor};
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

/// Hands on the fields of a JSON object one by one, each value verbatim and in the text that it
/// came in; false where the text is no object.
#[must_use]
pub fn fields<'a>(text: &'a str, take: impl FnMut(Cow<'a, str>, &'a str)) -> bool {
    let mut json = serde_json::Deserializer::from_str(text);
    Fields(take).deserialize(&mut json).is_ok() && json.end().is_ok()
}

struct Fields<F>(F);

impl<'de, F: FnMut(Cow<'de, str>, &'de str)> DeserializeSeed<'de> for Fields<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: FnMut(Cow<'de, str>, &'de str)> Visitor<'de> for Fields<F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        while let Some((Name(name), value)) = map.next_entry::<_, &'de RawValue>()? {
            (self.0)(name, value.get());
        }
        Ok(())
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
    use super::{fields, verbatim_text};

    #[test]
    fn fields_are_verbatim() {
        let told = |text: &str| {
            let mut told = Vec::new();
            fields(text, |name, value| told.push(format!("{name:?}={value}"))).then_some(told)
        };
        let expect = [r#""a"=1.10"#, r#""b\n"={"c" : [1]}"#, r#""a"=null"#];
        assert_eq!(told(r#" {"a": 1.10, "b\n":{"c" : [1]},"a":null}"#).unwrap(), expect);
        for text in ["[1]", "{", "{} {}"] {
            assert_eq!(told(text), None, "{text}");
        }
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
