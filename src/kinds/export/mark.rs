//! What an export's description tells of it: that cxform made it, and with which headers. The
//! tenant tells no value of a header, so that this is all that a later run can compare with.
//!
//! ```text
//!   cxform:1:{"headers":[{"name":"Authorization","value":{"env":"TOKEN"}}],
//!             "secrets":{"authorization":"2f0c…"}}
//! ```
//!
//! A secret is there as its fingerprint alone: see `model::Secrets`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::header::Header;

/// What our descriptions begin with, and the version of the form.
const PREFIX: &str = "cxform:1:";

/// The headers of an export of ours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    pub(super) headers: Vec<Header>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) secrets: BTreeMap<String, String>,
}

impl Mark {
    /// Reads a description; none where it is somebody else's.
    pub(super) fn read(description: &str) -> Option<Self> {
        serde_json::from_str(description.strip_prefix(PREFIX)?).ok()
    }

    /// The description.
    pub(super) fn text(&self) -> String {
        format!("{PREFIX}{}", serde_json::to_string(self).unwrap_or_default())
    }
}
