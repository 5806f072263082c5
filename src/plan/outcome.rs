//! What became of a plan's changes, as plain values.

use std::sync::Arc;
use std::time::Duration;

use super::{Change, Clash};
use crate::kinds::Action;
use crate::model::{Address, Document};

/// Why an apply stopped that was interrupted.
pub const INTERRUPTED: &str = "interrupted";
/// Why an apply stopped that was to stop where a change is not done.
pub const STOPPED_ON_ERROR: &str = "a change was not done, and --on-error stop was said";
/// How the message begins of a change that waited in vain for another; its address follows.
const NEEDS: &str = "it needs ";

/// What became of one change.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The resource.
    pub address: Address,
    /// Its address before, where it was to be renamed.
    pub previous_address: Option<Address>,
    /// The tenant's id of it, where it is known; that of a create comes with its answer.
    pub id: Option<Arc<str>>,
    /// What was to be done.
    pub action: Action,
    /// What became of it.
    pub status: OutcomeStatus,
    /// What went wrong, if anything did.
    pub message: Option<String>,
    /// The fields that somebody else changed too; of a change that is done, those whose edit was
    /// overwritten.
    pub clashes: Vec<Clash>,
    /// How often it was tried.
    pub attempts: u32,
    /// How long it took.
    pub duration: Duration,
    /// The status of the last answer to a write, if one came.
    pub http_status: Option<u16>,
    /// The tenant's id of the last request.
    pub request_id: Option<String>,
    /// SHA-256 of the last body that was sent.
    pub payload_hash: Option<String>,
    /// The managed fields before; none for a create.
    pub before: Option<Document>,
    /// The managed fields after; none for a deletion.
    pub after: Option<Document>,
}

/// What became of a change, in a word.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeStatus {
    /// It was written.
    Done,
    /// The tenant had it already.
    Already,
    /// Somebody else changed the same fields, and theirs stay.
    Conflict,
    /// The tenant refused it, or it could not be sent.
    Failed,
    /// It was sent, and what became of it cannot be known.
    Unknown,
    /// It was never tried.
    NotStarted,
}

impl OutcomeStatus {
    /// The word that audits and reports have for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Already => "already",
            Self::Conflict => "conflict",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::NotStarted => "not-started",
        }
    }
}

/// What became of a plan.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Every live change of the plan, by address.
    pub outcomes: Vec<Outcome>,
    /// Why it stopped before its end, if it did.
    pub stopped: Option<String>,
}

impl Applied {
    /// How many changes became this.
    #[must_use]
    pub fn count(&self, status: OutcomeStatus) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.status == status).count()
    }
}

impl Outcome {
    /// A change that was never tried, and why.
    #[must_use]
    pub fn not_started(change: &Change, why: String) -> Self {
        Self {
            status: OutcomeStatus::NotStarted,
            message: Some(why),
            ..Self::of(change, OutcomeStatus::NotStarted)
        }
    }

    /// A change that was never tried, since it needs another one that was not done.
    #[must_use]
    pub fn waited_for(change: &Change, first: &Address) -> Self {
        Self::not_started(change, format!("{NEEDS}{first} first"))
    }

    /// Whether it was never tried since another change was not done.
    #[must_use]
    pub(super) fn has_waited(&self) -> bool {
        let message = self.message.as_deref();
        self.status == OutcomeStatus::NotStarted
            && message.is_some_and(|message| message.starts_with(NEEDS))
    }

    /// A change that became `status`, with nothing else known of it yet.
    #[must_use]
    pub fn of(change: &Change, status: OutcomeStatus) -> Self {
        Self {
            address: change.address.clone(),
            previous_address: change.previous_address.clone(),
            id: change.id.clone(),
            action: change.action().unwrap_or(Action::Update),
            status,
            message: None,
            clashes: Vec::new(),
            attempts: 0,
            duration: Duration::ZERO,
            http_status: None,
            request_id: None,
            payload_hash: None,
            before: change.change.before.clone(),
            after: change.change.after.clone(),
        }
    }
}
