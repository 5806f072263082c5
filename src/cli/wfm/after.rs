//! After an apply: what the run verified goes to workforce management.

use std::collections::BTreeSet;
use std::time::Duration;

use super::sending::send;
use super::{SEND, read};
use crate::cli::clock;
use crate::cli::context::{Context, causes};
use crate::cli::making::facts;
use crate::cli::project::WfmMode;
use crate::cli::settings::{Settings, WfmTarget};
use crate::cli::state::{Outbox, StateFolder};
use crate::kinds::{Action, WfmRow};
use crate::model::Address;
use crate::plan::{Applied, Outcome, OutcomeStatus, Plan};
use crate::render;
use crate::tenant::{Reader, reread};

/// How long a run waits at its end for its delivery.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends what a run did, where the project wants it: `applied` is none where the run was cut off.
/// What goes wrong is a warning.
pub(in crate::cli) async fn after(
    context: &mut Context<'_>,
    (settings, state, reader): (&Settings, &StateFolder, &Reader),
    plan: &Plan,
    applied: Option<&Applied>,
) {
    let (Some(mode), Some(target)) = (settings.wfm.on_apply, &settings.wfm.to) else { return };
    let told = match applied {
        Some(applied) => {
            match tell(context, (settings, state, reader), (plan, applied, mode)).await {
                Ok(()) => deliver(context, settings, state, target).await,
                Err(error) => {
                    let error = context.redacting.error(error);
                    Err(format!("nothing was sent to {target}: {}; {SEND} does", causes(&error)))
                }
            }
        }
        None => Err(format!("the run broke off, and nothing was sent to {target}; {SEND} does")),
    };
    if let Err(why) = told {
        // Where standard error is gone, there is nobody to warn.
        let _ = context.note(&format!("warning: wfm: {why}\n"));
    }
}

/// Puts what there is to tell behind what waits.
async fn tell(
    context: &mut Context<'_>,
    (settings, state, reader): (&Settings, &StateFolder, &Reader),
    (plan, applied, mode): (&Plan, &Applied, WfmMode),
) -> anyhow::Result<()> {
    let at = clock::now();
    let rows = match mode {
        WfmMode::Whole => read(context, &listed(settings), reader).await?,
        WfmMode::Delta => {
            let rows = changed(settings, reader, plan, applied).await?;
            if rows.is_empty() {
                return Ok(());
            }
            rows
        }
    };
    Ok(outbox(settings, state)?.put(&render::wfm(rows, at), at)?)
}

/// Settings with all manifests of the project, though the run may have read a part of them: what
/// is not in a whole is gone.
fn listed(settings: &Settings) -> Settings {
    let mut whole = settings.clone();
    if let Some(listed) = whole.listed.take() {
        whole.manifests.value = listed;
    }
    whole
}

/// What the run changed, as the tenant has it now.
async fn changed(
    settings: &Settings,
    reader: &Reader,
    plan: &Plan,
    applied: &Applied,
) -> anyhow::Result<Vec<WfmRow>> {
    let is_there = |outcome: &&Outcome| {
        outcome.action != Action::Delete && outcome.status == OutcomeStatus::Done
    };
    let done = applied.outcomes.iter().filter(is_there);
    let addresses: BTreeSet<&Address> = done.map(|outcome| &outcome.address).collect();
    let named: BTreeSet<&str> = plan.references.keys().map(Address::kind).collect();
    Ok(reread(reader, &addresses, &named, facts(settings)).await?)
}

async fn deliver(
    context: &Context<'_>,
    settings: &Settings,
    state: &StateFolder,
    target: &WfmTarget,
) -> Result<(), String> {
    let outbox = outbox(settings, state).map_err(|error| causes(&error))?;
    let sent = send(context, settings, target, &outbox, PATIENCE).await;
    match sent.why.as_ref() {
        None => Ok(()),
        Some(why) => Err(format!("not delivered to {target}: {why}; {}", sent.rest(SEND))),
    }
}

fn outbox(settings: &Settings, state: &StateFolder) -> anyhow::Result<Outbox> {
    let key = settings.wfm.to.as_ref().map(WfmTarget::key).unwrap_or_default();
    Ok(state.outbox(&settings.tenant()?.name.value, &key))
}
