//! One change, from its precondition to its outcome.
//!
//! ```text
//!   start ──► [look] ──► rebase ──► Done / Drifted ─────────────► outcome
//!               ▲           └─ Write ──► intent ──► send ──► 2xx ─► outcome
//!               └──────────── 409, 412, lost answer ◄──┘
//! ```

use tokio::time::{Instant, sleep};

use super::apply::{Intent, Shared};
use super::reader::{Reader, Wrote};
use super::{Fetched, TenantError};
use crate::http::Write;
use crate::http::retry::{ATTEMPTS, backoff};
use crate::kinds::{Action, Basis, Look, Wire, Writing, kind_of};
use crate::model::{Document, Links, Raw, Remote, digest_of};
use crate::plan::{Change, NAME_PATH, Outcome, OutcomeStatus, Rebase, rebase};

/// Changes that share a version, which each hands on to the next.
#[derive(Default)]
pub(super) struct Lane {
    /// Whether a change of it was begun: from then on the lane has its own version.
    is_begun: bool,
    version: Option<String>,
    /// The whole set as it was read after the plan's version was not the tenant's any more. What
    /// the plan saw is no base for the lane's other changes then; this is.
    seen: Option<Fetched>,
}

/// What a change starts from: what the tenant has, as far as is known.
struct Current {
    /// The resource; none where it does not exist.
    remote: Option<Remote>,
}

/// One change while it is being made.
struct Progress {
    outcome: Outcome,
    start: Instant,
    /// Whether a request was sent whose answer is not known.
    is_lost: bool,
}

impl Lane {
    /// Makes one change, or says why not.
    pub(super) async fn apply(&mut self, shared: &Shared<'_>, change: &Change) -> Outcome {
        if let Some(why) = shared.stopped() {
            return Outcome::not_started(change, why);
        }
        let wire = kind_of(&change.address).and_then(|kind| kind.wire(shared.plan.tenant.dialect));
        let (Some(wire), Some(action)) = (wire, change.action()) else {
            return Outcome::not_started(change, "the dialect cannot carry it".to_owned());
        };
        if !std::mem::replace(&mut self.is_begun, true) {
            // The lane begins at the version that the plan saw.
            self.version = change.precondition.etag.as_deref().map(str::to_owned);
        }
        let outcome = Outcome::of(change, OutcomeStatus::Failed);
        let mut progress = Progress { outcome, start: Instant::now(), is_lost: false };
        let status = self.make(shared, change, wire, action, &mut progress).await;
        let mut outcome = progress.outcome;
        outcome.status = status;
        outcome.duration = progress.start.elapsed();
        if status != OutcomeStatus::NotStarted
            && let Err(error) = shared.journal.outcome(&outcome).await
        {
            shared.stop(&format!("the audit cannot be written: {error}"));
        }
        if status == OutcomeStatus::Done {
            // The audit has it; a hundred thousand of them need not be held as well.
            (outcome.payload_hash, outcome.request_id) = (None, None);
        }
        outcome
    }

