//! Rules about the form of a row's fields, as tables.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::FieldError;

/// What the value at one place of a row must be.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The place, a JSON pointer.
    pub pointer: &'static str,
    /// Whether it must be there and not be null.
    pub required: bool,
    /// Whether a value is right.
    pub holds: fn(&Value) -> bool,
    /// What it must be, a lowercase fragment.
    pub message: &'static str,
}

impl Rule {
    /// The rule of a field that may be missing or null.
    #[must_use]
    pub const fn optional(
        pointer: &'static str,
        holds: fn(&Value) -> bool,
        message: &'static str,
    ) -> Self {
        Self { pointer, required: false, holds, message }
    }

    /// The rule of a field that may not.
    #[must_use]
    pub const fn required(
        pointer: &'static str,
        holds: fn(&Value) -> bool,
        message: &'static str,
    ) -> Self {
        Self { pointer, required: true, holds, message }
    }
}

/// The complaints of those rules that a row breaks.
#[must_use]
pub fn broken(rules: &[Rule], row: &Value) -> Vec<FieldError> {
    rules
        .iter()
        .filter(|rule| match row.pointer(rule.pointer) {
            None | Some(Value::Null) => rule.required,
            Some(value) => !(rule.holds)(value),
        })
        .map(|rule| FieldError::malformed(&rule.pointer[1..].replace('/', "."), rule.message))
        .collect()
}

/// Whether a value is an integer within these bounds, both included.
#[must_use]
pub fn within(value: &Value, least: i64, most: i64) -> bool {
    value.as_i64().is_some_and(|number| (least..=most).contains(&number))
}

/// Whether a value is text that is not empty.
#[must_use]
pub fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// Whether a value is a list of texts that are not empty.
#[must_use]
pub fn is_text_list(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(is_text))
}

/// The instant that a text tells; one without an offset is read as UTC.
#[must_use]
pub fn instant(text: &str) -> Option<Timestamp> {
    let local = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| local().map(|zoned| zoned.timestamp()))
}

/// Whether a value is a time as RFC 3339 spells it: date, `T`, time with seconds, offset.
#[must_use]
pub fn is_rfc3339(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    let bytes = text.as_bytes();
    let spelled = matches!(bytes.get(10), Some(b'T' | b't'))
        && bytes.get(16) == Some(&b':')
        && !text.ends_with(']');
    spelled && text.parse::<Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{instant, is_rfc3339};

    #[test]
    fn times() {
        for (text, strict, lenient) in [
            ("2026-01-01T08:00:00Z", true, true),
            ("2026-01-01T08:00:00.5+01:00", true, true),
            ("2026-01-01T08:00:00", false, true),
            ("2026-01-01T08Z", false, true),
            ("2026-01-01T08:00:00Z[UTC]", false, true),
            ("2026-13-01T08:00:00Z", false, false),
            ("soon", false, false),
        ] {
            assert_eq!(is_rfc3339(&json!(text)), strict, "{text}");
            assert_eq!(instant(text).is_some(), lenient, "{text}");
        }
        assert_eq!(instant("2026-01-01T08:00:00"), instant("2026-01-01T09:00:00+01:00"));
    }
}
