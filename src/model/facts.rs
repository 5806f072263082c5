//! What the tenant says and we do not manage.

use std::collections::{BTreeMap, BTreeSet};

use super::{Address, Key, Named, Names, References, Secrets};

/// One licence of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// The licence's type: `routing`, `agent`, …
    pub kind: String,
    /// Whether it is active; no status counts as active.
    pub active: bool,
}

/// Read-only knowledge about a tenant, as far as the manifests made it necessary to ask.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What can be referred to, by sort: `agent`, `skill`, `queue`.
    pub names: BTreeMap<&'static str, Names>,
    /// Ids of the skills that an active routing strategy uses; none until they were read.
    pub active_skills: Option<BTreeSet<String>>,
    /// Licences of the agents that were asked for, by agent id.
    pub licences: BTreeMap<String, Vec<Licence>>,
    /// How many agents the tenant is licensed for, from the settings.
    pub licensed_agents: Option<u64>,
    /// The zone of times that the tenant sends without an offset.
    pub timezone: jiff::tz::TimeZone,
    /// The time that the plan is made for; where there is none, no rule about time is asked.
    pub now: Option<jiff::Timestamp>,
    /// The secrets that the manifests name, as far as this machine knows them.
    pub secrets: Secrets,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            names: BTreeMap::new(),
            active_skills: None,
            licences: BTreeMap::new(),
            licensed_agents: None,
            timezone: jiff::tz::TimeZone::UTC,
            now: None,
            secrets: Secrets::default(),
        }
    }
}

impl Facts {
    /// The names of one sort, if they were read.
    #[must_use]
    pub fn of(&self, sort: &str) -> Option<&Names> {
        self.names.get(sort)
    }

    /// The address of the thing of `sort` that has this id, listed or not.
    #[must_use]
    pub fn address_of(&self, sort: &'static str, id: &str) -> Address {
        let segment = match self.of(sort) {
            Some(names) => names.segment_of(id),
            None => format!("id:{id}"),
        };
        Address::new(sort, &[&segment])
    }

    /// What a person calls the thing of `sort` that has this id.
    #[must_use]
    pub fn label_of(&self, sort: &str, id: &str) -> String {
        self.of(sort).map_or_else(|| id.to_owned(), |names| names.label_of(id))
    }

    /// Facts that know nothing but these addresses and their ids: what a saved plan brings along.
    #[must_use]
    pub fn from_references(
        references: &References,
        sorts: &[&'static str],
        timezone: jiff::tz::TimeZone,
    ) -> Self {
        let mut facts = Self { timezone, ..Self::default() };
        for sort in sorts {
            let known = references.iter().filter(|(_, id)| id.is_some());
            let entries = known.filter(|(address, _)| address.kind() == *sort);
            let named = entries.map(|(address, id)| {
                let segment = address.segment(0);
                let name = (!segment.starts_with("id:")).then_some(segment);
                Named { id: id.as_deref().map(str::to_owned), name, email: None }
            });
            facts.names.insert(sort, Names::new(sort, false, named));
        }
        facts
    }
}

/// A key that stands for the text itself, where no tenant can be asked.
#[must_use]
pub fn unresolved(text: &str) -> Key {
    Key { segment: text.to_owned(), id: None }
}
