//! A change of what cannot be changed: a new one is made, then the old one is deleted, as one
//! change with one outcome.
//!
//! ```text
//!   look ──► replace ──► Done / Drifted ─────────────────────────────────────► outcome
//!    ▲          └─ Write ──► create ──► 2xx ──► delete… ──► 2xx or 404 ──────► outcome
//!    └──────────────────── 409, 412, lost answer ◄──┘
//! ```
//!
//! Every request has its intent in the journal. Where a run is cut off between the two, the tenant
//! has both: the next plan sees them, and which of them is to go.

use std::sync::Arc;

use tokio::time::sleep;

use super::TenantError;
use super::change::Making;
use super::lane::named;
use super::reader::{Reader, Wrote};
use crate::http::Write;
use crate::http::retry::{ATTEMPTS, backoff};
use crate::kinds::{Action, Look, Wire, Writing};
use crate::model::{Document, Facts, Raw, Remote};
use crate::plan::{Change, OutcomeStatus, Replacing, replace};

/// Everything that the tenant has under the name of a change, or that the plan saw there.
pub(super) async fn namesakes(
    reader: &Reader,
    facts: &Facts,
    change: &Change,
    wire: &dyn Wire,
) -> Result<Vec<Remote>, TenantError> {
    let fetched = match wire.look(&change.address, change.id.as_deref()) {
        Look::One(read) => reader.one(&read).await?.unwrap_or_default(),
        Look::Listed(read) => reader.list(&read).await?,
    };
    let mut decoder = wire.decoder(facts);
    let mut found: Vec<Remote> = Vec::new();
    for row in fetched.rows() {
        let Some((address, remote)) = decoder.decode(row, None) else { continue };
        let is_it = address == change.address
            || Some(&address) == change.previous_address.as_ref()
            || (remote.id.is_some() && remote.id == change.id);
        // A list that moved while it was paged can tell one twice.
        if is_it && found.iter().all(|known| known.id != remote.id) {
            found.push(named(change, wire, row, remote));
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

/// How a request ended.
enum Sent {
    /// The tenant said yes.
    Done,
    /// What became of it is to be looked for.
    Again,
    /// The change ends so.
    Ended(OutcomeStatus),
}

impl Making<'_> {
    /// Makes the change, or says why not.
    pub(super) async fn replace(&mut self) -> OutcomeStatus {
        let mut is_made = false;
        for attempt in 1..=ATTEMPTS {
            self.outcome.attempts = attempt;
            let facts = self.shared.facts();
            let look = namesakes(&self.reader, &facts, self.change, self.wire).await;
            let theirs = match look {
                Ok(theirs) => theirs,
                Err(error) => return self.ended(&error, is_made),
            };
            let (makes, deletes) = match replace(self.change, &theirs, self.shared.overwrites()) {
                Replacing::Done => {
                    self.learn(&theirs);
                    return match is_made {
                        true => OutcomeStatus::Done,
                        false => self.done_already(),
                    };
                }
                Replacing::Drifted(clashes) => {
                    self.outcome.clashes = clashes;
                    self.outcome.message = None;
                    return OutcomeStatus::Conflict;
                }
                Replacing::Write { makes, deletes, kept } => {
                    kept.into_iter().for_each(|id| self.is_called(&id));
                    (makes, deletes)
                }
            };
            self.is_lost = false;
            if makes.is_none() && !deletes.is_empty() && self.was_lost {
                is_made = true;
            }
            match self.carry_out(makes, deletes, attempt, &mut is_made).await {
                Sent::Done => return OutcomeStatus::Done,
                Sent::Ended(status) => return status,
                Sent::Again => {}
            }
        }
        if let Some(last) = &self.outcome.message {
            let tries = format!("given up after {ATTEMPTS} tries, the last of which: {last}");
            self.outcome.message = Some(tries);
        }
        if self.is_lost || is_made { OutcomeStatus::Unknown } else { OutcomeStatus::Failed }
    }

    /// Sends what is to be sent, in its order.
    async fn carry_out(
        &mut self,
        makes: Option<Remote>,
        deletes: Vec<Arc<str>>,
        attempt: u32,
        is_made: &mut bool,
    ) -> Sent {
        if let Some(Remote { document, raw, .. }) = makes {
            let write = self.spelled(Action::Create, None, &document, raw.as_ref());
            match self.send(write, attempt, *is_made).await {
                Sent::Done => *is_made = true,
                other => return other,
            }
        }
        let nothing = Document::of(&serde_json::json!({}));
        for id in deletes {
            let write = self.spelled(Action::Delete, Some(&id), &nothing, None);
            match self.send(write, attempt, *is_made).await {
                Sent::Done => {}
                other => return other,
            }
        }
        Sent::Done
    }

    fn spelled(
        &self,
        action: Action,
        id: Option<&str>,
        document: &Document,
        raw: Option<&Raw>,
    ) -> Result<Write, String> {
        self.wire.write(&Writing {
            address: &self.change.address,
            id,
            action,
            document,
            paths: &[],
            raw,
            id_of: &|address| self.shared.id_of(address).as_deref().map(str::to_owned),
            secrets: self.shared.secrets(),
        })
    }

    async fn send(&mut self, write: Result<Write, String>, attempt: u32, is_made: bool) -> Sent {
        let write = match write {
            Ok(write) => write,
            Err(why) => {
                self.outcome.message = Some(why);
                return Sent::Ended(OutcomeStatus::Failed);
            }
        };
        let is_create = write.body.is_some();
        if let Err(why) = self.intend(&write, attempt).await {
            self.shared.stop(&why);
            self.outcome.message = Some(why);
            return Sent::Ended(match (is_made, attempt) {
                (true, _) => OutcomeStatus::Unknown,
                (false, 1) => OutcomeStatus::NotStarted,
                (false, _) => OutcomeStatus::Failed,
            });
        }
        if attempt > 1 {
            self.shared.writer.count_retry(&write, self.outcome.message.as_deref());
        }
        match self.shared.writer.write(&write, None).await {
            Wrote::Done(response) => {
                self.outcome.http_status = Some(response.status);
                self.outcome.request_id = response.request_id;
                self.outcome.message = None;
                if is_create {
                    let body = std::str::from_utf8(&response.body).ok().and_then(Raw::parse);
                    let id = body.and_then(|body| self.wire.created_id(&body));
                    id.into_iter().for_each(|id| self.is_called(&id));
                }
                Sent::Done
            }
            Wrote::Failed(TenantError::Refused { status: 404, .. }) if !is_create => Sent::Done,
            Wrote::Conflict(error) => {
                self.outcome.refused(&error);
                self.outcome.message = Some(self.told(&error));
                if attempt > 1 {
                    sleep(backoff(attempt - 1, 1.0) / 4).await;
                }
                Sent::Again
            }
            Wrote::Lost { wait, why } => {
                (self.is_lost, self.was_lost) = (true, true);
                self.outcome.message = Some(why);
                sleep(wait).await;
                Sent::Again
            }
            Wrote::Failed(error) => Sent::Ended(self.ended(&error, is_made)),
        }
    }

    /// The change ends with an error. Where the new one is there, the old one is as well.
    fn ended(&mut self, error: &TenantError, is_made: bool) -> OutcomeStatus {
        let status = self.failed(error);
        if !is_made {
            return status;
        }
        let both = "the new one is made, and the old one may be there as well, which the next \
                    apply deletes";
        let told = self.outcome.message.take().unwrap_or_default();
        self.outcome.message = Some(format!("{told}; {both}"));
        OutcomeStatus::Unknown
    }

    /// An error without the secrets that a tenant may repeat in it.
    fn told(&self, error: &TenantError) -> String {
        self.shared.secrets().masked(&error.to_string())
    }

    /// The id of what is there now.
    fn learn(&mut self, theirs: &[Remote]) {
        if let [Remote { id: Some(id), .. }] = theirs {
            self.is_called(id);
        }
    }
}
