//! What should be, and what is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Address, Document, Place};

/// One resource as the manifests want it.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// The managed leaves, in the manifest's own form.
    pub document: Document,
    /// What the contract fills in when the resource is created, managed leaves included.
    pub on_create: Document,
    /// Whether it should not be there at all.
    pub absent: bool,
    /// Where the manifest says so.
    pub place: Place,
    /// What a person calls it: the queue's name, or agent and skill.
    pub label: String,
    /// The addresses that its fields name, with their ids where those are known.
    pub references: BTreeMap<Address, Option<String>>,
}

/// Everything that the manifests declare.
pub type Desired = BTreeMap<Address, Declared>;

/// One resource as the tenant has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Remote {
    /// The tenant's identifier, where it tells one.
    pub id: Option<String>,
    /// Every leaf that the kind knows, in the manifest's own form.
    pub document: Document,
    /// Fields that an update must send back untouched and that no later read will bring: unknown
    /// ones, and raw times. Empty for kinds that are read right before they are written.
    pub kept: Map<String, Value>,
}

/// Everything that was read from the tenant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The resources.
    pub remotes: BTreeMap<Address, Remote>,
    /// The version of each lane, where the tenant has versions (`ETag`).
    pub versions: BTreeMap<Address, String>,
    /// What was looked for and could not be told apart: two queues of one name.
    pub shared: BTreeSet<Address>,
}
