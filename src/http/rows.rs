//! The entities of an answer, each verbatim, in the text that they came in.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

/// An answer's text and where its entities stand in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    text: String,
    spans: Vec<Range<usize>>,
}

/// Where entities stand in a body.
pub type Spans = Vec<Range<usize>>;

/// What an answer holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Where its entities stand.
    pub spans: Spans,
    /// How many entities the whole list has, where the tenant says so. It may be wrong.
    pub total: Option<u64>,
}

/// The entities of one page of a list; none where the body is no page. Null counts as no entities.
#[must_use]
pub fn page(body: &[u8]) -> Option<Found> {
    #[derive(Deserialize)]
    struct Page<'a> {
        #[serde(borrow, deserialize_with = "none_for_null")]
        entities: Vec<&'a RawValue>,
        #[serde(default)]
        total: serde_json::Value,
    }
    let text = std::str::from_utf8(body).ok()?;
    let page: Page<'_> = serde_json::from_str(text).ok()?;
    let spans = page.entities.iter().map(|row| span(text, row.get())).collect();
    Some(Found { spans, total: page.total.as_u64() })
}

/// The rows of a report; none where the body is no object. One without any is a report about nothing.
#[must_use]
pub fn data(body: &[u8]) -> Option<Found> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow, default, deserialize_with = "none_for_null")]
        data: Vec<&'a RawValue>,
    }
    let text = std::str::from_utf8(body).ok()?;
    text.trim_start().starts_with('{').then_some(())?;
    let answer: Answer<'_> = serde_json::from_str(text).ok()?;
    let spans = answer.data.iter().map(|row| span(text, row.get())).collect();
    Some(Found { spans, total: None })
}

/// The body as one entity; none where it is no object.
#[must_use]
pub fn object(body: &[u8]) -> Option<Found> {
    let text = std::str::from_utf8(body).ok()?;
    let row = serde_json::from_str::<&RawValue>(text).ok()?.get();
    row.starts_with('{').then(|| Found { spans: vec![span(text, row)], total: None })
}

/// Where a part of a text stands in it.
fn span(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - text.as_ptr().addr();
    start..start + part.len()
}

fn none_for_null<'de: 'a, 'a, D>(deserializer: D) -> Result<Vec<&'a RawValue>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    Option::<Vec<&'a RawValue>>::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Rows {
    /// The entities of a body that stand at these places of it.
    #[must_use]
    pub fn new(body: Vec<u8>, spans: Spans) -> Self {
        match String::from_utf8(body) {
            Ok(text) => Self { text, spans },
            Err(_) => Self::default(),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The entities, as JSON.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.spans.iter().filter_map(|span| self.text.get(span.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Rows, data, object, page};

    fn told(body: &str, found: Option<super::Found>) -> Option<String> {
        let rows = Rows::new(body.as_bytes().to_vec(), found?.spans);
        assert_eq!(rows.len(), rows.iter().count());
        Some(rows.iter().collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn pages() {
        let check = |body: &str, expect: Option<&str>| {
            assert_eq!(told(body, page(body.as_bytes())).as_deref(), expect, "{body}");
        };
        check(
            r#"{"total": 2, "entities": [{"a": 1.10} , {"é":[]}]}"#,
            Some(r#"{"a": 1.10} {"é":[]}"#),
        );
        check(r#"{"entities":[]}"#, Some(""));
        check(r#"{"entities":[],"total":{"of":[]}}"#, Some(""));
        assert_eq!(page(br#"{"total":7,"entities":[]}"#).unwrap().total, Some(7));
        assert_eq!(page(br#"{"total":-7,"entities":[]}"#).unwrap().total, None);
        check(r#"{"entities":null}"#, Some(""));
        check(r#"{"total":2}"#, None);
        check(r#"{"entities":[{"a":1}]"#, None);
        check("<html>", None);
    }

    #[test]
    fn reports() {
        let check = |body: &str, expect: Option<&str>| {
            assert_eq!(told(body, data(body.as_bytes())).as_deref(), expect, "{body}");
        };
        check(r#"{"data": [{"a": 1.10}, {}]}"#, Some(r#"{"a": 1.10} {}"#));
        check(r#"{"data":null}"#, Some(""));
        check("{}", Some(""));
        check(r#"{"data":{"a":1}}"#, None);
        check("[]", None);
        check("<html>", None);
    }

    #[test]
    fn objects() {
        let check = |body: &str, expect: Option<&str>| {
            assert_eq!(told(body, object(body.as_bytes())).as_deref(), expect, "{body}");
        };
        check(" {\"a\": 1.10}\n", Some(r#"{"a": 1.10}"#));
        check("[1]", None);
        check("{", None);
    }
}