    async fn make(
        &mut self,
        shared: &Shared<'_>,
        change: &Change,
        wire: &dyn Wire,
        action: Action,
        progress: &mut Progress,
    ) -> OutcomeStatus {
        let reader = shared.writer.reader();
        let mut current = match wire.basis(action) {
            Basis::Nothing => Some(Current { remote: None }),
            Basis::Lane if self.version.is_some() && self.seen.is_none() => Some(planned(change)),
            Basis::Lane | Basis::Read => None,
        };
        let mut paths: Vec<String> =
            change.change.paths.iter().map(|path| path.path.clone()).collect();
        for attempt in 1..=ATTEMPTS {
            progress.outcome.attempts = attempt;
            let now = match current.take() {
                Some(current) => current,
                None => match self.look(shared, &reader, change, wire).await {
                    Ok(current) => {
                        current.tell(shared, change);
                        match rebase(change, current.remote.as_ref().map(|r| &r.document)) {
                            Rebase::Done => return progress.done_already(),
                            Rebase::Drifted(clashes) => {
                                progress.outcome.clashes = clashes;
                                return OutcomeStatus::Conflict;
                            }
                            Rebase::Write(reviewed) => {
                                paths = reviewed;
                                progress.is_lost = false;
                            }
                        }
                        current
                    }
                    Err(error) => return progress.failed(shared, &error),
                },
            };
            let write = match self.request(shared, change, wire, action, &now, &paths) {
                Ok(write) => write,
                Err(why) => {
                    progress.outcome.message = Some(why);
                    return OutcomeStatus::Failed;
                }
            };
            if let Err(why) = progress.intend(shared, change, &write, attempt).await {
                shared.stop(&why);
                progress.outcome.message = Some(why);
                let was_tried = attempt > 1;
                return if was_tried { OutcomeStatus::Failed } else { OutcomeStatus::NotStarted };
            }
            if attempt > 1 {
                shared.writer.count_retry();
            }
            match shared.writer.write(&write, self.version.as_deref()).await {
                Wrote::Done(response) => {
                    self.version = response.etag;
                    progress.outcome.http_status = Some(response.status);
                    progress.outcome.request_id = response.request_id;
                    progress.outcome.message = None;
                    if action == Action::Create {
                        let body = std::str::from_utf8(&response.body).ok().and_then(Raw::parse);
                        let id = body.and_then(|body| wire.created_id(&body));
                        return self.learn_id(shared, change, wire, id, progress).await;
                    }
                    return OutcomeStatus::Done;
                }
                Wrote::Conflict(error) => {
                    progress.outcome.http_status = error.status();
                    progress.outcome.message = Some(error.to_string());
                    if attempt > 1 {
                        sleep(backoff(attempt - 1, 1.0)).await;
                    }
                }
                Wrote::Lost { wait, why } => {
                    progress.is_lost = true;
                    progress.outcome.message = Some(why);
                    sleep(wait).await;
                }
                Wrote::Failed(TenantError::Refused { status: 404, .. })
                    if action == Action::Delete =>
                {
                    self.version = None;
                    return progress.done_already();
                }
                Wrote::Failed(error) => {
                    self.version = None;
                    return progress.failed(shared, &error);
                }
            }
            self.version = None;
        }
        // The last answer was lost or a conflict; one look tells which of the two ends it was.
        match self.look(shared, &reader, change, wire).await {
            Ok(current) => {
                current.tell(shared, change);
                match rebase(change, current.remote.as_ref().map(|r| &r.document)) {
                    Rebase::Done => progress.done_already(),
                    Rebase::Drifted(clashes) => {
                        progress.outcome.clashes = clashes;
                        OutcomeStatus::Conflict
                    }
                    Rebase::Write(_) => OutcomeStatus::Failed,
                }
            }
            Err(error) => progress.failed(shared, &error),
        }
    }

    /// Reads the resource as it is now, and the version of its lane; what the lane has read and
    /// still has the version of is not read again.
    async fn look(
        &mut self,
        shared: &Shared<'_>,
        reader: &Reader,
        change: &Change,
        wire: &dyn Wire,
    ) -> Result<Current, TenantError> {
        let lane = wire.lane(&change.address);
        let mut facts = shared.facts();
        match wire.look(&change.address, change.id.as_deref()) {
            Look::One(read) => {
                let fetched = reader.one(&read).await?.unwrap_or_default();
                let mut decoder = wire.decoder(&facts);
                let row = fetched.rows().next();
                let remote = row.and_then(|row| Some((row, decoder.decode(row, Some(&lane))?.1)));
                let remote = remote.map(|(row, remote)| named(change, wire, row, remote));
                drop(decoder);
                self.version = fetched.etag;
                Ok(Current { remote })
            }
            Look::Listed(read) => {
                let seen = match self.seen.take().filter(|_| self.version.is_some()) {
                    Some(seen) => seen,
                    None => {
                        let mut seen = reader.list(&read).await?;
                        // The version of a list of the whole tenant is no resource's version.
                        self.version = seen.etag.take().filter(|_| wire.list().is_none());
                        seen
                    }
                };
                if wire.list().is_some()
                    && let Some(names) =
                        std::sync::Arc::make_mut(&mut facts).names.get_mut(change.address.kind())
                {
                    seen.rows()
                        .filter_map(|row| wire.named(row))
                        .for_each(|named| names.add(named));
                }
                let mut decoder = wire.decoder(&facts);
                let remote = seen
                    .rows()
                    .filter_map(|row| Some((row, decoder.decode(row, Some(&lane))?)))
                    .find(|(_, (address, _))| *address == change.address)
                    .map(|(row, (_, remote))| named(change, wire, row, remote));
                drop(decoder);
                self.seen = Some(seen);
                Ok(Current { remote })
            }
        }
    }

