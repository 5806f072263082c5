//! `apply`: plans, shows, asks, writes, and tells what became of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::{ApplyArgs, PlanFormat};
use super::clock;
use super::context::{Context, report};
use super::embedded::Embedded;
use super::exit::{Exit, UsageError};
use super::files;
use super::journal::{Run, RunJournal, figures};
use super::making::{make, tenant_of};
use super::planning::{connect, present, runtime};
use super::provenance::Provenance;
use super::settings::Settings;
use super::show::{lists_noops, open};
use super::sinks::Delivery;
use super::state::{Holder, Part, StateFolder};
use crate::audit::{CheckRecord, Event, Override, RunEnd, RunStart};
use crate::plan::{self, Applied, OutcomeStatus, Plan, Status};
use crate::render;
use crate::tenant::{self, Figures, TenantError, Writer};

/// Set by SIGINT and SIGTERM: what is under way is finished, nothing new is started.
static STOP: AtomicBool = AtomicBool::new(false);
/// Which of the two it was.
static TERMINATED: AtomicBool = AtomicBool::new(false);

/// What the run's first audit entry says about the plan's checks.
struct Lifting {
    /// The rules that are lifted.
    overrides: Vec<Override>,
    /// When the checks were made: now, or when the plan was saved.
    checked_at: Option<jiff::Timestamp>,
}

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &ApplyArgs) -> anyhow::Result<Exit> {
    let planning = &args.planning;
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
    if args.plan.is_none() && !args.auto_approve && !context.console.is_interactive() {
        return Err(UsageError::new("there is no terminal to ask whether to apply")
            .hint("pass --auto-approve, or apply a saved plan with --plan FILE")
            .into());
    }
    let overrides = overrides(args)?;
    let mut flags = context.global.flags(&planning.paths);
    flags.allow_delete = planning.allow_delete;
    flags.parallelism = args.parallelism;
    let settings = context.settings(&flags)?;
    let saved = args.plan.as_deref().map(|file| open(context, file)).transpose()?;
    if let Some(plan) = &saved {
        is_for_tenant(plan, &settings)?;
    }
    let state =
        StateFolder::new(&settings.state_dir.value).rotating(settings.audit.rotate_at.value);
    let holder = Holder::of_process(&context.environment, clock::now());
    let _lock = state.lock(&holder, args.lock_timeout)?;
    runtime()?.block_on(async {
        let (connection, embedded) = connect(context, &settings).await?;
        let writer = Writer::connect(connection)?;
        let reader = writer.reader();
        let plan = match saved {
            Some(plan) => Ok(plan),
            None => make(context, &settings, &reader, lists_noops(planning.detail)).await,
        };
        let checked_at = match &args.plan {
            Some(file) => files::modified(&context.cwd.join(file)),
            None => Some(clock::now()),
        };
        let lifting = Lifting { overrides, checked_at };
        let exit = match plan {
            Ok(plan) => go(context, args, &settings, &state, writer, plan, lifting).await,
            Err(error) => {
                if planning.format == Some(PlanFormat::Json) {
                    context.console.data(&report(&error))?;
                }
                Err(error)
            }
        };
        end(embedded).await?;
        exit
    })
}

async fn end(embedded: Option<Embedded>) -> anyhow::Result<()> {
    match embedded {
        Some(embedded) => embedded.end().await,
        None => Ok(()),
    }
}

/// Shows the plan, asks, and applies it.
async fn go(
    context: &mut Context<'_>,
    args: &ApplyArgs,
    settings: &Settings,
    state: &StateFolder,
    writer: Writer,
    plan: Plan,
    lifting: Lifting,
) -> anyhow::Result<Exit> {
    present(context, &args.planning, &plan)?;
    let format = args.planning.format.unwrap_or(PlanFormat::Text);
    if let Some(expected) = &args.expect_hash
        && bare(expected) != bare(&plan.hash)
    {
        context.note(&format!(
            "error: the plan's hash is {}, not {expected}; nothing was sent\n",
            plan.hash
        ))?;
        return Ok(Exit::Conflict);
    }
    let lifted = |rule: &str| {
        lifting.overrides.iter().any(|o| o.rule == rule && bare(&o.hash) == bare(&plan.hash))
    };
    if plan.blocked_by().any(|check| !lifted(&check.rule)) {
        context.note("error: the plan is blocked; nothing was sent\n")?;
        return Ok(Exit::Blocked);
    }
    let changes = plan.live().count();
    let asks = args.plan.is_none() && !args.auto_approve && changes > 0;
    if asks && !context.console.confirm("\nApply these changes? Only `yes` is taken: ")? {
        context.note("Apply cancelled; nothing was sent.\n")?;
        return Ok(Exit::Error);
    }
    watch_signals()?;
    let plan = Arc::new(plan);
    let applied = record(context, settings, state, writer, &plan, lifting).await?;
    let told = render::outcome(&plan, &applied);
    match format {
        PlanFormat::Text => context.say(&told)?,
        PlanFormat::Json => context.note(&told)?,
    }
    Ok(exit(&applied))
}

