//! What the tenant says and we do not manage.

use std::collections::{BTreeMap, BTreeSet};

use super::Names;

/// One licence of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// The licence's type: `routing`, `agent`, …
    pub kind: String,
    /// Whether it is active; no status counts as active.
    pub active: bool,
}

/// Read-only knowledge about a tenant, as far as the manifests made it necessary to ask.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The tenant's agents, keyed by id.
    pub agents: Names,
    /// The tenant's skills.
    pub skills: Names,
    /// The tenant's queues, and those that the manifests declare.
    pub queues: Names,
    /// Ids (or, where a strategy gives them so, names) of the skills that an active routing
    /// strategy uses; none until the strategies were read.
    pub active_skills: Option<BTreeSet<String>>,
    /// Licences of the agents that were asked for, by agent id.
    pub licences: BTreeMap<String, Vec<Licence>>,
    /// How many agents the tenant is licensed for, from the settings.
    pub licensed_agents: Option<u64>,
}