    fn request(
        &self,
        shared: &Shared<'_>,
        change: &Change,
        wire: &dyn Wire,
        action: Action,
        now: &Current,
        paths: &[String],
    ) -> Result<Write, String> {
        let ours = change.change.after.as_ref();
        let theirs = now.remote.as_ref();
        let document = match (action, ours, theirs) {
            (Action::Update, Some(ours), Some(theirs)) => {
                let values = ours.value();
                let leaves = paths.iter().map(|path| (path.as_str(), values.pointer(path)));
                theirs.document.with(leaves)
            }
            (Action::Create, Some(ours), _) => ours.clone(),
            _ => Document::of(&serde_json::json!({})),
        };
        wire.write(&Writing {
            address: &change.address,
            id: theirs.and_then(|theirs| theirs.id.as_deref()).or(change.id.as_deref()),
            action,
            document: &document,
            paths,
            raw: theirs.and_then(|theirs| theirs.raw.as_ref()),
            id_of: &|address| shared.id_of(address).as_deref().map(str::to_owned),
        })
    }

    /// A create is done; what refers to it needs its id, which the answer may not have told.
    async fn learn_id(
        &mut self,
        shared: &Shared<'_>,
        change: &Change,
        wire: &dyn Wire,
        told: Option<String>,
        progress: &mut Progress,
    ) -> OutcomeStatus {
        let reader = &shared.writer.reader();
        let is_named = wire.list().is_some();
        if let Some(id) = told {
            shared.created(&change.address, &id);
            return OutcomeStatus::Done;
        }
        if !is_named {
            return OutcomeStatus::Done;
        }
        let why = match self.look(shared, reader, change, wire).await {
            Ok(Current { remote: Some(remote) }) => {
                Current { remote: Some(remote) }.tell(shared, change);
                return OutcomeStatus::Done;
            }
            Ok(Current { remote: None }) => "the tenant said yes, and does not list it".to_owned(),
            Err(error) => format!("the tenant said yes without an id: {error}"),
        };
        progress.outcome.message = Some(why);
        OutcomeStatus::Unknown
    }
}

/// What was read for a change. For a rename, what the tenant calls it is one of its fields.
fn named(change: &Change, wire: &dyn Wire, row: &str, mut remote: Remote) -> Remote {
    if change.previous_address.is_some() {
        let name = wire.named(row).and_then(|named| named.name).map(serde_json::Value::from);
        remote.document = remote.document.with([(NAME_PATH, name.as_ref())]);
    }
    remote
}

/// What the plan saw.
fn planned(change: &Change) -> Current {
    let seen = match (&change.carry, &change.change.before) {
        (Some(carry), _) => Some((carry.fields.clone(), carry.raw.clone())),
        (None, Some(before)) => Some((before.clone(), None)),
        (None, None) => None,
    };
    Current {
        remote: seen.map(|(document, raw)| Remote {
            id: change.id.clone(),
            document,
            raw,
            links: Links::new(),
        }),
    }
}

impl Current {
    /// What refers to this resource needs its id, however it came to be.
    fn tell(&self, shared: &Shared<'_>, change: &Change) {
        let id = self.remote.as_ref().and_then(|remote| remote.id.as_deref());
        if let (None, Some(id)) = (&change.id, id) {
            shared.created(&change.address, id);
        }
    }
}

impl Progress {
    /// Stores what is about to be sent; only then it is.
    async fn intend(
        &mut self,
        shared: &Shared<'_>,
        change: &Change,
        write: &Write,
        attempt: u32,
    ) -> Result<(), String> {
        let payload_hash = digest_of(write.body.as_ref().map_or("", Raw::as_str).as_bytes());
        let request = format!("{} {}", write.method.as_str(), write.path);
        let intent = Intent {
            address: change.address.clone(),
            request,
            payload_hash: payload_hash.clone(),
            attempt,
        };
        let stored = shared.journal.intent(&intent).await;
        stored.map_err(|error| format!("the journal cannot be written: {error}"))?;
        self.outcome.payload_hash = Some(payload_hash);
        Ok(())
    }

    /// The tenant has it: by a write of ours whose answer was lost, or by somebody else's.
    fn done_already(&mut self) -> OutcomeStatus {
        self.outcome.message = None;
        if self.is_lost { OutcomeStatus::Done } else { OutcomeStatus::Already }
    }

    fn failed(&mut self, shared: &Shared<'_>, error: &TenantError) -> OutcomeStatus {
        self.outcome.message = Some(error.to_string());
        self.outcome.http_status = error.status();
        // Without the tenant, or without its trust, nothing that follows can succeed either.
        if matches!(
            error,
            TenantError::Unreachable { .. } | TenantError::Refused { status: 401, .. }
        ) {
            shared.stop(&error.to_string());
        }
        if self.is_lost { OutcomeStatus::Unknown } else { OutcomeStatus::Failed }
    }
}
