//! What should be, and what is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use smallvec::SmallVec;

use super::{Address, Document, Place, Raw, Recurrence, Resources};

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
    /// Set where its window is an occurrence of a recurring one.
    pub recurs: Option<Arc<Recurrence>>,
}

/// Everything that the manifests declare: the resources, which it reads as, and what they say about
/// the rest.
#[derive(Clone, Debug, Default)]
pub struct Desired {
    resources: Resources<Declared>,
    /// The first parts of addresses under which nothing else should be, and where a manifest says
    /// so.
    exclusive: BTreeMap<Arc<str>, Place>,
    /// What the tenant calls otherwise, by its new address.
    renamed: BTreeMap<Address, Renamed>,
    /// Who is in which group, by the first parts of their addresses.
    teams: BTreeMap<String, BTreeSet<Arc<str>>>,
}

/// What a resource is called in the tenant before a manifest renames it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The address that it has.
    pub from: Address,
    /// The name that it has, if it has one.
    pub before: Option<String>,
    /// The name that it will have.
    pub after: String,
}

impl Desired {
    /// Nothing else should be under this first part of addresses.
    pub fn exclude_others(&mut self, head: &Arc<str>, place: &Place) {
        match self.exclusive.get_mut(head) {
            Some(known) if *known <= *place => {}
            Some(known) => *known = place.clone(),
            None => drop(self.exclusive.insert(Arc::clone(head), place.clone())),
        }
    }

    /// Where a manifest says that nothing else should be under this first part of addresses.
    #[must_use]
    pub fn excludes_others(&self, head: &str) -> Option<&Place> {
        self.exclusive.get(head)
    }

    /// The resource at this address has another name in the tenant.
    pub fn rename(&mut self, address: &Address, renamed: Renamed) {
        self.renamed.insert(address.clone(), renamed);
    }

    /// What the resource at this address is called in the tenant, where that is another name.
    #[must_use]
    pub fn renamed(&self, address: &Address) -> Option<&Renamed> {
        self.renamed.get(address)
    }

    /// Somebody is in a group; `member` is the first part of its addresses.
    pub fn join(&mut self, team: &str, member: &Arc<str>) {
        match self.teams.get_mut(team) {
            Some(members) => drop(members.insert(Arc::clone(member))),
            None => drop(self.teams.insert(team.to_owned(), BTreeSet::from([Arc::clone(member)]))),
        }
    }

    /// The groups that manifests speak of, and who is in them.
    pub fn teams(&self) -> impl Iterator<Item = (&String, &BTreeSet<Arc<str>>)> {
        self.teams.iter()
    }

    /// Whether a manifest says anything about what is under this first part of addresses.
    #[must_use]
    pub fn has_head(&self, head: &str) -> bool {
        self.resources.has_head(head) || self.exclusive.contains_key(head)
    }

    /// The first parts of the addresses of a kind about which a manifest says anything.
    pub fn heads<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Arc<str>> {
        let empty = self.exclusive.keys().filter(move |head| {
            head.split('/').next() == Some(kind) && !self.resources.has_head(head)
        });
        self.resources.heads(kind).chain(empty)
    }
}

impl Deref for Desired {
    type Target = Resources<Declared>;

    fn deref(&self) -> &Self::Target {
        &self.resources
    }
}

impl DerefMut for Desired {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.resources
    }
}

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
    /// What else there is at an address, where the tenant lets several have one name.
    pub others: BTreeMap<Address, Vec<Remote>>,
    /// The version of each lane that was read, where the tenant has versions (`ETag`).
    pub versions: BTreeMap<Address, Arc<str>>,
    /// Kinds of which no manifest speaks: their resources are only looked at.
    pub aside: BTreeSet<&'static str>,
}
