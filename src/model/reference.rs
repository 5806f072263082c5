//! References as they stand in manifests, and why one finds nothing.

/// A reference as it stands in a manifest: `billing`, `id:s-1` or `name:billing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// Matches an id, a name or an e-mail address.
    Bare(&'a str),
    /// Matches an id only.
    Id(&'a str),
    /// Matches a name only.
    Name(&'a str),
}

impl<'a> Reference<'a> {
    /// Reads the prefix.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        if let Some(id) = text.strip_prefix("id:") {
            Self::Id(id)
        } else if let Some(name) = text.strip_prefix("name:") {
            Self::Name(name)
        } else {
            Self::Bare(text)
        }
    }
}

/// Why a reference found nothing, or too much.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Nothing has that id, name or address.
    #[error("the tenant has no {kind} `{text}`")]
    Unknown {
        /// What was looked for: `skill`.
        kind: &'static str,
        /// The reference as written.
        text: String,
        /// The way out.
        hint: String,
    },
    /// Two different things match.
    #[error("`{text}` matches two {kind}s: {first} and {second}")]
    Ambiguous {
        /// What was looked for.
        kind: &'static str,
        /// The reference as written.
        text: String,
        /// One match.
        first: String,
        /// Another match.
        second: String,
    },
    /// It is the name of something that a manifest gives another one.
    #[error("the {kind} `{text}` is being renamed to `{to}`")]
    Renamed {
        /// What was looked for.
        kind: &'static str,
        /// The reference as written.
        text: String,
        /// The new name.
        to: String,
    },
}

impl ReferenceError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { hint, .. } => hint.clone(),
            Self::Ambiguous { .. } => "write `id:…` or `name:…` to say which".to_owned(),
            Self::Renamed { to, .. } => format!("write `{to}`"),
        }
    }
}

/// The longest text that a "did you mean" is looked for, in characters.
const LONGEST_HINT: usize = 100;

/// The candidate that is most like `text`, if any is like enough for a "did you mean".
#[must_use]
pub fn closest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let length = text.chars().count();
    let near = |candidate: &str| {
        let other = candidate.chars().count();
        length <= LONGEST_HINT && other.abs_diff(length) <= 1 + other / 4
    };
    candidates
        .into_iter()
        .filter(|candidate| near(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(text, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}
