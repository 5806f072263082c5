//! The plan as a file: what it means has a hash, and every byte of it is guarded.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::{Change, Plan, PlannedAction};
use crate::model::{Address, Document, Hasher, SafeJson};

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
    /// People in it have pseudonyms.
    #[error("it is redacted: pseudonyms stand for people, and nobody knows who is meant")]
    Redacted,
    /// Some byte was changed since it was written.
    #[error("it was changed after it was made: its integrity does not match")]
    Damaged,
}

/// Computes the plan's hash and integrity.
pub fn seal(plan: &mut Plan) {
    plan.hash = hash(plan);
    close(plan);
}

/// Computes the plan's integrity; its hash stays.
pub(super) fn close(plan: &mut Plan) {
    plan.integrity = BLANK.to_owned();
    plan.integrity = digested(|out| write(plan, out));
}

/// Writes the plan as its file's text: one line of JSON, without a line end. It goes out change by
/// change, however many there are.
///
/// # Errors
/// The writer's own.
pub fn write(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    plan.serialize(&mut serde_json::Serializer::with_formatter(out, SafeJson))?;
    Ok(())
}

/// Reads a saved plan.
///
/// # Errors
/// It is no plan, of another major format, redacted, or was changed after it was made.
pub fn open(text: &str) -> Result<Plan, SavedError> {
    #[derive(serde::Deserialize)]
    struct Header {
        format_version: String,
        #[serde(default)]
        redacted: bool,
        resource_changes: serde::de::IgnoredAny,
    }
    let no_plan = |error: serde_json::Error| SavedError::NoPlan(error.to_string());
    let text = text.trim_end();
    let header: Header = serde_json::from_str(text).map_err(no_plan)?;
    let serde::de::IgnoredAny = header.resource_changes;
    if major(&header.format_version) != major(FORMAT_VERSION) {
        return Err(SavedError::OtherMajor { found: header.format_version });
    }
    if header.redacted {
        return Err(SavedError::Redacted);
    }
    // What stands there is not quoted: it may name people.
    let plan: Plan = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        SavedError::NoPlan(format!("line {line} column {column} is not as a plan has it"))
    })?;
    let start = text.find(FIELD).map(|at| at + FIELD.len()).ok_or(SavedError::Damaged)?;
    let end = start + BLANK.len();
    if text.get(start..end) != Some(plan.integrity.as_str()) {
        return Err(SavedError::Damaged);
    }
    let mut blanked = Hasher::default();
    for part in [&text[..start], BLANK, &text[end..]] {
        blanked.add(part.as_bytes());
    }
    if blanked.digest() == plan.integrity && hash(&plan) == plan.hash {
        Ok(plan)
    } else {
        Err(SavedError::Damaged)
    }
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}

/// SHA-256 over what the plan means (product page, section 4, *Hash*): the canonical JSON of
///
/// ```text
/// {"blocked": [[rule, address]…], "changes": [change…], "format": major,
///  "tenant": {"dialect", "url"}}
/// ```
fn hash(plan: &Plan) -> String {
    digested(|out| {
        out.write_all(b"{\"blocked\":[")?;
        let mut blocked: Vec<String> =
            plan.blocked_by().map(|check| canonical(&(&check.rule, &check.address))).collect();
        blocked.sort_unstable();
        blocked.dedup();
        out.write_all(blocked.join(",").as_bytes())?;
        out.write_all(b"],\"changes\":[")?;
        let live = plan.resource_changes.iter().filter(|change| change.action().is_some());
        for (index, change) in live.enumerate() {
            if index > 0 {
                out.write_all(b",")?;
            }
            serde_json::to_writer(&mut *out, &Meaning::of(change))?;
        }
        out.write_all(b"],")?;
        let tenant = canonical(&Tenant { dialect: plan.tenant.dialect, url: &plan.tenant.url });
        let format = canonical(&major(&plan.format_version));
        write!(out, "\"format\":{format},\"tenant\":{tenant}}}")
    })
}

/// What a change means; the fields are in canonical order.
#[derive(Serialize)]
struct Meaning<'a> {
    actions: &'a [PlannedAction; 1],
    address: &'a Address,
    after: Option<&'a Document>,
    before: Option<&'a Document>,
    held_by: &'a [String],
    id: Option<&'a str>,
    previous_address: Option<&'a Address>,
}

/// Which tenant a plan is for, in canonical order.
#[derive(Serialize)]
struct Tenant<'a> {
    dialect: crate::http::Dialect,
    url: &'a str,
}

impl<'a> Meaning<'a> {
    fn of(change: &'a Change) -> Self {
        Self {
            actions: &change.change.actions,
            address: &change.address,
            after: change.change.after.as_ref(),
            before: change.change.before.as_ref(),
            held_by: &change.held_by,
            id: change.id.as_deref(),
            previous_address: change.previous_address.as_ref(),
        }
    }
}

/// JSON of texts, lists and objects whose keys are in order already; such a value has no other
/// canonical form, and serialising it cannot fail.
fn canonical(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The digest of what is written.
fn digested(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut out = BufWriter::new(Hasher::default());
    // Neither the hasher nor the plan's own values can fail to be written.
    let _ = write(&mut out);
    out.into_inner().unwrap_or_default().digest()
}
