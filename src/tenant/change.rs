//! One change, from its precondition to its outcome.
//!
//! ```text
//!   start ──► [look] ──► rebase ──► Done / Drifted ──────────────────────────► outcome
//!               ▲           └─ Write ──► intent ──► send ──► 2xx ──► [verify] ─► outcome
//!               └──────────── 409, 412, lost answer ◄──┘
//! ```

use std::sync::Arc;

use tokio::time::{Instant, sleep};

use super::TenantError;
use super::apply::{Intent, Shared};
use super::lane::{Current, Lane};
use super::reader::{Reader, Wrote};
use crate::http::Write;
use crate::http::retry::{ATTEMPTS, backoff};
use crate::kinds::{Action, Basis, Wire, Writing, kind_of};
use crate::model::{Document, Raw, digest_of};
use crate::plan::{Change, Outcome, OutcomeStatus, Rebase, overwrite, rebase};

/// How often a write is looked for that the tenant said yes to: its reads may lag behind.
const VERIFYING: u32 = 3;

/// One change while it is being made.
pub(super) struct Making<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) reader: Reader,
    pub(super) change: &'a Change,
    pub(super) wire: &'a dyn Wire,
    pub(super) outcome: Outcome,
    /// Whether a request was sent whose answer is not known.
    pub(super) is_lost: bool,
    /// Whether there was ever one: it may be carried out after it was looked for.
    pub(super) was_lost: bool,
}

/// What is to be written, and over what.
struct Step {
    action: Action,
    paths: Vec<String>,
    theirs: Current,
    /// Whether the tenant was read and told no version: it is read again after the write.
    verifies: bool,
}

/// Makes one change, or says why not.
pub(super) async fn make(lane: &mut Lane, shared: &Shared<'_>, change: &Change) -> Outcome {
    if let Some(why) = shared.stopped() {
        return Outcome::not_started(change, why);
    }
    let wire = kind_of(&change.address).and_then(|kind| kind.wire(shared.plan.tenant.dialect));
    let (Some(wire), Some(action)) = (wire, change.action()) else {
        return Outcome::not_started(change, "the dialect cannot carry it".to_owned());
    };
    shared.writer.started(change);
    let start = Instant::now();
    let outcome = Outcome::of(change, OutcomeStatus::Failed);
    let reader = shared.writer.reader();
    let mut making =
        Making { shared, reader, change, wire, outcome, is_lost: false, was_lost: false };
    let status = match wire.replaces() {
        true => making.replace().await,
        false => making.run(lane, action).await,
    };
    let mut outcome = making.outcome;
    outcome.status = status;
    outcome.duration = start.elapsed();
    if status != OutcomeStatus::NotStarted
        && let Err(error) = shared.journal.outcome(&outcome).await
    {
        shared.stop(&format!("the audit cannot be written: {error}"));
    }
    shared.after(status);
    if status == OutcomeStatus::Done {
        // The audit has it; a hundred thousand of them need not be held as well.
        outcome.payload_hash = None;
    }
    outcome
}

