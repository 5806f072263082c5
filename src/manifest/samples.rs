//! Small kinds for the tests of this module: a queue and a matrix, with the traps of real ones.

use std::collections::BTreeMap;

use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

use crate::model::ManifestKind;

/// What a queue is.
#[derive(Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct QueueSpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(rename = "type")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sort: Option<Sort>,
    #[schemars(range(min = 1, max = 5000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) capacity: Option<u32>,
    #[schemars(range(min = 0, max = 9))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) priority: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) overflow: Option<Overflow>,
    #[schemars(extend("uniqueItems" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skill_groups: Option<Vec<String>>,
    /// A colour such as `#00ff00`.
    #[schemars(regex(pattern = "^#[0-9a-f]{6}$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) colour: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) destination: Option<Destination>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) open: Option<bool>,
}

/// How contacts come.
#[derive(Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sort {
    /// By telephone.
    Voice,
    /// In writing.
    Chat,
    /// Later.
    Email,
}

#[derive(Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overflow {
    #[schemars(extend("x-nullable" = true))]
    pub(super) target: Option<String>,
    pub(super) threshold: u32,
}

#[derive(Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Destination {
    Http { url: String },
    Kafka { broker: String, topic: String },
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema counts")]
pub(super) struct MatrixSpec {
    agents: BTreeMap<String, BTreeMap<String, Cell>>,
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema counts")]
pub(super) enum Cell {
    Level(#[schemars(range(min = 0, max = 20))] u8),
    Windowed {
        #[schemars(range(min = 0, max = 20))]
        level: u8,
        window: String,
    },
    None(Nothing),
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema counts")]
pub(super) enum Nothing {
    None,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema counts")]
pub(super) struct QueueMetadata {
    renamed_from: Option<String>,
}

pub(super) const QUEUE: ManifestKind = ManifestKind {
    kind: "Queue",
    description: "A queue.",
    spec_schema: || schema_for!(QueueSpec),
    metadata_schema: Some(|| schema_for!(QueueMetadata)),
    absent_allowed: true,
    table: None,
};

pub(super) const MATRIX: ManifestKind = ManifestKind {
    kind: "SkillMatrix",
    description: "Who can do what.",
    spec_schema: || schema_for!(MatrixSpec),
    metadata_schema: None,
    absent_allowed: false,
    table: None,
};
