//! What the analytics queries answer from: figures of agents and queues, as the tenant tells them.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};

/// The figures of the last days.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Analytics {
    /// One row an agent.
    #[serde(default)]
    pub users: Vec<AgentFiguresRow>,
    /// The days of each queue.
    #[serde(default)]
    pub queues: Vec<QueueFiguresRow>,
}

/// An agent's figures. Any of them may be null or missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentFiguresRow {
    /// The agent's id.
    pub user_id: String,
    /// The time spent talking, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "kept")]
    pub talk_time: Option<Option<Number>>,
    /// The time spent on calls, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "kept")]
    pub handle_time: Option<Option<Number>>,
    /// The share of calls whose matter was resolved, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "kept")]
    pub resolution_rate: Option<Option<Number>>,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A queue's figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueueFiguresRow {
    /// The queue's id.
    pub queue_id: String,
    /// A row a day, the oldest first; a query answers the last ones.
    #[serde(default)]
    pub rows: Vec<QueueDayRow>,
}

/// One day of a queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QueueDayRow {
    /// `waitTime {sum}`, `abandonRate {average}`, `handleTime {sum}` or `{average}`,
    /// `callsHandled {sum}`; times in milliseconds. Any may be null or missing.
    #[serde(default)]
    pub metrics: Map<String, Value>,
    /// Fields that the contract does not name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Null is something else than nothing: the tenant tells it so.
fn kept<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Number>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
