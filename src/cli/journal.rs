//! The run's journal and the tenant's audit, as apply writes them.

use std::collections::BTreeMap;

use super::clock;
use super::state::{RecordError, Recorder};
use crate::audit::{Change, Entry, Event, Figures};
use crate::kinds::Action;
use crate::model::Document;
use crate::plan::Outcome;
use crate::tenant::{self, Intent, Journal, JournalError, Recorded};

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

    /// Adds an entry to the audit; it is on the disk when this returns.
    pub(super) async fn audit(&self, event: Event) -> Result<String, RecordError> {
        self.recorder.audit(self.run.entry(event)).await
    }
}

impl Journal for RunJournal {
    fn intent<'a>(&'a self, intent: &'a Intent) -> Recorded<'a> {
        Box::pin(async move {
            let record = serde_json::json!({"type": "intent", "intent": intent});
            stored(self.recorder.journal(&record).await)
        })
    }

    fn outcome<'a>(&'a self, outcome: &'a Outcome) -> Recorded<'a> {
        Box::pin(async move {
            let record = serde_json::json!({
                "type": "outcome",
                "address": outcome.address,
                "status": outcome.status,
                "message": outcome.message,
            });
            // Both are queued before either is waited for: one sync serves the two.
            let journalled = self.recorder.journal(&record);
            let audited = self.recorder.audit(self.run.entry(Event::Change(change(outcome))));
            stored(journalled.await)?;
            stored(audited.await)
        })
    }
}

fn stored(result: Result<String, RecordError>) -> Result<(), JournalError> {
    result.map(drop).map_err(|error| JournalError(error.to_string()))
}

fn change(outcome: &Outcome) -> Change {
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Change {
        address: outcome.address.to_string(),
        action: match outcome.action {
            Action::Create => "create",
            Action::Update if outcome.previous_address.is_some() => "rename",
            Action::Update => "update",
            Action::Delete => "delete",
        }
        .to_owned(),
        before_digest: outcome.before.as_ref().map(Document::digest),
        after_digest: outcome.after.as_ref().map(Document::digest),
        payload_hash: outcome.payload_hash.clone(),
        result: word(serde_json::json!(outcome.status)),
        status: outcome.http_status,
        attempts: outcome.attempts,
        duration_ms: u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
        request_id: outcome.request_id.clone(),
    }
}

/// The figures of a run as the audit has them.
pub(super) fn figures(figures: &tenant::Figures) -> Figures {
    let millis = |duration: Option<std::time::Duration>| {
        duration.map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
    };
    let errors: BTreeMap<String, u64> = figures
        .classes
        .iter()
        .filter(|(class, _)| **class != "2xx")
        .map(|(class, count)| ((*class).to_owned(), *count))
        .collect();
    Figures {
        requests: figures.requests,
        retries: figures.retries,
        waited_ms: millis(Some(figures.waited)),
        p50_ms: millis(figures.percentile(50)),
        p95_ms: millis(figures.percentile(95)),
        p99_ms: millis(figures.percentile(99)),
        errors,
    }
}
