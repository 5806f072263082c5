//! How a dialect spells a kind: values in, values out.

use serde::{Deserialize, Serialize};

use crate::http::{Read, Write};
use crate::model::{Address, Document, Facts, Named, Raw, Remote, Secrets};

/// How a dialect spells a kind: values in, values out.
pub trait Wire: Sync {
    /// Writes of one lane go one after the other and hand on its version.
    fn lane(&self, address: &Address) -> Address;

    /// The list of the whole tenant, where there is one.
    fn list(&self) -> Option<Read>;

    /// The list of a snapshot that holds its entities: `queues`.
    fn section(&self) -> &'static str;

    /// What a listed entity is called by references.
    fn named(&self, row: &str) -> Option<Named>;

    /// The sort of what its lanes are, where it is not listed as a whole but lane by lane: `agent`.
    fn lanes(&self) -> Option<&'static str> {
        None
    }

    /// The read of one lane's entities, where it is told lane by lane.
    fn part(&self, lane: &Address) -> Option<Read> {
        let _ = lane;
        None
    }

    /// An entity of a lane with all that it needs to stand without it, in a snapshot.
    fn alone(&self, row: &Raw, lane: &Address) -> Raw {
        let _ = lane;
        row.clone()
    }

    /// A listed entity as a snapshot may have it: without what is secret in it.
    fn shown(&self, row: Raw) -> Raw {
        row
    }

    /// Whether a snapshot is of use without its entities, where the token may not read them.
    fn is_spared(&self) -> bool {
        false
    }

    /// Whether nothing of it can be changed: an update makes it anew, and then deletes the one that
    /// was there. Such resources are told by a list alone, and several may have one name.
    fn replaces(&self) -> bool {
        false
    }

    /// Whether an entity says of itself that cxform made it.
    fn is_ours(&self, raw: &Raw) -> bool {
        let _ = raw;
        false
    }

    /// What reads entities, one after the other.
    fn decoder<'f>(&self, facts: &'f Facts) -> Box<dyn Decode + Send + 'f>;

    /// What a change starts from.
    fn basis(&self, action: Action) -> Basis;

    /// How to read one resource again: before a write, after a conflict, after a lost answer.
    fn look(&self, address: &Address, id: Option<&str>) -> Look;

    /// The request that a change becomes.
    ///
    /// # Errors
    /// What is missing: the id of a reference or of the resource itself.
    fn write(&self, change: &Writing<'_>) -> Result<Write, String>;

    /// The fields of a `Remote`'s raw form that no document has: they cannot be made anew.
    fn unknown(&self, raw: &Raw) -> Vec<String>;

    /// The id that the tenant's answer to a create tells.
    fn created_id(&self, answer: &Raw) -> Option<String>;

    /// The scopes that reading needs.
    fn read_scopes(&self) -> &'static [&'static str];

    /// The scope that an action needs.
    fn write_scope(&self, action: Action) -> &'static str;
}

/// Reads the entities of one kind; keeps what many of them share.
pub trait Decode {
    /// Reads one entity, as JSON; none where it cannot be addressed (it lacks an id, say). Without
    /// a lane, the entity itself tells what it belongs to.
    fn decode(&mut self, row: &str, lane: Option<&Address>) -> Option<(Address, Remote)>;
}

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It does not exist and will.
    Create,
    /// It exists and changes.
    Update,
    /// It exists and will not.
    Delete,
}

impl Action {
    /// The action in a word, as plans, audits and reports have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// What a change starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A read right before it: that gives the version, and the fields to send back.
    Read,
    /// The version of its lane; a read where the lane has none.
    Lane,
    /// Nothing: there is nothing yet.
    Nothing,
}

/// How one resource is read again.
#[derive(Clone, Debug)]
pub enum Look {
    /// One read answers the resource, or 404.
    One(Read),
    /// The resource is one of a paged list.
    Listed(Read),
}

/// One write, as [`Wire::write`] sees it.
#[derive(Clone, Copy)]
pub struct Writing<'a> {
    /// The resource.
    pub address: &'a Address,
    /// The tenant's id of it; none for a create.
    pub id: Option<&'a str>,
    /// What is done.
    pub action: Action,
    /// Every leaf that is known, with the reviewed changes laid over it.
    pub document: &'a Document,
    /// The leaves that were reviewed and change.
    pub paths: &'a [String],
    /// What goes back untouched.
    pub raw: Option<&'a Raw>,
    /// The id of anything that the change names, where it is known.
    pub id_of: &'a dyn Fn(&Address) -> Option<String>,
    /// The secrets that documents name by their variables.
    pub secrets: &'a Secrets,
}
