//! What became different in the tenant, by whom, and what a request is about.

use std::collections::BTreeMap;

use cxform::http::Method;
use cxform::world::{Incoming, World, decode_query};
use serde_json::Value;

use crate::cases::Rows;

/// Who made a row different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A request of the run with this index.
    Run(usize),
    /// Somebody else.
    Others,
}

/// One row that became different.
#[derive(Clone, Debug)]
pub(super) struct Effect {
    pub(super) who: Who,
    pub(super) table: &'static str,
    pub(super) id: String,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    /// What the request carried.
    pub(super) body: Value,
    /// Whether its client had given it up by then: who had looked before could not know.
    pub(super) is_late: bool,
}

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// All queues, or a new one.
    Queues,
    /// One queue.
    Queue(String),
    /// The assignments of an agent.
    Agent(String),
    /// A token.
    Token,
    /// Anything else.
    Facts,
}

impl About {
    pub(super) fn of(incoming: &Incoming) -> Self {
        let segments: Vec<String> = incoming.path.split('/').skip(3).map(decoded).collect();
        match segments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["queues"] => Self::Queues,
            ["queues", id] => Self::Queue(id.to_owned()),
            ["users", agent, "skill-assignments", ..] => Self::Agent(agent.to_owned()),
            ["oauth", "token"] => Self::Token,
            _ => Self::Facts,
        }
    }

    /// The rows that such a request may change, as they are.
    pub(super) fn rows(&self, world: &World) -> Rows {
        let table = |table: &'static str, rows: Vec<(&str, &Value)>| -> Rows {
            rows.into_iter().map(|(id, row)| ((table, id.to_owned()), row.clone())).collect()
        };
        match self {
            Self::Queues => table("queues", world.table("queues").rows().collect()),
            Self::Queue(id) => {
                let row = world.table("queues").get(id);
                table("queues", row.map(|row| (id.as_str(), row)).into_iter().collect())
            }
            Self::Agent(agent) => {
                table("assignments", world.table("assignments").group(agent).collect())
            }
            Self::Token | Self::Facts => Rows::new(),
        }
    }
}

/// A path as it is sent is decoded like a query's value.
fn decoded(segment: &str) -> String {
    decode_query(segment).pop().map_or_else(String::new, |(text, _)| text)
}

/// Whether a request would change the tenant.
pub(super) fn is_write(incoming: &Incoming) -> bool {
    incoming.method != Method::Get && !incoming.path.ends_with("/oauth/token")
}

/// What differs between two pictures of the same rows.
pub(super) fn effects(
    who: Who,
    before: &Rows,
    after: &Rows,
    body: &Value,
    is_late: bool,
) -> Vec<Effect> {
    let both: BTreeMap<_, _> = before.iter().chain(after).collect();
    let differ = both.into_keys().filter(|key| before.get(*key) != after.get(*key));
    let effect = |key: &(&'static str, String)| Effect {
        who,
        table: key.0,
        id: key.1.clone(),
        before: before.get(key).cloned(),
        after: after.get(key).cloned(),
        body: body.clone(),
        is_late,
    };
    differ.map(effect).collect()
}
