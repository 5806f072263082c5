//! What became of the writes of a run that was cut off: the tenant is looked at, nothing is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::apply::known;
use super::lane::Lane;
use super::replace::namesakes;
use super::side_by_side::side_by_side;
use super::{Reader, TenantError};
use crate::kinds::{Action, kind_of};
use crate::model::{Address, Facts, Remote};
use crate::plan::{
    Change, Clash, Outcome, OutcomeStatus, Plan, Rebase, Replacing, rebase, replace,
};

/// A write that was about to leave when its run ended; nobody knows what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The resource.
    pub address: Address,
    /// What was to become of it.
    pub action: Action,
    /// How often it was tried.
    pub attempts: u32,
    /// SHA-256 of the last body, where it is known.
    pub payload_hash: Option<String>,
}

impl Open {
    /// A change that may have been written, as far as is known.
    #[must_use]
    pub fn of(change: &Change) -> Option<Self> {
        let (address, action) = (change.address.clone(), change.action()?);
        Some(Self { address, action, attempts: 0, payload_hash: None })
    }
}

/// Looks at each open write of a plan's run, and tells what became of it: done where the tenant has
/// what was wanted, failed where it has what was there before, unknown where it has neither.
///
/// # Errors
/// The tenant cannot be reached, refuses, or the token lacks a scope.
pub async fn settle(
    reader: &Reader,
    plan: Arc<Plan>,
    open: Vec<Open>,
    timezone: &TimeZone,
) -> Result<Vec<Outcome>, TenantError> {
    let facts = Arc::new(known(&plan, timezone));
    let mut lanes: BTreeMap<Address, Vec<(usize, Open)>> = BTreeMap::new();
    for open in open {
        let changes = &plan.resource_changes;
        let first = changes.partition_point(|change| change.address < open.address);
        let own = changes[first..].iter().take_while(|change| change.address == open.address);
        let index = own.enumerate().find(|(_, change)| change.action() == Some(open.action));
        let index = index.map(|(index, _)| first + index);
        let wire = kind_of(&open.address).and_then(|kind| kind.wire(plan.tenant.dialect));
        if let (Some(index), Some(wire)) = (index, wire) {
            lanes.entry(wire.lane(&open.address)).or_default().push((index, open));
        }
    }
    let look = move |reader: Reader, opens: Vec<(usize, Open)>| {
        let (plan, facts) = (Arc::clone(&plan), Arc::clone(&facts));
        async move {
            let mut lane = Lane::default();
            let mut settled = Vec::with_capacity(opens.len());
            for (index, open) in opens {
                let change = &plan.resource_changes[index];
                let facts = Arc::clone(&facts);
                settled.push(look(&mut lane, &reader, facts, change, open, &plan).await?);
            }
            Ok(settled)
        }
    };
    let settled = side_by_side(reader, lanes.into_values().collect(), look).await?;
    Ok(settled.concat())
}

async fn look(
    lane: &mut Lane,
    reader: &Reader,
    facts: Arc<Facts>,
    change: &Change,
    open: Open,
    plan: &Plan,
) -> Result<Outcome, TenantError> {
    let mut outcome = Outcome::of(change, OutcomeStatus::Unknown);
    outcome.attempts = open.attempts;
    outcome.payload_hash = open.payload_hash;
    let wire = kind_of(&change.address).and_then(|kind| kind.wire(plan.tenant.dialect));
    let Some(wire) = wire else { return Ok(outcome) };
    if wire.replaces() {
        let theirs = namesakes(reader, &facts, change, wire).await?;
        outcome.id = match &theirs[..] {
            [only] => only.id.clone().or(outcome.id),
            _ => outcome.id,
        };
        (outcome.status, outcome.message) = ended(change, &theirs, &mut outcome.clashes);
        return Ok(outcome);
    }
    let theirs = lane.look(reader, facts, change, change.id.as_deref(), wire).await?;
    lane.keep();
    outcome.id = outcome.id.or_else(|| theirs.remote.as_ref()?.id.clone());
    let document = theirs.remote.as_ref().map(|remote| &remote.document);
    let message = match rebase(change, document) {
        Rebase::Done => {
            outcome.status = OutcomeStatus::Done;
            None
        }
        Rebase::Write(_) => {
            outcome.status = OutcomeStatus::Failed;
            Some("it was not written")
        }
        Rebase::Drifted(clashes) => {
            outcome.clashes = clashes;
            Some("the tenant has neither what was there nor what was wanted")
        }
    };
    outcome.message = message.map(str::to_owned);
    Ok(outcome)
}

/// What became of a change of what is made anew, from all that has its name.
fn ended(
    change: &Change,
    theirs: &[Remote],
    clashes: &mut Vec<Clash>,
) -> (OutcomeStatus, Option<String>) {
    match replace(change, theirs, false) {
        Replacing::Done => (OutcomeStatus::Done, None),
        Replacing::Write { makes: None, .. } if change.makes_anew() => {
            let both = "the new one is made, and the old one is still there, which the next apply \
                        deletes";
            (OutcomeStatus::Unknown, Some(both.to_owned()))
        }
        Replacing::Write { .. } => (OutcomeStatus::Failed, Some("it was not written".to_owned())),
        Replacing::Drifted(found) => {
            *clashes = found;
            let neither = "the tenant has neither what was there nor what was wanted";
            (OutcomeStatus::Unknown, Some(neither.to_owned()))
        }
    }
}
