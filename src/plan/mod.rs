//! Decisions: what would change, in which order, under which guards. Pure: the same inputs give the
//! same plan; no clock, no I/O, and no kind is named here.

mod base;
mod check;
mod compare;
mod coverage;
mod depend;
mod draft;
pub mod drift;
mod finish;
mod guard;
mod hold;
mod invert;
mod nameless;
mod order;
mod outcome;
mod people;
mod policy;
mod reason;
mod rebase;
mod redact;
mod replace;
mod saved;
mod selection;
mod sharing;
mod timeline;
mod undo;
mod undone;
mod unlink;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use coverage::roster;
pub use draft::{Draft, draft};
use finish::summarise;
pub use finish::{Inputs, finish};
pub use guard::guards;
pub use invert::{Made, invert, rollback};
pub use nameless::{Known, nameless};
pub use order::phases;
pub use outcome::{Applied, INTERRUPTED, Outcome, OutcomeStatus, STOPPED_ON_ERROR};
pub use people::People;
pub use policy::{Policy, Protected, Setting};
pub use reason::Reason;
pub use rebase::{Clash, Overwriting, Rebase, overwrite, rebase};
pub use redact::Redaction;
pub use replace::{Replacing, SURPLUS_PATH, replace};
pub use saved::{FORMAT_VERSION, SavedError, open, seal, write};
pub use selection::{Selected, Selection};
pub use timeline::{Event, Moment, Timeline, in_zone};
pub use undo::{covered, declared, staffing};
pub use undone::take_undone;

use crate::http::Dialect;
use crate::kinds::Action;
use crate::model::{Address, Coverage, Document, Level, Place, Raw, References};

/// What would change and why: a plain value that leaves apply nothing to decide.
///
/// The field order is the order of the saved file (product page, section 4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The format's version; readers refuse another major.
    pub format_version: String,
    /// The version of the program that made it.
    pub tool_version: String,
    /// SHA-256 of what the plan means; the same plan made again has the same hash.
    pub hash: String,
    /// SHA-256 of the file with this value blanked; guards against accidents.
    pub integrity: String,
    /// Whether pseudonyms stand for people: it can be read, and nothing else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
    /// The tenant it is for.
    pub tenant: Tenant,
    /// The manifests it was made from.
    pub source: Source,
    /// Ids of every address that the changes name; null for what this plan creates.
    pub references: References,
    /// The people that its messages name, as far as they are known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub people: People,
    /// The changes, by address. What is unlinked before it is deleted has two, in this order.
    #[serde(deserialize_with = "sharing::changes")]
    pub resource_changes: Vec<Change>,
    /// Set where only a part of the changes was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selected>,
    /// What was read and no manifest names.
    pub unmanaged: Unmanaged,
    /// What the changes do to who can serve, hour by hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// What happens within some time, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// Whether agents that were not read may lose something by the changes.
    #[serde(skip)]
    pub wants_everybody: bool,
    /// The rules that were checked.
    pub checks: Vec<CheckResult>,
    /// Counts.
    pub summary: Summary,
    /// Whether it may be applied: no rule blocks it.
    pub applyable: bool,
}

/// Which tenant a plan is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// The project's name for it.
    pub name: String,
    /// Its base URL, or `sim:FILE`.
    pub url: String,
    /// How its API is spelled.
    pub dialect: Dialect,
}

/// What a plan was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The git commit, where there is one.
    pub commit: Option<String>,
    /// Whether the work tree had changes beside it; none where there is no git.
    pub dirty: Option<bool>,
    /// SHA-256 over the manifests' names and bytes.
    pub manifests_digest: String,
    /// What the manifests are compared with, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// The snapshot that stood for the tenant; such a plan is never applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<String>,
    /// The time that it was made for, in the tenant's zone; none where that was the very time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The run that the plan undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
}

/// The manifests as they were before, which tell what changed since from what drifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// How it was named: a git ref, a folder, or `last`.
    pub name: String,
    /// The commit; none for a folder.
    pub commit: Option<String>,
}

/// One resource's change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: Arc<str>,
    /// What a person calls it.
    pub name: String,
    /// The tenant's id; null for a create.
    pub id: Option<Arc<str>>,
    /// The address it had before a rename.
    pub previous_address: Option<Address>,
    /// What happens.
    pub change: Delta,
    /// Why.
    pub reason: Reason,
    /// Whether the base is known and says the same: the tenant drifted, or lags behind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drifted: bool,
    /// Where the manifest says so.
    pub source: Place,
    /// What must still be so when it is applied.
    pub precondition: Precondition,
    /// What an update sends back although it does not manage it; for kinds that are not read
    /// again before they are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carry: Option<Carry>,
    /// Whether nothing of the resource can be changed: it is made anew, and then what was there is
    /// deleted. The ids of others that a run left under its name are in `before`, as `surplus`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaces: bool,
    /// Fields of what is deleted that cxform does not know, by their names: they go with it.
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    pub unknown: Arc<[String]>,
    /// Changes of this plan that must be done first; the first one of an address that has two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Address>,
    /// The rules that withhold it.
    pub held_by: Vec<String>,
}

