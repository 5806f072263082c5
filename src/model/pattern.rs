//! Patterns of addresses: `queue/Emergency*`, `assignment/*/billing`, `assignment/u-1016/**`.

use super::Address;

/// Which addresses are meant. `*` stands for any text within a segment, `**` for any text at all;
/// everything else for itself, spelled as addresses are. A `*` of a name is `%2A` in its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// Any text without a slash.
    Within,
    /// Any text.
    Across,
}

/// What is wrong with a text that should be a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no pattern of addresses: expected KIND/NAME, such as queue/billing or queue/Night*"
)]
pub struct PatternError(String);

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// It is empty, has control characters, or could never match an address.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let has_kind = text.split_once('/').is_some_and(|(kind, name)| {
            let is_word = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '*');
            !kind.is_empty() && kind.chars().all(is_word) && !name.is_empty()
        });
        if !(has_kind || text.starts_with("**")) || text.chars().any(char::is_control) {
            return Err(PatternError(text.to_owned()));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('*') {
            if at > 0 {
                parts.push(Part::Text(rest[..at].to_owned()));
            }
            let stars = rest[at..].bytes().take_while(|byte| *byte == b'*').count();
            parts.push(if stars == 1 { Part::Within } else { Part::Across });
            rest = &rest[at + stars..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether an address is meant.
    #[must_use]
    pub fn matches(&self, address: &Address) -> bool {
        fits(&self.parts, &address.to_string())
    }
}

fn fits(parts: &[Part], text: &str) -> bool {
    let Some((part, rest)) = parts.split_first() else { return text.is_empty() };
    let reach = match part {
        Part::Text(literal) => {
            return text.strip_prefix(&**literal).is_some_and(|text| fits(rest, text));
        }
        Part::Within => text.find('/').unwrap_or(text.len()),
        Part::Across => text.len(),
    };
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.take_while(|end| *end <= reach).any(|end| fits(rest, &text[end..]))
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for Pattern {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn stars_stay_within_a_segment_and_double_stars_do_not() {
        let check = |pattern: &str, address: &str, expect: bool| {
            let address = address.parse().unwrap();
            assert_eq!(
                Pattern::parse(pattern).unwrap().matches(&address),
                expect,
                "{pattern} {address}"
            );
        };
        check("queue/billing", "queue/billing", true);
        check("queue/billing", "queue/billing2", false);
        check("queue/Emergency*", "queue/Emergency", true);
        check("queue/Emergency*", "queue/Emergency North", true);
        check("queue/*gency*", "queue/Emergency North", true);
        check("queue/Ü*", "queue/Überlauf", true);
        check("queue/*", "queue/a%2Fb", true);
        check("assignment/u-1/*", "assignment/u-1/billing", true);
        check("assignment/*", "assignment/u-1/billing", false);
        check("assignment/**", "assignment/u-1/billing", true);
        check("assignment/*/billing", "assignment/u-1/billing", true);
        check("assignment/*/billing", "assignment/u-1/billing_en", false);
        check("**/billing", "assignment/u-1/billing", true);
        check("**", "queue/x", true);
        check("*/x", "queue/x", true);
        check("queue/100%25%2A", "queue/100%25%2A", true);
    }

    #[test]
    fn what_can_match_nothing_is_refused() {
        for text in ["", "queue", "queue/", "/x", "Queue/x", "queue/a\u{7}", "*"] {
            assert!(Pattern::parse(text).is_err(), "{text:?}");
        }
    }
}