/// Applies within a recorded run.
async fn record(
    context: &mut Context<'_>,
    settings: &Settings,
    state: &StateFolder,
    writer: Writer,
    plan: &Arc<Plan>,
    lifting: Lifting,
) -> anyhow::Result<Applied> {
    let folder = state.create_run(&run_name())?;
    folder.write(Part::Plan, &|out| plan::write(plan, out))?;
    let tenant = settings.tenant()?.name.value.clone();
    let audit = state.audit(&tenant)?;
    let delivery = Delivery::start(context, settings, &state.audit_files(&tenant), &audit.synced());
    let recorder = folder.record(audit)?;
    let provenance = Provenance::of(&context.environment);
    let run = Run {
        name: folder.name().to_owned(),
        actor: provenance.actor.clone(),
        tenant,
        commit: plan.source.commit.clone().or_else(|| provenance.commit.clone()),
        plan_hash: plan.hash.clone(),
    };
    let journal = Arc::new(RunJournal::new(recorder, run));
    journal.audit(Event::Start(provenance.told_in(start(plan, lifting)))).await?;
    let reader = writer.reader();
    let timezone = settings.timezone.value.clone();
    let applied = tenant::apply(writer, Arc::clone(plan), journal.clone(), timezone, &STOP).await;
    let seen = reader.figures();
    let end = run_end(applied.as_ref(), &seen);
    let head = journal.audit(Event::End(end.clone())).await;
    let outcome = serde_json::json!({"plan_hash": plan.hash, "end": end});
    let kept = folder.write(Part::Outcome, &|out| write!(out, "{outcome}"));
    delivery.end(context).await;
    let mut applied = applied?;
    if let Err(error) = kept {
        // What was done is told all the same.
        applied.stopped.get_or_insert(error.to_string());
    }
    match head {
        Ok(head) => {
            let millis = |percent| seen.percentile(percent).unwrap_or_default().as_millis();
            // Where standard error is gone, what was done is still told on standard output.
            let _ = context.note(&format!(
                "Requests: {}, sent again: {}, latency p50/p95/p99: {}/{}/{} ms\nAudit head: {head}\n",
                seen.requests,
                seen.retries,
                millis(50),
                millis(95),
                millis(99)
            ));
        }
        Err(error) => drop(applied.stopped.get_or_insert(error.to_string())),
    }
    Ok(applied)
}

fn start(plan: &Plan, lifting: Lifting) -> RunStart {
    let Lifting { overrides, checked_at } = lifting;
    let check = |check: &crate::plan::CheckResult| CheckRecord {
        rule: check.rule.clone(),
        address: check.address.as_ref().map(ToString::to_string),
        passed: check.status == Status::Pass,
    };
    RunStart {
        checks: plan.checks.iter().map(check).collect(),
        checked_at,
        overrides: overrides.into_iter().filter(|o| bare(&o.hash) == bare(&plan.hash)).collect(),
        ..RunStart::default()
    }
}

fn run_end(applied: Result<&Applied, &TenantError>, seen: &Figures) -> RunEnd {
    let result = match applied {
        Ok(applied) if exit(applied) == Exit::Done => "complete",
        _ if STOP.load(Ordering::SeqCst) => "interrupted",
        Ok(_) => "incomplete",
        Err(_) => "failed",
    };
    let mut outcomes = std::collections::BTreeMap::new();
    for outcome in applied.into_iter().flat_map(|applied| &applied.outcomes) {
        let word = serde_json::json!(outcome.status).as_str().unwrap_or_default().to_owned();
        *outcomes.entry(word).or_default() += 1;
    }
    RunEnd { result: result.to_owned(), outcomes, figures: figures(seen) }
}

/// The exit code of an apply (product page, section 3).
fn exit(applied: &Applied) -> Exit {
    let count = |status| applied.count(status);
    let undone = count(OutcomeStatus::Failed)
        + count(OutcomeStatus::Unknown)
        + count(OutcomeStatus::NotStarted);
    match () {
        () if STOP.load(Ordering::SeqCst) && undone > 0 => {
            if TERMINATED.load(Ordering::SeqCst) {
                Exit::Terminated
            } else {
                Exit::Interrupted
            }
        }
        () if undone > 0 && count(OutcomeStatus::Done) > 0 => Exit::Partial,
        () if undone > 0 || applied.stopped.is_some() => Exit::Error,
        () if count(OutcomeStatus::Conflict) > 0 => Exit::Conflict,
        () => Exit::Done,
    }
}

fn is_for_tenant(plan: &Plan, settings: &Settings) -> anyhow::Result<()> {
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

/// Reads `--override RULE@HASH --reason TEXT`.
fn overrides(args: &ApplyArgs) -> Result<Vec<Override>, UsageError> {
    let one = |text: &String| {
        let (rule, hash) = text.split_once('@').ok_or_else(|| {
            UsageError::new(format!("--override {text}: expected RULE@HASH"))
                .hint("copy it from the blocked plan's message")
        })?;
        let reason = args.reason.clone().ok_or_else(|| {
            UsageError::new("--override needs --reason TEXT").hint("the reason goes into the audit")
        })?;
        Ok(Override { rule: rule.to_owned(), hash: hash.to_owned(), reason })
    };
    args.overrides.iter().map(one).collect()
}

fn bare(hash: &str) -> &str {
    hash.strip_prefix("sha256:").unwrap_or(hash)
}

/// A name that sorts by time and that no other run has: processes of containers share numbers.
fn run_name() -> String {
    let since = clock::system().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let (time, micros) = (clock::now().strftime("%Y%m%dT%H%M%SZ"), since.subsec_micros());
    format!("{time}-{micros:06}-{}", std::process::id())
}

fn watch_signals() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => TERMINATED.store(true, Ordering::SeqCst),
        }
        STOP.store(true, Ordering::SeqCst);
        // Who asks twice does not want to wait: every intent is on the disk.
        let exit = tokio::select! {
            _ = interrupt.recv() => Exit::Interrupted,
            _ = terminate.recv() => Exit::Terminated,
        };
        std::process::exit(i32::from(exit.code()));
    });
    Ok(())
}
