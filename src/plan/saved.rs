//! The plan as a file: what it means has a hash, and every byte of it is guarded.

use serde_json::{Value, json};

use super::{Change, Plan};
use crate::model::{Document, digest_of, json_safe};

/// The version of the format; a reader refuses another major.
pub const FORMAT_VERSION: &str = "1.0";

/// What stands where the integrity is not known yet.
const BLANK: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// Where the integrity stands in the file. Quotes inside JSON strings are escaped, so that the
/// first occurrence is the field itself.
const FIELD: &str = "\"integrity\":\"";

/// Why a file is no plan that can be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SavedError {
    /// It is not a plan at all.
    #[error("it is no cxform plan: {0}")]
    NoPlan(String),
    /// Its format is of another major version.
    #[error("its format is {found}, this cxform reads {}.x", major(FORMAT_VERSION))]
    OtherMajor {
        /// The version that the file names.
        found: String,
    },
    /// Some byte was changed since it was written.
    #[error("it was changed after it was made: its integrity does not match")]
    Damaged,
}

/// Computes the plan's hash and integrity.
pub fn seal(plan: &mut Plan) {
    plan.hash = hash(plan);
    plan.integrity = BLANK.to_owned();
    plan.integrity = digest_of(text(plan).as_bytes());
}

/// The plan as its file's text: one line of JSON, without a line end.
#[must_use]
pub fn text(plan: &Plan) -> String {
    // A plan has no keys that are no strings: serialising it cannot fail.
    json_safe(&serde_json::to_string(plan).unwrap_or_default()).into_owned()
}

/// Reads a saved plan.
///
/// # Errors
/// It is no plan, of another major format, or was changed after it was made.
pub fn open(text: &str) -> Result<Plan, SavedError> {
    #[derive(serde::Deserialize)]
    struct Header {
        format_version: String,
        resource_changes: serde::de::IgnoredAny,
    }
    let no_plan = |error: serde_json::Error| SavedError::NoPlan(error.to_string());
    let text = text.trim_end();
    let header: Header = serde_json::from_str(text).map_err(no_plan)?;
    let serde::de::IgnoredAny = header.resource_changes;
    if major(&header.format_version) != major(FORMAT_VERSION) {
        return Err(SavedError::OtherMajor { found: header.format_version });
    }
    let plan: Plan = serde_json::from_str(text).map_err(no_plan)?;
    let start = text.find(FIELD).map(|at| at + FIELD.len()).ok_or(SavedError::Damaged)?;
    let end = start + BLANK.len();
    if text.get(start..end) != Some(plan.integrity.as_str()) {
        return Err(SavedError::Damaged);
    }
    let blanked = format!("{}{BLANK}{}", &text[..start], &text[end..]);
    if digest_of(blanked.as_bytes()) == plan.integrity && hash(&plan) == plan.hash {
        Ok(plan)
    } else {
        Err(SavedError::Damaged)
    }
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}

/// SHA-256 over what the plan means (product page, section 4, *Hash*).
fn hash(plan: &Plan) -> String {
    let live = |change: &&Change| change.action().is_some();
    let change = |change: &Change| {
        json!({
            "address": change.address,
            "id": change.id,
            "previous_address": change.previous_address,
            "actions": change.change.actions,
            "before": change.change.before.as_ref().map(Document::value),
            "after": change.change.after.as_ref().map(Document::value),
            "held_by": change.held_by,
        })
    };
    let mut blocked: Vec<Value> =
        plan.blocked_by().map(|check| json!([check.rule, check.address])).collect();
    blocked.sort_by_key(Value::to_string);
    blocked.dedup();
    let meaning = json!({
        "format": major(&plan.format_version),
        "tenant": {"url": plan.tenant.url, "dialect": plan.tenant.dialect},
        "changes": plan.resource_changes.iter().filter(live).map(change).collect::<Vec<_>>(),
        "blocked": blocked,
    });
    Document::of(&meaning).digest()
}
