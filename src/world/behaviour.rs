//! What a tenant is like: its limits, its habits, and what goes wrong in it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Fault;

/// How the simulated tenant behaves. Everything has a default: a tenant that keeps the contract,
/// tells versions and totals, and limits nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Behaviour {
    /// Requests a second that are answered, over a sliding second; past it 429. 0 is no limit.
    pub requests_per_second: u32,
    /// Requests in flight that are answered; past it 429. 0 is no limit.
    pub concurrency: u32,
    /// Which answers carry an `ETag`. With `none`, `If-Match` is not looked at.
    pub etags: Etags,
    /// The status of a stale `If-Match`: 409 or 412.
    pub stale_status: u16,
    /// Whether lists tell their `total`.
    pub total: bool,
    /// The order of lists.
    pub order: Order,
    /// What `order: shuffled` shuffles with.
    pub shuffle_seed: u64,
    /// Whether times are answered with an offset; without one they are in UTC.
    pub offsets: bool,
    /// Whether answers carry a field that no contract names.
    pub extra_fields: bool,
    /// Whether optional fields that are missing are answered as null.
    pub nulls: bool,
    /// How a strategy spells its skills.
    pub strategy_skills: StrategySkills,
    /// How `Retry-After` is spelled.
    pub retry_after: RetryAfter,
    /// How long a token lives, in seconds.
    pub token_seconds: u32,
    /// The scopes that a token is granted; all of the contract's where unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// Whether the token's answer names its scopes.
    pub tell_scopes: bool,
    /// The client that may ask for tokens; any id and secret that are not empty where unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
    /// What goes wrong, and when. For each request the first fault that applies is taken.
    pub faults: Vec<Fault>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            requests_per_second: 0,
            concurrency: 0,
            etags: Etags::All,
            stale_status: 409,
            total: true,
            order: Order::Sorted,
            shuffle_seed: 0,
            offsets: true,
            extra_fields: false,
            nulls: false,
            strategy_skills: StrategySkills::Stored,
            retry_after: RetryAfter::Seconds,
            token_seconds: 7200,
            scopes: None,
            tell_scopes: true,
            credentials: None,
            faults: Vec::new(),
        }
    }
}

/// Which answers carry an `ETag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Etags {
    /// Reads and writes.
    All,
    /// Reads only.
    Reads,
    /// None: the tenant has no versions.
    None,
}

/// The order of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Order {
    /// By id.
    Sorted,
    /// By id, backwards.
    Reversed,
    /// In an order without sense that is the same for the same seed and on every page.
    Shuffled,
}

/// How the `skills` of a strategy are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StrategySkills {
    /// As the snapshot has them.
    Stored,
    /// As ids.
    Ids,
    /// As objects with `id`.
    Id,
    /// As objects with `skillId`.
    SkillId,
}

/// How `Retry-After` is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RetryAfter {
    /// Whole seconds.
    Seconds,
    /// An HTTP date.
    Date,
}

/// A client that may ask for tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credentials {
    /// Its id.
    pub client_id: String,
    /// Its secret: one of a simulated tenant, never a real one.
    pub client_secret: String,
}
