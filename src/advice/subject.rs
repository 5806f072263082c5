//! What advice is given about: the values that the manifests declare, and whose figures speak for
//! them.

use crate::facts;
use crate::http::{Dialect, Query};
use crate::kinds::kind_of;
use crate::model::{Address, Desired, Facts, Place};

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Agents' proficiency levels.
    Levels,
    /// Queues' capacities.
    Capacity,
}

impl Topic {
    /// The value, a JSON pointer into the documents that have it.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Levels => "/level",
            Self::Capacity => "/capacity",
        }
    }

    /// What has it.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Levels => "assignment",
            Self::Capacity => "queue",
        }
    }

    /// The sort of whose figures speak for it.
    #[must_use]
    pub fn sort(self) -> &'static str {
        match self {
            Self::Levels => "agent",
            Self::Capacity => "queue",
        }
    }

    /// Asks for the figures of one of that sort.
    #[must_use]
    pub fn query(self, dialect: Dialect, id: &str) -> Query {
        match self {
            Self::Levels => facts::ask_agent(dialect, id),
            Self::Capacity => facts::ask_queue(dialect, id),
        }
    }
}

/// One declared value.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Whose value it is.
    pub address: Address,
    /// What people call it.
    pub label: String,
    /// What the manifest says.
    pub current: i64,
    /// Where it declares it.
    pub place: Place,
    /// Whose figures speak for it.
    pub about: Address,
    /// What people call that.
    pub who: String,
    /// The tenant's id of that; none for what is not in the tenant yet.
    pub id: Option<String>,
}

/// The declared values that a topic is about, in the order of their addresses.
#[must_use]
pub fn subjects(topic: Topic, desired: &Desired, facts: &Facts) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for entry in desired.of_kind(topic.kind()).filter(|entry| !entry.value.absent) {
        let (address, declared) = (entry.address(), entry.value);
        let value = declared.document.value();
        let Some(current) = value.pointer(topic.path()).and_then(serde_json::Value::as_i64) else {
            continue;
        };
        let label = kind_of(&address)
            .map_or_else(String::new, |kind| kind.label(&address, &declared.links, facts));
        let link = declared.links.iter().find(|link| link.address.kind() == topic.sort());
        let (about, id) = match link.filter(|_| topic.sort() != topic.kind()) {
            Some(link) => (link.address.clone(), link.id.as_deref().map(str::to_owned)),
            None => (address.clone(), own_id(topic, &address, facts)),
        };
        let who = match &id {
            Some(id) => facts.label_of(topic.sort(), id),
            None => about.segment(0),
        };
        subjects.push(Subject {
            address,
            label,
            current,
            place: declared.place.clone(),
            about,
            who,
            id,
        });
    }
    subjects
}

/// The tenant's id of a resource that is known by its name.
fn own_id(topic: Topic, address: &Address, facts: &Facts) -> Option<String> {
    let name = address.segment(0);
    facts.of(topic.sort())?.named(&name).find_map(|named| named.id.clone())
}
