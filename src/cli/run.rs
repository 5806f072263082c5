//! A run: recorded from its first entry to its last, whatever becomes of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::approval::Ground;
use super::args::{OnConflict, OnError};
use super::clock;
use super::context::{Context, causes};
use super::exit::Exit;
use super::figures::audited;
use super::journal::{Run, RunJournal};
use super::provenance::Provenance;
use super::report::{self, Ended};
use super::secrets;
use super::sinks::Delivery;
use super::state::Part;
use super::wfm;
use crate::audit::{CheckRecord, Event, Override, RunEnd, RunStart};
use crate::plan::{self, Applied, OutcomeStatus, Plan, Status, invert};
use crate::tenant::{self, Figures, Manner};

/// Set by SIGINT and SIGTERM: what is under way is finished, nothing new is started.
static STOP: AtomicBool = AtomicBool::new(false);
/// Which of the two it was.
static TERMINATED: AtomicBool = AtomicBool::new(false);

/// What the run's first audit entry says about the plan's checks.
pub(super) struct Lifting {
    /// The rules that are lifted.
    pub(super) overrides: Vec<Override>,
    /// When the checks were made: now, or when the plan was saved.
    pub(super) checked_at: Option<jiff::Timestamp>,
}

/// Applies within a recorded run.
pub(super) async fn record(
    context: &mut Context<'_>,
    ground: Ground<'_>,
    plan: &Arc<Plan>,
    lifting: Lifting,
) -> anyhow::Result<Applied> {
    let Ground { settings, state, writer, applying, following, sharing, .. } = ground;
    let secrets = secrets::needed(context, plan)?;
    let started = clock::now();
    let folder = state.create_run(&run_name())?;
    folder.write(Part::Plan, &|out| plan::write(plan, out))?;
    // What would undo it is on the disk before the first write.
    let inverse = invert(plan);
    folder.write(Part::Inverse, &|out| plan::write(&inverse, out))?;
    drop(inverse);
    let provenance = Provenance::of(&context.environment);
    let tenant = settings.tenant()?.name.value.clone();
    let run = Run {
        name: folder.name().to_owned(),
        actor: provenance.actor.clone(),
        tenant: tenant.clone(),
        commit: plan.source.commit.clone().or_else(|| provenance.commit.clone()),
        plan_hash: plan.hash.clone(),
    };
    // Whoever finds this run cut off, and its machine gone, can say how it began.
    let start = run.entry(Event::Start(provenance.told_in(start(plan, lifting))));
    let text = serde_json::json!(start).to_string();
    folder.write(Part::Start, &|out| out.write_all(text.as_bytes()))?;
    sharing.claim(context, &folder, &provenance.actor, &STOP).await?;
    let audit = state.audit(&tenant)?;
    let delivery = Delivery::start(context, settings, &state.audit_files(&tenant), &audit.synced());
    let recorder = folder.record(audit)?;
    let journal = Arc::new(RunJournal::new(recorder, run));
    let begun = journal.enter(start).await;
    let reader = writer.reader();
    let manner = Manner {
        timezone: settings.timezone.value.clone(),
        overwrites: applying.on_conflict == OnConflict::Overwrite,
        stops_on_error: applying.on_error == OnError::Stop,
        secrets,
    };
    let mut applied = match begun {
        Err(error) => Err(error.into()),
        Ok(_) => {
            let work = tenant::apply(writer, Arc::clone(plan), journal.clone(), manner, &STOP);
            following.run(context, plan, work).await.map_err(anyhow::Error::from)
        }
    };
    let figures = reader.figures();
    let end = run_end(plan, applied.as_ref(), &figures);
    let head = journal.audit(Event::End(end.clone())).await;
    let stopped = match &applied {
        Ok(applied) => applied.stopped.clone(),
        Err(error) => Some(causes(error)),
    };
    let ended = Ended {
        run: folder.name(),
        tenant: &tenant,
        plan_hash: &plan.hash,
        result: &end.result,
        stopped: stopped.as_deref(),
        started,
        ended: clock::now(),
        outcomes: applied.as_ref().map_or(&[], |applied| &applied.outcomes),
        figures: &figures,
        audit_head: head.as_deref().ok(),
    };
    let kept = folder.write(Part::Outcome, &|out| ended.write(out));
    following.ended(context, settings, plan, &ended).await;
    delivery.end(context).await;
    wfm::after(context, (settings, state, &reader), plan, uncut(&applied)).await;
    if let Ok(applied) = &mut applied {
        // What was done is told all the same.
        let unkept = kept.err().map(|error| error.to_string());
        let unkept = unkept.or_else(|| head.err().map(|error| error.to_string()));
        applied.stopped = applied.stopped.take().or(unkept);
    }
    applied
}

/// What became of the plan, of a run that nobody has cut off.
fn uncut(applied: &anyhow::Result<Applied>) -> Option<&Applied> {
    applied.as_ref().ok().filter(|_| !STOP.load(Ordering::SeqCst))
}

fn start(plan: &Plan, lifting: Lifting) -> RunStart {
    let Lifting { overrides, checked_at } = lifting;
    let check = |check: &crate::plan::CheckResult| CheckRecord {
        rule: check.rule.clone(),
        address: check.address.as_ref().map(ToString::to_string),
        passed: check.status == Status::Pass,
        warned: check.status == Status::Warn,
    };
    RunStart {
        checks: plan.checks.iter().map(check).collect(),
        checked_at,
        overrides: overrides.into_iter().filter(|o| bare(&o.hash) == bare(&plan.hash)).collect(),
        ..RunStart::default()
    }
}

fn run_end(plan: &Plan, applied: Result<&Applied, &anyhow::Error>, seen: &Figures) -> RunEnd {
    let result = match applied {
        Ok(applied) if exit(applied) == Exit::Done => "complete",
        _ if STOP.load(Ordering::SeqCst) => "interrupted",
        Ok(_) => "incomplete",
        Err(_) => "failed",
    };
    let outcomes = applied.map_or(&[][..], |applied| &applied.outcomes);
    RunEnd {
        result: result.to_owned(),
        outcomes: report::audited(outcomes),
        figures: audited(seen),
        partial: !plan.is_whole(),
        settled_by: None,
    }
}

/// The exit code of an apply (product page, section 3).
pub(super) fn exit(applied: &Applied) -> Exit {
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

/// A name that sorts by time and that no other run has: processes of containers share numbers.
fn run_name() -> String {
    let since = clock::system().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let (time, micros) = (clock::now().strftime("%Y%m%dT%H%M%SZ"), since.subsec_micros());
    format!("{time}-{micros:06}-{}", std::process::id())
}

pub(super) fn watch_signals() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        // Who asks twice does not want to wait: every intent is on the disk. A CI that cancels asks
        // once with each of the two, and leaves some seconds between them to end in.
        let (mut interrupts, mut terminates) = (0, 0);
        let exit = loop {
            tokio::select! {
                _ = interrupt.recv() => interrupts += 1,
                _ = terminate.recv() => terminates += 1,
            }
            TERMINATED.fetch_or(interrupts == 0, Ordering::SeqCst);
            STOP.store(true, Ordering::SeqCst);
            match (interrupts, terminates) {
                (2.., _) => break Exit::Interrupted,
                (_, 2..) => break Exit::Terminated,
                _ => {}
            }
        };
        std::process::exit(i32::from(exit.code()));
    });
    Ok(())
}

/// A hash without the name of its algorithm.
pub(super) fn bare(hash: &str) -> &str {
    hash.strip_prefix("sha256:").unwrap_or(hash)
}
