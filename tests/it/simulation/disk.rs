//! The state folder in memory, as `cli::journal` and `cli::run` write it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cxform::audit::{self, Chain, Entry, Event, RunEnd, RunStart};
use cxform::plan::{Outcome, Plan};
use cxform::tenant::{Intent, Journal, JournalError, Manner, Recorded};
use serde::{Deserialize, Serialize};

use super::life::Life;

/// What is on the disk.
#[derive(Default)]
pub(super) struct Disk {
    /// The audit's lines.
    pub(super) audit: Vec<String>,
    /// The same as values.
    entries: Vec<Entry>,
    pub(super) runs: Vec<Run>,
}

/// The folder of one run.
pub(super) struct Run {
    pub(super) plan: Arc<Plan>,
    /// The plan as its file has it.
    pub(super) text: String,
    pub(super) manner: Manner,
    pub(super) journal: Vec<String>,
    /// The changes that a request was to leave for.
    pub(super) intents: BTreeSet<(String, String)>,
    /// Whether what became of it is written.
    pub(super) is_ended: bool,
}

/// One line of a run's journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Record {
    Intent { intent: Intent },
    Outcome { change: audit::Change, message: Option<String> },
}

impl Disk {
    /// Adds a line to the audit, after its last.
    fn add(&mut self, entry: &Entry) {
        let last = self.audit.last();
        let mut chain = last.map_or_else(Chain::start, |line| Chain::resume(line).unwrap());
        self.audit.push(chain.append(entry).unwrap());
        self.entries.push(entry.clone());
    }

    /// The audit as its file has it.
    pub(super) fn audit_file(&self) -> String {
        self.audit.iter().map(|line| format!("{line}\n")).collect()
    }

    /// What the audit has of a run.
    pub(super) fn told(&self, run: usize) -> Vec<Event> {
        let entries = self.entries.iter().filter(|entry| entry.run == name(run));
        entries.map(|entry| entry.event.clone()).collect()
    }
}

fn name(run: usize) -> String {
    format!("run-{run}")
}

/// Writes for one run of one process.
pub(super) struct RunJournal {
    life: Arc<Life>,
    pub(super) run: usize,
}

impl RunJournal {
    pub(super) fn new(life: &Arc<Life>, run: usize) -> Self {
        Self { life: Arc::clone(life), run }
    }

    /// Adds an entry to the audit.
    pub(super) async fn audit(&self, event: Event) -> Result<(), JournalError> {
        self.life.step("before an audit line").await;
        self.is_writable()?;
        let entry = Entry {
            time: jiff::Timestamp::from_millisecond(super::scene::now_ms()).unwrap(),
            run: name(self.run),
            actor: "ana".to_owned(),
            tenant: "law".to_owned(),
            commit: None,
            plan_hash: None,
            event,
        };
        self.life.scene.lock().disk.add(&entry);
        self.life.step("after an audit line").await;
        Ok(())
    }

    pub(super) async fn start(&self) -> Result<(), JournalError> {
        self.audit(Event::Start(RunStart::default())).await
    }

    pub(super) async fn end(&self, result: &str) -> Result<(), JournalError> {
        let (result, outcomes) = (result.to_owned(), BTreeMap::new());
        self.audit(Event::End(RunEnd { result, outcomes, ..RunEnd::default() })).await?;
        self.life.scene.lock().disk.runs[self.run].is_ended = true;
        self.life.step("after a run's end").await;
        Ok(())
    }

    /// Stores what became of one change, in journal and audit.
    pub(super) async fn ended(
        &self,
        change: audit::Change,
        message: Option<String>,
    ) -> Result<(), JournalError> {
        self.life.step("before an outcome").await;
        self.is_writable()?;
        let record = Record::Outcome { change: change.clone(), message };
        self.write(&record);
        self.life.step("between journal and audit").await;
        self.audit(Event::Change(change)).await
    }

    fn write(&self, record: &Record) {
        let line = serde_json::to_string(record).unwrap();
        let mut scene = self.life.scene.lock();
        scene.note(format!("  journal {}: {line}", self.run));
        let folder = &mut scene.disk.runs[self.run];
        folder.journal.push(line);
        if let Record::Intent { intent } = record {
            let key = (intent.address.to_string(), intent.action.word().to_owned());
            folder.intents.insert(key);
        }
    }

    fn is_writable(&self) -> Result<(), JournalError> {
        match self.life.is_full() {
            true => Err(JournalError("no space left on device".to_owned())),
            false => Ok(()),
        }
    }
}

impl Journal for RunJournal {
    fn intent<'a>(&'a self, intent: &'a Intent) -> Recorded<'a> {
        Box::pin(async move {
            self.life.step("before an intent").await;
            self.is_writable()?;
            self.write(&Record::Intent { intent: intent.clone() });
            self.life.step("after an intent").await;
            Ok(())
        })
    }

    fn outcome<'a>(&'a self, outcome: &'a Outcome) -> Recorded<'a> {
        Box::pin(async move { self.ended(change(outcome), outcome.message.clone()).await })
    }
}

/// What became of a change, as the audit has it.
pub(super) fn change(outcome: &Outcome) -> audit::Change {
    let is_done = outcome.status == cxform::plan::OutcomeStatus::Done;
    let overwritten = outcome.clashes.iter().filter(|_| is_done);
    audit::Change {
        address: outcome.address.to_string(),
        action: match (outcome.action, &outcome.previous_address) {
            (_, Some(_)) => "rename",
            (action, None) => action.word(),
        }
        .to_owned(),
        payload_hash: outcome.payload_hash.clone(),
        result: outcome.status.word().to_owned(),
        status: outcome.http_status,
        attempts: outcome.attempts,
        overwritten: overwritten.map(|clash| clash.path.clone()).collect(),
        ..audit::Change::default()
    }
}
