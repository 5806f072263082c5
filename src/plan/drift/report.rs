//! What is told of drift: the shape that machines read.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::model::{Address, Place};
use crate::plan::Tenant;

/// The version of the report's format; a reader refuses another major.
pub const DRIFT_FORMAT: &str = "1.0";

/// Where the tenant differs from the manifests: what `drift --format json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Drift {
    /// The version of this format; a reader refuses another major.
    pub format_version: &'static str,
    /// The version of the program.
    pub tool_version: &'static str,
    /// The tenant's name, url and dialect.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub tenant: Tenant,
    /// When it was looked at.
    #[schemars(with = "String")]
    pub time: Timestamp,
    /// The last complete apply that is known; null where none is.
    pub last_apply: Option<LastApply>,
    /// Of how many runs in a row drift must be part before it is one; null where the first counts.
    pub after: Option<u32>,
    /// Whether there is drift: the exit code is 2.
    pub drift: bool,
    /// How many there are of each class.
    pub counts: Counts,
    /// What differs, by address.
    pub items: Vec<Item>,
    /// The manifests that would declare what is unmanaged, as YAML to paste; null where nothing is.
    pub manifests: Option<String>,
    /// What `--accept` has written into the manifests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub accepted: Vec<Address>,
}

/// The last complete apply that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LastApply {
    /// The run's name.
    pub run: String,
    /// When it ended.
    #[schemars(with = "String")]
    pub time: Timestamp,
    /// The manifests' commit, where they were in a repository.
    pub commit: Option<String>,
    /// Whether the manifests of that commit could be read. Where not, what was never applied cannot
    /// be told from what was changed by hand.
    pub manifests_known: bool,
}

/// What a difference is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// The tenant is not as the last known apply left it.
    Changed,
    /// It was there, and is not any more.
    Missing,
    /// It is declared since the last known apply, or was never applied.
    Pending,
    /// No manifest names it.
    Unmanaged,
    /// A lease tolerates it.
    Leased,
    /// Others own it.
    Ignored,
    /// The next occurrence of a recurring window is due.
    Due,
}

impl Class {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 7] = [
        Self::Changed,
        Self::Missing,
        Self::Pending,
        Self::Unmanaged,
        Self::Leased,
        Self::Ignored,
        Self::Due,
    ];

    /// As it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Pending => "pending",
            Self::Unmanaged => "unmanaged",
            Self::Leased => "leased",
            Self::Ignored => "ignored",
            Self::Due => "due",
        }
    }
}

/// How many there are of each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// Changed by hand.
    pub changed: usize,
    /// Deleted by hand.
    pub missing: usize,
    /// Never applied.
    pub pending: usize,
    /// Named by no manifest.
    pub unmanaged: usize,
    /// Tolerated by a lease.
    pub leased: usize,
    /// Owned by others.
    pub ignored: usize,
    /// The next occurrence is due.
    pub due: usize,
}

impl Counts {
    /// Counts what differs.
    #[must_use]
    pub fn of(items: &[Item]) -> Self {
        let of = |class: Class| items.iter().filter(|item| item.class == class).count();
        Self {
            changed: of(Class::Changed),
            missing: of(Class::Missing),
            pending: of(Class::Pending),
            unmanaged: of(Class::Unmanaged),
            leased: of(Class::Leased),
            ignored: of(Class::Ignored),
            due: of(Class::Due),
        }
    }

    /// How many there are of one.
    #[must_use]
    pub fn of_class(&self, class: Class) -> usize {
        match class {
            Class::Changed => self.changed,
            Class::Missing => self.missing,
            Class::Pending => self.pending,
            Class::Unmanaged => self.unmanaged,
            Class::Leased => self.leased,
            Class::Ignored => self.ignored,
            Class::Due => self.due,
        }
    }
}

/// One resource that differs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Item {
    /// The resource.
    #[schemars(with = "String")]
    pub address: Address,
    /// Its kind.
    pub kind: String,
    /// What a person calls it.
    pub name: String,
    /// What the difference is.
    pub class: Class,
    /// What it would be if nothing tolerated it.
    pub difference: Class,
    /// Whether it makes the exit code 2.
    pub alarm: bool,
    /// Whether a manifest with `scope: exclusive` says that it should not be there.
    pub exclusive: bool,
    /// The managed fields as they are declared; null where it should not be there.
    pub declared: Option<Value>,
    /// The same as the tenant has them, every field of what is unmanaged; null where it has none.
    pub live: Option<Value>,
    /// The leaves that differ, of what is declared and there.
    pub paths: Vec<Moved>,
    /// Where the manifest says so; null for what no manifest names.
    #[schemars(with = "Option<PlaceShape>")]
    pub source: Option<Place>,
    /// The lease that tolerates it, or did.
    pub lease: Option<Held>,
    /// The pattern of `policy.ignore`.
    pub ignored_by: Option<String>,
    /// In how many runs in a row it was seen like this, where runs are counted.
    pub seen: Option<u32>,
}

impl Item {
    /// Whether the project tolerates it.
    #[must_use]
    pub fn is_tolerated(&self) -> bool {
        matches!(self.class, Class::Leased | Class::Ignored)
    }

    /// Whether it would be an alarm, had it been seen in more runs.
    #[must_use]
    pub fn waits(&self) -> bool {
        let is_class = matches!(self.class, Class::Changed | Class::Missing | Class::Pending);
        !self.alarm && (is_class || (self.class == Class::Unmanaged && self.exclusive))
    }
}

/// One leaf that differs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Moved {
    /// JSON pointer into `declared` and `live`.
    pub path: String,
    /// The value that is declared.
    pub declared: Value,
    /// The value that the tenant has; null where it has none.
    pub live: Value,
    /// Who moved: `changed`, `pending` or `due`.
    pub class: Class,
}

/// A lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Held {
    /// Until when.
    pub until: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Whether it has ended.
    pub lapsed: bool,
    /// Where the project says so.
    #[schemars(with = "PlaceShape")]
    pub source: Place,
}

/// A place as JSON has it.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape is the schema")]
struct PlaceShape {
    /// The file's path.
    file: String,
    /// Line, from 1; 0 where only the file is known.
    line: u32,
    /// Column, from 1.
    column: u32,
}
