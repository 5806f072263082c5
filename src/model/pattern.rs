//! Patterns that addresses are chosen by: `queue/Emergency*`, `assignment/*/billing`.

use std::fmt;
use std::str::FromStr;

use super::Address;

/// A pattern of addresses, spelled as they are: `*` stands for any text within a segment, `**` for
/// any text across segments; everything else stands for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    steps: Vec<Step>,
}

/// What a pattern asks of an address, piece by piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Byte(u8),
    /// Any bytes but a slash.
    Within,
    /// Any bytes.
    Across,
}

/// What is wrong with a text that should be a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It has no kind, no name, or nothing between two slashes.
    #[error("`{0}` is no pattern of addresses: expected KIND/NAME, such as queue/Emergency*")]
    Shape(String),
    /// It begins with what no kind is called.
    #[error("`{0}` matches nothing: a kind is lower-case, such as in queue/Emergency*")]
    Kind(String),
    /// It has more than two stars side by side.
    #[error("`{0}` has `***`: `*` stands for text within a segment, `**` across segments")]
    Stars(String),
    /// It has a percent sign that encodes nothing.
    #[error(
        "`{0}` has a `%` that encodes nothing: addresses spell `%` as %25, `/` as %2F, `*` as %2A"
    )]
    Percent(String),
    /// It has a character that no address has.
    #[error("a pattern of addresses has no control characters")]
    Control,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// No address could ever match it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.chars().any(char::is_control) {
            return Err(PatternError::Control);
        }
        if text.contains("***") {
            return Err(PatternError::Stars(text.to_owned()));
        }
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) || (parts.len() < 2 && !text.contains("**")) {
            return Err(PatternError::Shape(text.to_owned()));
        }
        let head = parts.first().copied().unwrap_or_default();
        let kind = head.split("**").next().unwrap_or_default();
        if !kind.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '*')) {
            return Err(PatternError::Kind(text.to_owned()));
        }
        let steps = steps(text).ok_or_else(|| PatternError::Percent(text.to_owned()))?;
        Ok(Self { text: text.to_owned(), steps })
    }

    /// Whether an address matches.
    #[must_use]
    pub fn matches(&self, address: &Address) -> bool {
        // Every place of the pattern that the text so far leads to, so that no text takes long.
        let mut at = vec![false; self.steps.len() + 1];
        at[0] = true;
        self.pass_stars(&mut at);
        for byte in address.to_string().bytes() {
            let mut next = vec![false; at.len()];
            for (index, step) in self.steps.iter().enumerate().filter(|(index, _)| at[*index]) {
                match step {
                    Step::Byte(own) if *own == byte => next[index + 1] = true,
                    Step::Within if byte != b'/' => next[index] = true,
                    Step::Across => next[index] = true,
                    Step::Byte(_) | Step::Within => {}
                }
            }
            self.pass_stars(&mut next);
            at = next;
        }
        at.last().copied().unwrap_or_default()
    }

    /// The one address that it stands for; none where a star stands for several.
    #[must_use]
    pub fn address(&self) -> Option<Address> {
        let byte = |step: &Step| match step {
            Step::Byte(byte) => Some(*byte),
            Step::Within | Step::Across => None,
        };
        let bytes: Option<Vec<u8>> = self.steps.iter().map(byte).collect();
        String::from_utf8(bytes?).ok()?.parse().ok()
    }

    /// A star may stand for nothing.
    fn pass_stars(&self, at: &mut [bool]) {
        for (index, step) in self.steps.iter().enumerate() {
            if at[index] && !matches!(step, Step::Byte(_)) {
                at[index + 1] = true;
            }
        }
    }

    /// The kind of every address that matches; none where it may be any.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.text.split('/').next().filter(|kind| !kind.contains('*'))
    }
}

