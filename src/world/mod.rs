//! A tenant in memory: tables of rows with versions, the routes that serve them, limits, tokens,
//! and a personality with scripted faults. It has no socket and no clock: it is told the time.
//!
//! A kind of resource brings its [`Collection`] (its `sim.rs`); the world itself knows none. It is
//! written from the API's documents alone and shares no code with the client, so that the two do
//! not share their mistakes.

mod analytics;
mod answer;
mod auth;
mod behaviour;
mod call;
mod fault;
pub mod generate;
mod journal;
mod limits;
mod refusal;
mod route;
mod rules;
mod sections;
mod seed;
mod serve;
mod shape;
mod snapshot;
mod state;
mod table;
#[cfg(test)]
mod tests;

pub use analytics::{AgentFiguresRow, Analytics, QueueDayRow, QueueFiguresRow};
pub use auth::SCOPES;
pub use behaviour::{Behaviour, Credentials, Etags, Order, RetryAfter, StrategySkills};
pub use call::{Call, Connection, Incoming, Reply, decode_query};
pub use fault::{ErrorBody, Fault, Forever, Garbage, Times, Verb, What};
pub use journal::Logged;
pub use refusal::{FieldError, Refusal};
pub use route::{Access, Collection, Handle, Route};
pub use rules::{Rule, broken, instant, is_rfc3339, is_text, is_text_list, within};
pub use sections::{SectionError, Wanted, sections};
pub use seed::{RowError, SeedError};
pub use serve::World;
pub use snapshot::{
    AgentRow, ApiVersion, AssignmentRow, DestinationRow, ExportRow, FilterRow, LicenceRow,
    Metadata, OverflowRow, QueueRow, RuleRow, SkillRow, Snapshot, StrategyRow, TenantKind,
};
pub use state::State;
pub use table::{Row, Table};