impl Making<'_> {
    async fn run(&mut self, lane: &mut Lane, action: Action) -> OutcomeStatus {
        let paths = || self.change.change.paths.iter().map(|path| path.path.clone()).collect();
        let from = |theirs| Some(Step { action, paths: paths(), theirs, verifies: false });
        let mut planned = match self.wire.basis(action) {
            Basis::Nothing => from(Current::default()),
            Basis::Lane if lane.is_as_planned() => from(Current::planned(self.change)),
            Basis::Lane | Basis::Read => None,
        };
        for attempt in 1..=ATTEMPTS {
            self.outcome.attempts = attempt;
            let step = match planned.take() {
                Some(step) => step,
                None => match self.decide(lane, action).await {
                    Ok(step) => step,
                    Err(status) => return status,
                },
            };
            let write = match self.request(&step) {
                Ok(write) => write,
                Err(why) => {
                    self.outcome.message = Some(why);
                    return OutcomeStatus::Failed;
                }
            };
            if let Err(why) = self.intend(&write, attempt).await {
                self.shared.stop(&why);
                self.outcome.message = Some(why);
                let was_tried = attempt > 1;
                return if was_tried { OutcomeStatus::Failed } else { OutcomeStatus::NotStarted };
            }
            if attempt > 1 {
                self.shared.writer.count_retry(&write, self.outcome.message.as_deref());
            }
            match self.shared.writer.write(&write, lane.version.as_deref()).await {
                Wrote::Done(response) => {
                    lane.written(response.etag);
                    self.outcome.http_status = Some(response.status);
                    self.outcome.request_id = response.request_id;
                    self.outcome.message = None;
                    if step.verifies {
                        return self.verify(lane).await;
                    }
                    if step.action == Action::Create {
                        let body = std::str::from_utf8(&response.body).ok().and_then(Raw::parse);
                        let id = body.and_then(|body| self.wire.created_id(&body));
                        return self.learn_id(lane, id).await;
                    }
                    return OutcomeStatus::Done;
                }
                Wrote::Conflict(error) => {
                    self.outcome.refused(&error);
                    self.outcome.message = Some(error.to_string());
                    if attempt > 1 {
                        // People edit, and are not in a hurry: the tenant is not what is too slow.
                        sleep(backoff(attempt - 1, 1.0) / 4).await;
                    }
                }
                Wrote::Lost { wait, why } => {
                    (self.is_lost, self.was_lost) = (true, true);
                    self.outcome.message = Some(why);
                    sleep(wait).await;
                }
                Wrote::Failed(TenantError::Refused { status: 404, .. })
                    if step.action == Action::Delete =>
                {
                    lane.forget();
                    return self.done_already();
                }
                Wrote::Failed(error) => {
                    lane.forget();
                    return self.failed(&error);
                }
            }
            lane.forget();
        }
        // The last answer was lost or a conflict; one look tells which of the two ends it was.
        let ended = self.decide(lane, action).await.err();
        if let (None, Some(last)) = (ended, &self.outcome.message) {
            let tries = format!("given up after {ATTEMPTS} tries, the last of which: {last}");
            self.outcome.message = Some(tries);
        }
        ended.unwrap_or(OutcomeStatus::Failed)
    }

    /// Looks, and decides what is still to be written; an error is how the change ends.
    async fn decide(&mut self, lane: &mut Lane, action: Action) -> Result<Step, OutcomeStatus> {
        let facts = self.shared.facts();
        let id = self.outcome.id.clone();
        let look = lane.look(&self.reader, facts, self.change, id.as_deref(), self.wire);
        let theirs = match look.await {
            Ok(theirs) => theirs,
            Err(error) => return Err(self.failed(&error)),
        };
        self.tell(&theirs);
        let verifies = lane.version.is_none();
        let document = theirs.remote.as_ref().map(|remote| &remote.document);
        let (action, paths) = match rebase(self.change, document) {
            Rebase::Done => return Err(self.done_already()),
            Rebase::Write(paths) => (action, paths),
            Rebase::Drifted(clashes) => {
                self.outcome.clashes = clashes;
                let over = self.shared.overwrites().then(|| overwrite(self.change, document));
                let Some(over) = over.flatten() else {
                    self.outcome.message = None;
                    return Err(OutcomeStatus::Conflict);
                };
                if over.action != action && id.is_none() && self.outcome.id.is_some() {
                    // It was found in a list, which tells no version of it: it is read by itself.
                    return Box::pin(self.decide(lane, action)).await;
                }
                (over.action, over.paths)
            }
        };
        self.is_lost = false;
        Ok(Step { action, paths, theirs, verifies })
    }

    fn request(&self, step: &Step) -> Result<Write, String> {
        let ours = self.change.change.after.as_ref();
        let theirs = step.theirs.remote.as_ref();
        let document = match (step.action, ours, theirs) {
            (Action::Update, Some(ours), Some(theirs)) => {
                let values = ours.value();
                let leaves = step.paths.iter().map(|path| (path.as_str(), values.pointer(path)));
                theirs.document.with(leaves)
            }
            (Action::Create, Some(ours), _) => ours.clone(),
            _ => Document::of(&serde_json::json!({})),
        };
        self.wire.write(&Writing {
            address: &self.change.address,
            id: theirs.and_then(|theirs| theirs.id.as_deref()).or(self.change.id.as_deref()),
            action: step.action,
            document: &document,
            paths: &step.paths,
            raw: theirs.and_then(|theirs| theirs.raw.as_ref()),
            id_of: &|address| self.shared.id_of(address).as_deref().map(str::to_owned),
            secrets: self.shared.secrets(),
        })
    }

    /// Stores what is about to be sent; only then it is.
    pub(super) async fn intend(&mut self, write: &Write, attempt: u32) -> Result<(), String> {
        let payload_hash = digest_of(write.seen().map_or("", Raw::as_str).as_bytes());
        let intent = Intent {
            address: self.change.address.clone(),
            action: self.outcome.action,
            request: format!("{} {}", write.method.as_str(), write.path),
            payload_hash: payload_hash.clone(),
            attempt,
        };
        let stored = self.shared.journal.intent(&intent).await;
        stored.map_err(|error| format!("the journal cannot be written: {error}"))?;
        // Of two requests, the one that says what will be.
        if write.body.is_some() || self.outcome.payload_hash.is_none() {
            self.outcome.payload_hash = Some(payload_hash);
        }
        Ok(())
    }

    /// Without versions somebody may have written between our read and our write, or just after it:
    /// the tenant is read once more.
    async fn verify(&mut self, lane: &mut Lane) -> OutcomeStatus {
        for attempt in 1..=VERIFYING {
            if attempt > 1 {
                sleep(backoff(attempt, 1.0)).await;
            }
            let (facts, id) = (self.shared.facts(), self.outcome.id.clone());
            let theirs = match lane
                .look_after(&self.reader, facts, self.change, id.as_deref(), self.wire)
                .await
            {
                Ok(theirs) => theirs,
                Err(error) => {
                    let why = format!("the tenant said yes, and cannot be read again: {error}");
                    self.outcome.message = Some(why);
                    return OutcomeStatus::Unknown;
                }
            };
            self.tell(&theirs);
            match rebase(self.change, theirs.remote.as_ref().map(|remote| &remote.document)) {
                Rebase::Done => return OutcomeStatus::Done,
                Rebase::Drifted(clashes) => {
                    self.outcome.clashes = clashes;
                    return OutcomeStatus::Conflict;
                }
                Rebase::Write(_) => {}
            }
        }
        self.outcome.message = Some("the tenant said yes, and has not changed".to_owned());
        OutcomeStatus::Failed
    }

    /// A create is done; what refers to it needs its id, which the answer may not have told.
    async fn learn_id(&mut self, lane: &mut Lane, told: Option<String>) -> OutcomeStatus {
        if let Some(id) = told {
            self.is_called(&id);
            return OutcomeStatus::Done;
        }
        if self.wire.list().is_none() {
            return OutcomeStatus::Done;
        }
        let facts = self.shared.facts();
        let why = match lane.look(&self.reader, facts, self.change, None, self.wire).await {
            Ok(current) if current.remote.is_some() => {
                self.tell(&current);
                return OutcomeStatus::Done;
            }
            Ok(_) => "the tenant said yes, and does not list it".to_owned(),
            Err(error) => format!("the tenant said yes without an id: {error}"),
        };
        self.outcome.message = Some(why);
        OutcomeStatus::Unknown
    }

    /// What refers to this resource needs its id, however it came to be.
    fn tell(&mut self, current: &Current) {
        let id = current.remote.as_ref().and_then(|remote| remote.id.as_deref());
        match (&self.change.id, id) {
            (None, Some(id)) => self.is_called(id),
            // It is gone: another one of its name has another id.
            (None, None) => self.outcome.id = None,
            (Some(_), _) => {}
        }
    }

    pub(super) fn is_called(&mut self, id: &str) {
        self.outcome.id = Some(Arc::from(id));
        self.shared.created(&self.change.address, id);
    }

    /// The tenant has it: by a write of ours whose answer was lost, or by somebody else's.
    pub(super) fn done_already(&mut self) -> OutcomeStatus {
        self.outcome.message = None;
        if self.was_lost { OutcomeStatus::Done } else { OutcomeStatus::Already }
    }

    pub(super) fn failed(&mut self, error: &TenantError) -> OutcomeStatus {
        let told = self.shared.secrets().masked(&error.to_string());
        self.outcome.message = Some(told.clone());
        self.outcome.refused(error);
        // Without the tenant, or without its trust, nothing that follows can succeed either.
        if matches!(
            error,
            TenantError::Unreachable { .. } | TenantError::Refused { status: 401, .. }
        ) {
            self.shared.stop(&told);
        }
        if self.is_lost { OutcomeStatus::Unknown } else { OutcomeStatus::Failed }
    }
}
