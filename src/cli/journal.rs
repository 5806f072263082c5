//! The run's journal and the tenant's audit, as apply writes them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::clock;
use super::state::{RecordError, Recorder};
use crate::audit::{Change, Entry, Event};
use crate::model::Document;
use crate::plan::{Outcome, OutcomeStatus};
use crate::tenant::{Intent, Journal, JournalError, Recorded};

/// What every audit entry of a run says.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) name: String,
    pub(super) actor: String,
    pub(super) tenant: String,
    pub(super) commit: Option<String>,
    pub(super) plan_hash: String,
}

/// Writes intents and outcomes through the run's one writer.
pub(super) struct RunJournal {
    recorder: Recorder,
    run: Run,
}

impl Run {
    /// An entry of this run, now.
    pub(super) fn entry(&self, event: Event) -> Entry {
        Entry {
            time: clock::now(),
            run: self.name.clone(),
            actor: self.actor.clone(),
            tenant: self.tenant.clone(),
            commit: self.commit.clone(),
            plan_hash: Some(self.plan_hash.clone()),
            event,
        }
    }
}

impl RunJournal {
    pub(super) fn new(recorder: Recorder, run: Run) -> Self {
        Self { recorder, run }
    }

    /// Adds what happens now to the audit; it is on the disk when this returns.
    pub(super) async fn audit(&self, event: Event) -> Result<String, RecordError> {
        self.enter(self.run.entry(event)).await
    }

    /// Adds an entry of this run to the audit; it is on the disk when this returns.
    pub(super) async fn enter(&self, entry: Entry) -> Result<String, RecordError> {
        self.recorder.audit(entry).await
    }
}

/// One line of a run's journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Record {
    /// The journal itself is on a machine that is gone: any change of the plan may have been made.
    Lost,
    /// A request is about to leave.
    Intent {
        /// Which.
        intent: Intent,
    },
    /// What became of a change; the audit gets the same.
    Outcome {
        /// As the audit has it.
        change: Change,
        /// The tenant's id of the resource, where it is known.
        id: Option<Arc<str>>,
        /// What went wrong, if anything did.
        message: Option<String>,
    },
}

impl Record {
    fn json(&self) -> serde_json::Value {
        // Texts, numbers and lists: nothing in it can fail to be written.
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl RunJournal {
    /// Stores what became of one change, in journal and audit.
    pub(super) async fn ended(&self, change: Change, outcome: &Outcome) -> Result<(), RecordError> {
        // Both are queued before either is waited for: one sync serves the two.
        let (id, message) = (outcome.id.clone(), outcome.message.clone());
        let record = Record::Outcome { change: change.clone(), id, message };
        let journalled = self.recorder.journal(&record.json());
        let audited = self.recorder.audit(self.run.entry(Event::Change(change)));
        journalled.await?;
        audited.await.map(drop)
    }
}

impl Journal for RunJournal {
    fn intent<'a>(&'a self, intent: &'a Intent) -> Recorded<'a> {
        Box::pin(async move {
            let record = Record::Intent { intent: intent.clone() };
            stored(self.recorder.journal(&record.json()).await.map(drop))
        })
    }

    fn outcome<'a>(&'a self, outcome: &'a Outcome) -> Recorded<'a> {
        Box::pin(async move { stored(self.ended(change(outcome), outcome).await) })
    }
}

fn stored(result: Result<(), RecordError>) -> Result<(), JournalError> {
    result.map_err(|error| JournalError(error.to_string()))
}

/// What became of a change, as the audit has it.
pub(super) fn change(outcome: &Outcome) -> Change {
    let done = outcome.status == OutcomeStatus::Done;
    let clashes = outcome.clashes.iter().filter(|_| done);
    Change {
        address: outcome.address.to_string(),
        action: match (outcome.action, &outcome.previous_address) {
            (_, Some(_)) => "rename",
            (action, None) => action.word(),
        }
        .to_owned(),
        before_digest: outcome.before.as_ref().map(Document::digest),
        after_digest: outcome.after.as_ref().map(Document::digest),
        payload_hash: outcome.payload_hash.clone(),
        result: outcome.status.word().to_owned(),
        status: outcome.http_status,
        attempts: outcome.attempts,
        duration_ms: u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
        request_id: outcome.request_id.clone(),
        overwritten: clashes.map(|clash| clash.path.clone()).collect(),
        settled_by: None,
    }
}