/// What happens to a resource's managed fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// One of `no-op`, `create`, `update`, `delete`, in a list as terraform has it.
    pub actions: [PlannedAction; 1],
    /// The managed fields as they are; null for a create. A deletion shows every field.
    pub before: Option<Document>,
    /// The managed fields as they will be, defaults of a create included; null for a deletion.
    pub after: Option<Document>,
    /// What differs, leaf by leaf, of an update.
    pub paths: Arc<[PathChange]>,
}

/// The word for an action in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlannedAction {
    /// Nothing to do.
    NoOp,
    /// It does not exist and will.
    Create,
    /// It exists and changes.
    Update,
    /// It exists and will not.
    Delete,
}

/// One leaf that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathChange {
    /// JSON pointer into `before` and `after`.
    pub path: String,
    /// The value now; null where there is none.
    pub before: Value,
    /// The value to be.
    pub after: Value,
}

/// Where the documents of a rename have the name, as a field like the others.
pub const NAME_PATH: &str = "/name";

/// What must still be so when a change is applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precondition {
    /// The version that its lane had, where the tenant told one: a shortcut to the comparison.
    pub etag: Option<Arc<str>>,
    /// SHA-256 of `before`.
    pub digest: Option<Arc<str>>,
}

/// What goes back untouched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carry {
    /// Every leaf that was known of the resource.
    pub fields: Document,
    /// Fields that cxform does not know, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Raw>,
}

/// What is left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmanaged {
    /// How many.
    pub count: usize,
    /// How many of each kind.
    pub by_kind: BTreeMap<String, usize>,
}

impl Unmanaged {
    /// Counts one more of a kind.
    fn add(&mut self, kind: &str) {
        self.count += 1;
        count(&mut self.by_kind, kind);
    }
}

/// Counts one more of a kind.
fn count(by_kind: &mut BTreeMap<String, usize>, kind: &str) {
    match by_kind.get_mut(kind) {
        Some(count) => *count += 1,
        None => drop(by_kind.insert(kind.to_owned(), 1)),
    }
}

/// What one rule said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CheckResult {
    /// The rule's name.
    pub rule: String,
    /// What its failure does.
    pub level: Level,
    /// Whether it passed.
    pub status: Status,
    /// What failed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The way out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where the manifest says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Place>,
}

/// Whether a rule passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It did.
    Pass,
    /// It did not, and the change or the plan is stopped.
    Fail,
    /// It did not, and nothing is stopped.
    Warn,
}

/// Counts of a plan; a held change is counted in `held` only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Creates.
    pub add: usize,
    /// Updates.
    pub change: usize,
    /// Deletions.
    pub destroy: usize,
    /// Withheld changes.
    pub held: usize,
    /// Resources that are as they should be.
    pub noop: usize,
    /// Resources that no manifest names.
    pub unmanaged: usize,
    /// How many resources of each kind exist and are declared: what percentages are taken of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub existing: BTreeMap<String, usize>,
}

impl PlannedAction {
    /// What would be done; none for a no-op.
    #[must_use]
    pub fn action(self) -> Option<Action> {
        match self {
            Self::NoOp => None,
            Self::Create => Some(Action::Create),
            Self::Update => Some(Action::Update),
            Self::Delete => Some(Action::Delete),
        }
    }
}

impl Change {
    /// What would be done; none for a no-op.
    #[must_use]
    pub fn action(&self) -> Option<Action> {
        self.change.actions[0].action()
    }

    /// Whether it only makes a resource that is to be deleted name nothing any more.
    #[must_use]
    pub fn is_unlink(&self) -> bool {
        self.action() == Some(Action::Update) && self.reason.is_deletion()
    }

    /// Whether a resource of its own is made, and not only others of its name deleted.
    #[must_use]
    pub fn makes_anew(&self) -> bool {
        self.replaces && self.change.paths.iter().any(|path| path.path != SURPLUS_PATH)
    }

    /// Whether it is to be applied: neither a no-op nor held.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.action().is_some() && self.held_by.is_empty()
    }
}

impl Plan {
    /// The changes that apply would make.
    pub fn live(&self) -> impl Iterator<Item = &Change> {
        self.resource_changes.iter().filter(|change| change.is_live())
    }

    /// Whether nothing at all differs: no change to make and none held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.resource_changes.iter().all(|change| change.action().is_none())
    }

    /// The blocking checks that failed.
    pub fn blocked_by(&self) -> impl Iterator<Item = &CheckResult> {
        self.checks.iter().filter(|c| c.level == Level::Block && c.status == Status::Fail)
    }
}

#[cfg(test)]
mod tests;
