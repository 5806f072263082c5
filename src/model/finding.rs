//! One complaint, as data: collected, sorted and shown together, never thrown one by one.

use super::{Address, Place};

/// The rule of a finding whose line holds a secret: no rendering shows that line.
pub const LITERAL_SECRET: &str = "literal-secret";

/// How grave a finding is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The manifests cannot be used; no override exists.
    Error,
    /// The plan cannot be applied, unless the rule is overridden for that plan.
    Block,
    /// The change is withheld, the rest goes on.
    Hold,
    /// Worth a look; nothing is stopped.
    Warn,
}

/// One complaint about a manifest or a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where in the manifests, if anywhere.
    pub place: Option<Place>,
    /// How grave.
    pub level: Level,
    /// The rule's name, lower-case with dashes: `unknown-key`, `declared-twice`, `licence`.
    pub rule: &'static str,
    /// What the finding is about, where it is a resource.
    pub address: Option<Address>,
    /// What is wrong: a lower-case fragment without a full stop.
    pub message: String,
    /// The way out, if one can be told.
    pub hint: Option<String>,
    /// A second place that belongs to it (the other declaration), with what it is.
    pub related: Option<(Place, String)>,
}

impl Finding {
    /// An error at a place.
    #[must_use]
    pub fn error(rule: &'static str, place: &Place, message: impl Into<String>) -> Self {
        Self {
            place: Some(place.clone()),
            level: Level::Error,
            rule,
            address: None,
            message: message.into(),
            hint: None,
            related: None,
        }
    }

    /// The same finding with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same finding about a resource.
    #[must_use]
    pub fn about(mut self, address: &Address) -> Self {
        self.address = Some(address.clone());
        self
    }

    /// The same finding with another level.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The same finding with a second place.
    #[must_use]
    pub fn related(mut self, place: &Place, what: impl Into<String>) -> Self {
        self.related = Some((place.clone(), what.into()));
        self
    }
}
