//! The headers that a destination is sent.

use serde::{Deserialize, Serialize};

/// A header, in the manifest's own form: never the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) value: Said,
}

/// What a manifest says of a header's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Said {
    /// The value itself, which is no secret.
    Literal(String),
    /// The variable that holds it.
    Variable { env: String },
}

impl Header {
    /// The variable that holds its value, where that is a secret.
    pub(super) fn variable(&self) -> Option<&str> {
        match &self.value {
            Said::Variable { env } => Some(env),
            Said::Literal(_) => None,
        }
    }
}

/// Whether a text can be the name of a header (RFC 9110, a token).
pub(super) fn is_name(text: &str) -> bool {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(is_of_token)
}

/// Whether a text can be the value of a header: it must not end the line.
pub(super) fn is_value(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\t')
}

/// Words by which a header's name tells that its value is a secret.
const SECRET: &[&str] =
    &["auth", "cookie", "credential", "key", "pass", "secret", "session", "signature", "token"];

/// Whether the value of a header of this name is a secret, as far as its name tells.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET.iter().any(|word| name.contains(word))
}
