//! The project file's part about the audit.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::SecretFrom;

/// How the audit is kept, and who else gets it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Audit {
    /// From how many MiB on the audit's file becomes a part and a new one goes on, looked at when
    /// a run starts. Default: 64.
    #[serde(default, rename = "rotateMiB", deserialize_with = "size")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub rotate_mib: Option<f64>,
    /// Who else gets every line, after it is in the file.
    #[serde(default)]
    pub sinks: Vec<Sink>,
}

/// Somebody who gets every line of the audit: in order, at least once, NDJSON by `POST`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sink {
    /// What it is called in messages and in the state folder. Default: the url's host.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: SinkKind,
    /// Where the lines are posted to: `https://…` (`http://` for loopback addresses only).
    pub url: String,
    /// Headers of each request; their values are secrets.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretFrom>,
    /// How many lines a request has at most. Default: 500.
    #[serde(default)]
    pub batch: Option<NonZeroU32>,
}

/// What a sink is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SinkKind {
    /// An HTTP endpoint, of a SIEM say.
    Http,
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match f64::deserialize(deserializer)? {
        size if (0.001..=1e6).contains(&size) => Ok(Some(size)),
        size => Err(D::Error::custom(format!("{size} is not a size from 0.001 to 1000000 MiB"))),
    }
}
