//! What became of the writes of a run that was cut off: the tenant is looked at, nothing is sent.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::apply::known;
use super::lane::Lane;
use super::{Reader, TenantError};
use crate::kinds::{Action, kind_of};
use crate::model::Address;
use crate::plan::{Change, Outcome, OutcomeStatus, Plan, Rebase, rebase};

/// A write that was about to leave when its run ended; nobody knows what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The resource.
    pub address: Address,
    /// What was to become of it.
    pub action: Action,
    /// How often it was tried.
    pub attempts: u32,
    /// SHA-256 of the last body.
    pub payload_hash: String,
}

/// Looks at each open write of a plan's run, and tells what became of it: done where the tenant has
/// what was wanted, failed where it has what was there before, unknown where it has neither.
///
/// # Errors
/// The tenant cannot be reached, refuses, or the token lacks a scope.
pub async fn settle(
    reader: &Reader,
    plan: &Plan,
    open: &[Open],
    timezone: &TimeZone,
) -> Result<Vec<Outcome>, TenantError> {
    let facts = Arc::new(known(plan, timezone));
    let mut settled = Vec::new();
    for open in open {
        let is_meant = |change: &&Change| {
            change.address == open.address && change.action() == Some(open.action)
        };
        let Some(change) = plan.resource_changes.iter().find(is_meant) else { continue };
        let wire = kind_of(&change.address).and_then(|kind| kind.wire(plan.tenant.dialect));
        let Some(wire) = wire else { continue };
        let theirs = Lane::default().look(reader, Arc::clone(&facts), change, wire).await?;
        let mut outcome = Outcome::of(change, OutcomeStatus::Failed);
        outcome.attempts = open.attempts;
        outcome.payload_hash = Some(open.payload_hash.clone());
        outcome.id = outcome.id.or_else(|| theirs.remote.as_ref()?.id.clone());
        let document = theirs.remote.as_ref().map(|remote| &remote.document);
        let (status, message) = match rebase(change, document) {
            Rebase::Done => (OutcomeStatus::Done, None),
            Rebase::Write(_) => (OutcomeStatus::Failed, Some("it was not written")),
            Rebase::Drifted(clashes) => {
                outcome.clashes = clashes;
                let neither = "the tenant has neither what was there nor what was wanted";
                (OutcomeStatus::Unknown, Some(neither))
            }
        };
        outcome.status = status;
        outcome.message = message.map(str::to_owned);
        settled.push(outcome);
    }
    Ok(settled)
}
