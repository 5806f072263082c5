//! What should be, and what is.

use std::collections::BTreeMap;

use super::{Address, Document, Place, Raw};

/// Addresses that a resource names, with the tenant's ids; none for what does not exist yet.
pub type References = BTreeMap<Address, Option<String>>;

/// One resource as the manifests want it.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// The managed leaves, in the manifest's own form.
    pub document: Document,
    /// The managed leaves and what the contract fills in when the resource is created.
    pub on_create: Document,
    /// Whether it should not be there at all.
    pub absent: bool,
    /// Where the manifest says so.
    pub place: Place,
    /// What a person calls it: the queue's name, or agent and skill.
    pub label: String,
    /// What its fields and its own key name.
    pub references: References,
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
    /// What an update sends back untouched, verbatim, where there is anything.
    pub raw: Option<Raw>,
    /// What its fields name.
    pub references: References,
}

/// Everything that was read from the tenant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The resources.
    pub remotes: BTreeMap<Address, Remote>,
    /// The version of each lane that was read, where the tenant has versions (`ETag`).
    pub versions: BTreeMap<Address, String>,
}
