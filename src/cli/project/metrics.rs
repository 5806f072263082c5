//! `metrics` of the project file.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// Where the figures of the last apply are kept for monitoring.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metrics {
    /// A text file for Prometheus, relative to this file; each apply replaces it. Default: none.
    #[serde(default)]
    pub prometheus: Option<PathBuf>,
}