fn steps(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (b'*', [b'*', tail @ ..]) => {
                steps.push(Step::Across);
                rest = tail;
            }
            (b'*', _) => steps.push(Step::Within),
            (b'%', [high, low, ..]) if [high, low].iter().all(|b| b.is_ascii_hexdigit()) => {
                let digits = [*high, *low].map(|byte| Step::Byte(byte.to_ascii_uppercase()));
                steps.push(Step::Byte(b'%'));
                steps.extend(digits);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'%', _) => return None,
            (byte, _) => steps.push(Step::Byte(*byte)),
        }
    }
    Some(steps)
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        Self::parse(text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, PatternError};
    use crate::model::Address;

    #[test]
    fn stars_stand_for_text_within_and_across_segments() {
        let check = |pattern: &str, address: &str, expect: bool| {
            let address: Address = address.parse().unwrap();
            let pattern = Pattern::parse(pattern).unwrap();
            assert_eq!(pattern.matches(&address), expect, "{pattern} {address}");
        };
        check("queue/Main", "queue/Main", true);
        check("queue/Main", "queue/Mains", false);
        check("queue/main", "queue/Main", false);
        check("queue/Emergency*", "queue/Emergency Line", true);
        check("queue/Emergency*", "queue/Emergency", true);
        check("queue/Emergency*", "queue/No Emergency", false);
        check("queue/*Line*", "queue/Emergency Line 2", true);
        check("queue/*", "assignment/u-1/billing", false);
        check("*/Main", "queue/Main", true);
        check("assignment/*/billing", "assignment/u-1/billing", true);
        check("assignment/*/billing", "assignment/u-1/sales", false);
        check("assignment/*", "assignment/u-1/billing", false);
        check("assignment/u-1/*", "assignment/u-1/billing", true);
        check("assignment/**", "assignment/u-1/billing", true);
        check("assignment/**billing", "assignment/u-1/billing", true);
        check("export/**/Main", "export/live/Main", true);
        check("**", "queue/Main", true);
        check("**Main", "queue/Main", true);
        check("queue/a*b*c", "queue/a-b-b-c", true);
        check("queue/a*b*c", "queue/a-c-b", false);
        check("queue/Überlauf*", "queue/Überlauf 日本", true);
        let hostile = format!("queue/{}b", "a".repeat(300));
        check(&format!("queue/{}", "a*".repeat(60)), &hostile, true);
        check(&format!("queue/{}c", "a*".repeat(60)), &hostile, false);
    }

    #[test]
    fn a_name_with_special_characters_is_spelled_as_in_its_address() {
        let check = |pattern: &str, name: &str, expect: bool| {
            let pattern = Pattern::parse(pattern).unwrap();
            assert_eq!(pattern.matches(&Address::new("queue", &[name])), expect, "{name}");
        };
        check("queue/Sales %2f EMEA", "Sales / EMEA", true);
        check("queue/Sales*", "Sales / EMEA", true);
        check("queue/100%25", "100%", true);
        check("queue/%2A*", "*star", true);
        check("queue/%2A*", "star", false);
    }

    #[test]
    fn what_could_match_nothing_is_refused() {
        let check = |text: &str, expect: fn(String) -> PatternError| {
            assert_eq!(Pattern::parse(text), Err(expect(text.to_owned())), "{text}");
        };
        check("", PatternError::Shape);
        check("queue", PatternError::Shape);
        check("Emergency*", PatternError::Shape);
        check("queue/", PatternError::Shape);
        check("/queue/x", PatternError::Shape);
        check("queue//x", PatternError::Shape);
        check("Queue/x", PatternError::Kind);
        check("queue/***", PatternError::Stars);
        check("queue/100%", PatternError::Percent);
        check("queue/100%zz", PatternError::Percent);
        check("queue/a\u{7}", |_| PatternError::Control);
    }

    #[test]
    fn without_a_star_it_is_one_address() {
        let check = |text: &str, expect: Option<Address>| {
            assert_eq!(Pattern::parse(text).unwrap().address(), expect, "{text}");
        };
        check("queue/Main", Some(Address::new("queue", &["Main"])));
        check("queue/Sales %2f Überlauf", Some(Address::new("queue", &["Sales / Überlauf"])));
        check("assignment/u-1/billing", Some(Address::new("assignment", &["u-1", "billing"])));
        check("queue/Main*", None);
        check("**Main", None);
    }

    #[test]
    fn the_kind_is_known_unless_a_star_stands_for_it() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(Pattern::parse(text).unwrap().kind(), expect, "{text}");
        };
        check("queue/*", Some("queue"));
        check("*/Main", None);
        check("**", None);
        check("que**", None);
    }
}
