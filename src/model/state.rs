//! What should be, and what is.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::{Address, Document, Place, Raw, Resources};

/// Addresses that a plan names, with the tenant's ids; none for what does not exist yet.
pub type References = BTreeMap<Address, Option<Arc<str>>>;

/// Something that a resource names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// What is named.
    pub address: Address,
    /// The tenant's id of it; none for what does not exist yet.
    pub id: Option<Arc<str>>,
}

/// What one resource names. The many resources that name one thing share its link.
pub type Links = SmallVec<[Arc<Link>; 2]>;

impl Link {
    /// A link to be shared.
    #[must_use]
    pub fn new(address: Address, id: Option<&str>) -> Arc<Self> {
        Arc::new(Self { address, id: id.map(Arc::from) })
    }
}

/// One resource as the manifests want it.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// The managed leaves, in the manifest's own form.
    pub document: Document,
    /// These and what the contract fills in when the resource is created, where that is more.
    pub on_create: Option<Document>,
    /// Whether it should not be there at all.
    pub absent: bool,
    /// Where the manifest says so.
    pub place: Place,
    /// What its fields and its own key name.
    pub links: Links,
}

/// Everything that the manifests declare.
pub type Desired = Resources<Declared>;

/// One resource as the tenant has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Remote {
    /// The tenant's identifier, where it tells one.
    pub id: Option<Arc<str>>,
    /// Every leaf that the kind knows, in the manifest's own form.
    pub document: Document,
    /// What an update sends back untouched, verbatim, where there is anything.
    pub raw: Option<Raw>,
    /// What its fields name.
    pub links: Links,
}

/// Everything that was read from the tenant.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The resources.
    pub remotes: Resources<Remote>,
    /// The version of each lane that was read, where the tenant has versions (`ETag`).
    pub versions: BTreeMap<Address, Arc<str>>,
}
