//! `apply`: plans, shows, asks, writes, and tells what became of it.

use std::sync::Arc;
use std::time::Duration;

use super::again::CommandText;
use super::approval::{Ground, can_ask, go, overrides};
use super::args::{ApplyArgs, PlanFormat};
use super::clock;
use super::context::Context;
use super::embedded::Embedded;
use super::exit::{Exit, UsageError};
use super::files;
use super::follow::Following;
use super::making::{make, tenant_of};
use super::markup;
use super::planning::{connect, name_of, present, runtime};
use super::run::Lifting;
use super::settings::Settings;
use super::settling::settle;
use super::sharing::Sharing;
use super::show::open;
use super::state::{Holder, Lock, StateFolder};
use crate::plan::{Plan, Reason};
use crate::tenant::{Reader, Writer};

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &ApplyArgs) -> anyhow::Result<Exit> {
    let (planning, applying) = (&args.planning, &args.applying);
    context.redact(planning.redaction, planning.out.as_deref())?;
    if args.plan.is_some() && planning.is_said() {
        return Err(UsageError::new("--plan FILE applies exactly that plan")
            .hint("leave out PATH and the flags that shape a plan, or leave out --plan")
            .into());
    }
    if planning.live.is_some() {
        return Err(UsageError::new("--live plans against a snapshot, which cannot be applied to")
            .hint("run `cxform plan --live SNAPSHOT`, or leave out --live")
            .into());
    }
    let mut following = Following::start(context, applying, planning)?;
    let ended = begin(context, args, &mut following);
    following.end(context, &ended);
    ended
}

/// Makes the plan, or opens it, and goes on with it.
fn begin(
    context: &mut Context<'_>,
    args: &ApplyArgs,
    following: &mut Following,
) -> anyhow::Result<Exit> {
    let (planning, applying) = (&args.planning, &args.applying);
    let overrides = overrides(applying)?;
    let mut flags = context.global.flags(&planning.paths);
    flags.allow_delete = planning.allow_delete;
    flags.parallelism = applying.parallelism;
    let settings = context.settings(&flags)?;
    let saved = args.plan.as_deref().map(|file| open(context, file)).transpose()?;
    if let Some(plan) = &saved {
        is_for_tenant(plan, &settings)?;
        is_no_inverse(plan)?;
    } else {
        // Whoever lacks more than a terminal is told of that first.
        settings.tenant()?;
        can_ask(context, applying)?;
    }
    let (state, _lock) = lock(context, &settings, applying.lock_timeout)?;
    let mut sharing = Sharing::open(context, &settings, &state, applying.lock_timeout)?;
    runtime()?.block_on(async {
        let (connection, embedded) = connect(context, &settings).await?;
        let writer = Writer::connect(connection)?;
        following.watch(&writer);
        let checked_at = match &args.plan {
            Some(file) => files::modified(&context.cwd.join(file)),
            None => Some(clock::now()),
        };
        let plan = match settle(context, &settings, &state, &writer.reader()).await {
            Ok(()) => plan(context, args, &settings, &writer.reader(), saved).await,
            Err(error) => Err(context.redacting.error(error)),
        };
        let ground = Ground {
            settings: &settings,
            state: &state,
            writer,
            applying,
            format: (planning.format.unwrap_or(PlanFormat::Text), &planning.telling),
            following,
            sharing: &mut sharing,
            asks: args.plan.is_none() && !applying.auto_approve,
        };
        let exit = match plan {
            Ok(plan) => {
                go(context, ground, &Arc::new(plan), Lifting { overrides, checked_at }).await
            }
            Err(error) => Err(error),
        };
        sharing.release(context).await;
        end(embedded).await?;
        exit
    })
}

/// The plan to apply, made or saved, as it was shown.
async fn plan(
    context: &mut Context<'_>,
    args: &ApplyArgs,
    settings: &Settings,
    reader: &Reader,
    saved: Option<Plan>,
) -> anyhow::Result<Plan> {
    let planning = &args.planning;
    let plan = match saved {
        Some(plan) => plan,
        None => match make(context, settings, reader, planning)
            .await
            .map_err(|error| context.redacting.error(error))
        {
            Err(error) => {
                markup::failure(context, planning.format, &name_of(settings), &error)?;
                return Err(error);
            }
            Ok(plan) => plan,
        },
    };
    let mut again = match &args.plan {
        Some(file) => CommandText::apply_saved(&context.global, file, planning.redaction),
        None => CommandText::apply(&context.global, planning),
    };
    if args.applying.auto_approve {
        again.word("--auto-approve");
    }
    present(context, planning, &plan, &again)?;
    Ok(plan)
}

/// The state folder, for this run alone.
pub(super) fn lock(
    context: &Context<'_>,
    settings: &Settings,
    timeout: Duration,
) -> anyhow::Result<(StateFolder, Lock)> {
    let state =
        StateFolder::new(&settings.state_dir.value).rotating(settings.audit.rotate_at.value);
    let holder = Holder::of_process(&context.environment, clock::now());
    let lock = state.lock(&holder, timeout)?;
    Ok((state, lock))
}

/// Ends the simulated tenant, where there is one.
pub(super) async fn end(embedded: Option<Embedded>) -> anyhow::Result<()> {
    match embedded {
        Some(embedded) => embedded.end().await,
        None => Ok(()),
    }
}

/// Refuses a plan that undoes a run: what of it was made, and what is held, only `rollback` decides.
fn is_no_inverse(plan: &Plan) -> Result<(), UsageError> {
    if plan.resource_changes.iter().all(|change| change.reason != Reason::Rollback) {
        return Ok(());
    }
    Err(UsageError::new("the plan undoes a run; nothing was sent")
        .hint("apply it with `cxform rollback FILE`, or `cxform rollback RUN`"))
}

/// Refuses a plan that was made for another tenant, or for none.
pub(super) fn is_for_tenant(plan: &Plan, settings: &Settings) -> anyhow::Result<()> {
    if let Some(snapshot) = &plan.source.live {
        anyhow::bail!(
            "the plan was made from the snapshot {snapshot}, not from the tenant; make it again \
             without --live; nothing was sent"
        );
    }
    let tenant = tenant_of(settings.tenant()?);
    if plan.tenant.url == tenant.url && plan.tenant.dialect == tenant.dialect {
        return Ok(());
    }
    anyhow::bail!(
        "the plan is for the tenant {} ({}, dialect {}), the selected one is {} ({}, dialect {}); \
         nothing was sent",
        plan.tenant.name,
        plan.tenant.url,
        plan.tenant.dialect,
        tenant.name,
        tenant.url,
        tenant.dialect
    )
}
