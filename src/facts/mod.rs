//! What the tenant says and we never write: agents, skills, routing strategies and licences.

mod analytics;
mod licences;
pub mod sim;
mod strategies;

pub use analytics::{
    AgentFigures, DAYS, FIGURES, Figures, QueueDay, agent_figures, ask_agent, ask_queue, queue_day,
};
pub use licences::{LICENSED, licences, may_be_routed, read_licences, with_licences};
pub use strategies::{STRATEGIES, active_skills, list_strategies};

use serde::Deserialize;

use crate::http::{Dialect, Read, lenient};
use crate::model::Named;

/// One sort of thing that manifests refer to and that is only read.
pub struct Source {
    /// The sort: `agent`.
    pub sort: &'static str,
    /// The list of a snapshot that holds them: `agents`.
    pub section: &'static str,
    /// Whether addresses use the id, because names are not unique.
    pub keyed_by_id: bool,
    /// The paged list, by dialect.
    pub list: fn(Dialect) -> Read,
    /// What one listed entity is called.
    pub named: fn(&str) -> Option<Named>,
}

/// The sort of those who are people.
pub const PEOPLE: &str = "agent";

/// All sources.
pub const SOURCES: &[Source] = &[
    Source { sort: PEOPLE, section: "agents", keyed_by_id: true, list: users, named },
    Source { sort: "skill", section: "skills", keyed_by_id: false, list: skills, named },
];

fn users(dialect: Dialect) -> Read {
    match dialect {
        Dialect::V2 => Read::new("/api/v2/users", "users:read"),
    }
}

fn skills(dialect: Dialect) -> Read {
    match dialect {
        Dialect::V2 => Read::new("/api/v2/skills", "skill:read"),
    }
}

/// The tenant's id of what a row tells, where it has one.
#[must_use]
pub fn id_of(row: &str) -> Option<String> {
    let mut id = None;
    let is_object = lenient::fields(row, |name, value| {
        if name == "id" {
            id = Some(value);
        }
    });
    lenient::verbatim_text(id.filter(|_| is_object)?).map(std::borrow::Cow::into_owned)
}

/// Users and skills are told alike: an id, perhaps a name, perhaps an e-mail address.
fn named(row: &str) -> Option<Named> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Row {
        #[serde(deserialize_with = "lenient::text")]
        id: Option<String>,
        #[serde(deserialize_with = "lenient::text")]
        name: Option<String>,
        #[serde(deserialize_with = "lenient::text")]
        email: Option<String>,
    }
    let Row { id: Some(id), name, email } = serde_json::from_str(row).ok()? else {
        return None;
    };
    let full = |text: Option<String>| text.filter(|text| !text.is_empty());
    Some(Named { id: Some(id), name: full(name), email: full(email) })
}
