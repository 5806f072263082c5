//! What a project decides about the rules.

use std::collections::BTreeMap;

use crate::model::{Address, Floors, Level, Limits, Pattern, Place};

/// What a project decides about the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// What a rule's failure does, where that is not the default.
    pub checks: BTreeMap<String, Setting>,
    /// Whether deletions are applied instead of held.
    pub allow_delete: bool,
    /// Whether some of the project's manifests were not read: what no other one declares may be
    /// declared there.
    pub is_partial: bool,
    /// How much a plan may do.
    pub limits: Limits,
    /// The fewest agents that may be left.
    pub floors: Floors,
    /// What is never deleted.
    pub protect: Vec<Protected>,
}

/// What a rule's failure does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The plan cannot be applied.
    Block,
    /// The change is withheld, the rest goes on.
    Hold,
    /// It is told.
    Warn,
    /// The rule is not asked.
    Off,
}

/// Resources that are never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protected {
    /// Their addresses.
    pub pattern: Pattern,
    /// Where the project says so.
    pub place: Place,
}

impl Policy {
    /// Whether a rule is asked at all.
    #[must_use]
    pub fn is_on(&self, rule: &str) -> bool {
        self.checks.get(rule) != Some(&Setting::Off) && !self.limits.is_missing(rule)
    }

    /// What the failure of a rule does.
    pub(super) fn level(&self, rule: &str, default: Level) -> Level {
        match self.checks.get(rule) {
            // What is an error by nature, and what guards a deletion, is not for a policy to say.
            _ if default == Level::Error => default,
            Some(Setting::Block) => Level::Block,
            Some(Setting::Hold) => Level::Hold,
            Some(Setting::Warn) => Level::Warn,
            Some(Setting::Off) | None => default,
        }
    }

    /// What protects a resource from being deleted.
    pub(super) fn protection(&self, address: &Address) -> Option<&Protected> {
        self.protect.iter().find(|protected| protected.pattern.matches(address))
    }
}
