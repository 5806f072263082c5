//! The name of a resource: a kind and the tenant's own unique key, `queue/billing`.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

/// A kind and one or two key segments, percent-encoded so that it is one greppable word.
///
/// Inside a segment `/`, `%`, `*` and control characters are encoded (product page, section 2).
/// It is kept in two parts, so that the many addresses under one agent share the first and the
/// many of one skill the second. Addresses are ordered as their texts are.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The kind and the first segment, `assignment/u-1`.
    head: Arc<str>,
    /// What comes after that, `billing`.
    tail: Option<Arc<str>>,
}

/// What is wrong with a text that should be an address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an address: expected KIND/NAME, such as queue/billing")]
pub struct AddressError(String);

impl Address {
    /// The address of `segments` under `kind`; the segments are the plain texts.
    #[must_use]
    pub fn new(kind: &str, segments: &[&str]) -> Self {
        let (first, rest) = segments.split_first().unwrap_or((&"", &[]));
        let tail: Vec<Cow<'_, str>> = rest.iter().map(|segment| encode(segment)).collect();
        Self {
            head: address_head(kind, first),
            tail: (!tail.is_empty()).then(|| Arc::from(tail.join("/"))),
        }
    }

    /// The address of two parts that others share: see [`Address::head`] and [`Address::tail`].
    #[must_use]
    pub fn of_parts(head: &Arc<str>, tail: Option<&Arc<str>>) -> Self {
        Self { head: Arc::clone(head), tail: tail.map(Arc::clone) }
    }

    /// The kind and the first segment, encoded.
    #[must_use]
    pub fn head(&self) -> &Arc<str> {
        &self.head
    }

    /// What comes after the first segment, encoded.
    #[must_use]
    pub fn tail(&self) -> Option<&Arc<str>> {
        self.tail.as_ref()
    }

    /// The kind: what stands before the first slash.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.head.split('/').next().unwrap_or_default()
    }

    /// The plain text of segment `index`, from 0; empty where there is none.
    #[must_use]
    pub fn segment(&self, index: usize) -> String {
        let first = self.head.split('/').skip(1);
        let rest = self.tail.iter().flat_map(|tail| tail.split('/'));
        first.chain(rest).nth(index).map(decode).unwrap_or_default()
    }

    /// The same with another plain text as segment `index`, where it has that many.
    #[must_use]
    pub fn with_segment(&self, index: usize, segment: &str) -> Self {
        if index == 0 {
            let head = address_head(self.kind(), segment);
            return Self { head, tail: self.tail.clone() };
        }
        let mut tail: Vec<&str> = self.tail.iter().flat_map(|tail| tail.split('/')).collect();
        let segment = encode(segment);
        if let Some(own) = tail.get_mut(index - 1) {
            *own = &segment;
        }
        let tail = (!tail.is_empty()).then(|| Arc::from(tail.join("/")));
        Self { head: Arc::clone(&self.head), tail }
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        let tail = self.tail.iter().flat_map(|tail| std::iter::once(b'/').chain(tail.bytes()));
        self.head.bytes().chain(tail)
    }
}

/// The first part of the addresses of `kind` whose first segment is this plain text.
#[must_use]
pub fn address_head(kind: &str, segment: &str) -> Arc<str> {
    Arc::from(format!("{kind}/{}", encode(segment)))
}

/// The second part of the addresses whose second segment is this plain text.
#[must_use]
pub fn address_tail(segment: &str) -> Arc<str> {
    Arc::from(encode(segment))
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.head, &other.head) || self.head == other.head {
            return self.tail.cmp(&other.tail);
        }
        self.bytes().cmp(other.bytes())
    }
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
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
        if !kind_is_word || segments == 0 {
            return Err(AddressError(text.to_owned()));
        }
        let slashes = text.match_indices('/').nth(1);
        let (head, tail) = match slashes {
            Some((at, _)) => (&text[..at], Some(Arc::from(&text[at + 1..]))),
            None => (text, None),
        };
        Ok(Self { head: Arc::from(head), tail })
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.head)?;
        match &self.tail {
            Some(tail) => write!(f, "/{tail}"),
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
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
        assert_eq!(address.to_string(), expect);
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
    fn addresses_are_ordered_as_their_texts_are() {
        let texts = ["a/u", "a/u!", "a/u!/x", "a/u-1/x", "a/u/x", "a/u/x/y", "a/u/y", "a/v", "b/a"];
        for one in texts {
            for other in texts {
                let [a, b] = [one, other].map(|text| text.parse::<Address>().unwrap());
                assert_eq!(a.cmp(&b), one.cmp(other), "{one} {other}");
                assert_eq!(a == b, one == other);
            }
        }
        let parts = Address::new("a", &["u", "x/1"]);
        assert_eq!((&**parts.head(), parts.tail().map(|tail| &**tail)), ("a/u", Some("x%2F1")));
        assert_eq!(
            (parts.kind(), parts.segment(0), parts.segment(1)),
            ("a", "u".into(), "x/1".into())
        );
    }

    #[test]
    fn one_segment_is_exchanged() {
        let address = Address::new("a", &["u", "x/1", "y"]);
        let check = |index, segment: &str, expect: &str| {
            assert_eq!(address.with_segment(index, segment).to_string(), expect);
        };
        check(0, "v/1", "a/v%2F1/x%2F1/y");
        check(1, "*", "a/u/%2A/y");
        check(2, "z", "a/u/x%2F1/z");
        check(3, "z", "a/u/x%2F1/y");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "queue", "queue/", "Queue/x", "/x", "queue//x", "queue/a\u{7}b"] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }
}
