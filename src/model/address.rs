//! The name of a resource: a kind and the tenant's own unique key, `queue/billing`.

use std::borrow::Cow;
use std::sync::Arc;

/// A kind and one or two key segments, percent-encoded so that it is one greppable word.
///
/// Inside a segment `/`, `%`, `*` and control characters are encoded (product page, section 2).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(Arc<str>);

/// What is wrong with a text that should be an address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an address: expected KIND/NAME, such as queue/billing")]
pub struct AddressError(String);

impl Address {
    /// The address of `segments` under `kind`; the segments are the plain texts.
    #[must_use]
    pub fn new(kind: &str, segments: &[&str]) -> Self {
        let mut text = String::from(kind);
        for segment in segments {
            text.push('/');
            text.push_str(&encode(segment));
        }
        Self(Arc::from(text))
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind: what stands before the first slash.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The plain text of segment `index`, from 0; empty where there is none.
    #[must_use]
    pub fn segment(&self, index: usize) -> String {
        self.0.split('/').nth(index + 1).map(decode).unwrap_or_default()
    }
}

impl std::str::FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let mut parts = text.split('/');
        let kind_is_word = parts.next().is_some_and(|kind| {
            !kind.is_empty() && kind.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        });
        let mut segments = 0;
        for part in parts {
            if part.is_empty() || part.chars().any(char::is_control) {
                return Err(AddressError(text.to_owned()));
            }
            segments += 1;
        }
        if kind_is_word && segments > 0 {
            Ok(Self(Arc::from(text)))
        } else {
            Err(AddressError(text.to_owned()))
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn encode(segment: &str) -> Cow<'_, str> {
    let must = |c: char| matches!(c, '/' | '%' | '*') || c.is_control();
    if !segment.contains(must) {
        return Cow::Borrowed(segment);
    }
    let mut text = String::with_capacity(segment.len() + 8);
    let mut buffer = [0; 4];
    for c in segment.chars() {
        if must(c) {
            for byte in c.encode_utf8(&mut buffer).bytes() {
                text.push_str(&format!("%{byte:02X}"));
            }
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

fn decode(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|h| std::str::from_utf8(h).ok());
        match (first, hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Address;

    fn check(segment: &str, expect: &str) {
        let address = Address::new("queue", &[segment]);
        assert_eq!(address.as_str(), expect);
        assert_eq!(address.segment(0), segment);
        assert_eq!(expect.parse(), Ok(address));
    }

    #[test]
    fn segments_are_encoded_and_come_back() {
        check("billing", "queue/billing");
        check("Sales / EMEA", "queue/Sales %2F EMEA");
        check("100%*", "queue/100%25%2A");
        check("a\u{1b}[2J", "queue/a%1B[2J");
        check("c1\u{9b}x", "queue/c1%C2%9Bx");
        check("Überlauf", "queue/Überlauf");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "queue", "queue/", "Queue/x", "/x", "queue//x", "queue/a\u{7}b"] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }
}
