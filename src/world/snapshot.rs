//! `kind: Tenant`: everything a tenant holds, as the tenant tells it, in one document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Analytics, Behaviour};

/// A tenant as one document: what seeds the simulated tenant, what `snapshot` writes, and what a
/// plan can be made against without a network. Its rows are as the API tells them; fields that
/// this schema does not name are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    /// The version of this format.
    pub api_version: ApiVersion,
    /// `Tenant`.
    pub kind: TenantKind,
    /// What the snapshot is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// How the simulated tenant behaves; says nothing about a real one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behaviour: Option<Behaviour>,
    /// The skills.
    #[serde(default)]
    pub skills: Vec<SkillRow>,
    /// The routing strategies.
    #[serde(default)]
    pub strategies: Vec<StrategyRow>,
    /// The agents, with their licences.
    #[serde(default)]
    pub agents: Vec<AgentRow>,
    /// The queues.
    #[serde(default)]
    pub queues: Vec<QueueRow>,
    /// The skill assignments of all agents.
    #[serde(default)]
    pub assignments: Vec<AssignmentRow>,
    /// The event-stream exports.
    #[serde(default)]
    pub exports: Vec<ExportRow>,
    /// What the analytics queries answer from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analytics: Option<Analytics>,
}

impl Snapshot {
    /// A snapshot without rows.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            api_version: ApiVersion::V1,
            kind: TenantKind::Tenant,
            metadata: None,
            behaviour: None,
            skills: Vec::new(),
            strategies: Vec::new(),
            agents: Vec::new(),
            queues: Vec::new(),
            assignments: Vec::new(),
            exports: Vec::new(),
            analytics: None,
        }
    }
}

/// The version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The first.
    #[serde(rename = "cxform/v1")]
    V1,
}

/// The kind of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TenantKind {
    /// A tenant.
    Tenant,
}

/// What a snapshot is called, and where it was taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The tenant's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The base URL of the tenant that it was taken from, or `sim:FILE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A skill.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SkillRow {
    /// The tenant's id of it.
    pub id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A routing strategy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StrategyRow {
    /// The tenant's id of it.
    pub id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `active`, or another word where it is not in use.
    pub status: String,
    /// The skills that it routes by: ids, or objects with `id` or `skillId`.
    #[serde(default)]
    pub skills: Vec<Value>,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An agent: a user, and the licences that the user has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgentRow {
    /// The tenant's id of the user.
    pub id: String,
    /// The name; not unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The user's state, `active` for one who works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The licences.
    #[serde(default)]
    pub licenses: Vec<LicenceRow>,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A licence of an agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LicenceRow {
    /// Its type; `routing` or `agent` for one that may be routed to.
    pub license_type: String,
    /// Its status; active where unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueRow {
    /// The tenant's id of it.
    pub id: String,
    /// Its name, unique in the tenant.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its type, `standard` for the usual one.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub queue_type: Option<String>,
    /// How many it holds, 1 to 5000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<i64>,
    /// Where what does not fit goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow: Option<OverflowRow>,
    /// The ids of the skills whose holders serve it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_groups: Option<Vec<String>>,
    /// Its priority, 0 to 9.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Its routing rules, in their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_rules: Option<Vec<RuleRow>>,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The overflow of a queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverflowRow {
    /// `queue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow_type: Option<String>,
    /// The id of the queue that takes what does not fit; null for none.
    #[serde(default)]
    pub overflow_target_id: Option<String>,
    /// From which load on, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow_threshold: Option<serde_json::Number>,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A routing rule of a queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleRow {
    /// What it rules: `priority`, `capacity`, or another word.
    #[serde(rename = "type")]
    pub rule_type: String,
    /// Its value.
    #[serde(default)]
    pub value: Value,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A skill assignment: an agent holds a skill at a proficiency level, for a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentRow {
    /// The tenant's id of it; the simulated tenant makes one where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The agent's id.
    pub user_id: String,
    /// The skill's id.
    pub skill_id: String,
    /// The proficiency level, 1 (lowest) to 5.
    pub level: i64,
    /// From when it is available. A time without an offset is in UTC.
    pub available_from: String,
    /// Until when, later than that.
    pub available_to: String,
    /// When it was written last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An event-stream export.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportRow {
    /// The tenant's id of it.
    pub id: String,
    /// Its name; not unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for. In one that cxform made: which headers it has, and fingerprints of their
    /// secret values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The events that it sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_types: Option<Vec<String>>,
    /// Which queue's events; those of all queues where unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<FilterRow>,
    /// Where they are sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<DestinationRow>,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Whose events an export sends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilterRow {
    /// `queueId`.
    pub path: String,
    /// `EQUALS`.
    pub operator: String,
    /// The queue's id.
    pub value: String,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Where an export sends events to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DestinationRow {
    /// `http`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub destination_type: Option<String>,
    /// The URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
    /// The headers, by their names; the values are masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<Map<String, Value>>,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
