//! `rollback`: undoes what a run did, as far as nobody has changed it since.

mod undone;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::again::CommandText;
use super::apply::{end, is_for_tenant, lock};
use super::approval::{Ground, can_ask, go, overrides};
use super::args::{PlanFormat, Planning, RollbackArgs};
use super::clock;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::follow::Following;
use super::journal::Record;
use super::making::{facts, note_lacking, policy};
use super::planning::{connect, present, runtime};
use super::progress::Progress;
use super::run::Lifting;
use super::settings::Settings;
use super::settling::settle;
use super::sharing::Sharing;
use super::show::open;
use super::state::{Part, RunFolder, StateFolder};
use crate::kinds::Action;
use crate::model::Address;
use crate::plan::{self, Inputs, Made, OutcomeStatus, Plan, Policy, rollback};
use crate::tenant::{Observation, Reader, Writer};
use undone::Undone;

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &RollbackArgs) -> anyhow::Result<Exit> {
    let applying = &args.applying;
    context.redact(args.redaction, None)?;
    let planning = Planning {
        format: args.format,
        detail: args.detail,
        telling: args.telling.clone(),
        ..Planning::default()
    };
    let mut following = Following::start(context, applying, &planning)?;
    let ended = begin(context, args, &planning, &mut following);
    following.end(context, &ended);
    ended
}

fn begin(
    context: &mut Context<'_>,
    args: &RollbackArgs,
    planning: &Planning,
    following: &mut Following,
) -> anyhow::Result<Exit> {
    let applying = &args.applying;
    let overrides = overrides(applying)?;
    let mut flags = context.global.flags(&[]);
    flags.allow_delete = args.allow_delete;
    flags.parallelism = applying.parallelism;
    let settings = context.settings(&flags)?;
    settings.tenant()?;
    is_there(context, args, &settings)?;
    can_ask(context, applying)?;
    let (state, _lock) = lock(context, &settings, applying.lock_timeout)?;
    let mut sharing = Sharing::open(context, &settings, &state, applying.lock_timeout)?;
    runtime()?.block_on(async {
        let (connection, embedded) = connect(context, &settings).await?;
        let writer = Writer::connect(connection)?;
        following.watch(&writer);
        let plan = match settle(context, &settings, &state, &writer.reader()).await {
            Ok(()) => match inverse(context, args, &settings, &state, &writer.reader()).await {
                Ok(plan) => guarded(context, &settings, &writer.reader(), plan).await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        let plan = plan.map_err(|error| context.redacting.error(error)).and_then(|plan| {
            present(context, planning, &plan, &again(context, args))?;
            Ok(plan)
        });
        let ground = Ground {
            settings: &settings,
            state: &state,
            writer,
            applying,
            format: (args.format.unwrap_or(PlanFormat::Text), &args.telling),
            following,
            sharing: &mut sharing,
            asks: !applying.auto_approve,
        };
        let lifting = Lifting { overrides, checked_at: Some(clock::now()) };
        let exit = match plan {
            Ok(plan) => undo(context, ground, plan, lifting).await,
            Err(error) => Err(error),
        };
        sharing.release(context).await;
        end(embedded).await?;
        exit
    })
}

/// The plan after coverage was asked about it: who is there is read where it matters, and everybody
/// where too few are among them.
async fn guarded(
    context: &mut Context<'_>,
    settings: &Settings,
    reader: &Reader,
    plan: Plan,
) -> anyhow::Result<Plan> {
    let (wanted, policy) = (plan::staffing(&plan), policy(settings, false));
    if wanted.is_empty() {
        return Ok(plan);
    }
    let mut progress = Progress::new(context.console);
    let mut watch = |step| progress.tell(step);
    let (desired, known) = (plan::declared(&plan), facts(settings));
    let (mut seen, mut lacking) =
        Observation::of(reader, desired, &wanted, known, &mut watch).await?;
    let covered = loop {
        let covered = seen_through(&seen, &policy, &plan);
        if seen.is_whole || !covered.lacks_agents() {
            break covered;
        }
        lacking.extend(seen.look_everywhere(reader, &mut watch).await?);
    };
    drop(progress);
    note_lacking(context, lacking)?;
    Ok(covered)
}

fn seen_through(seen: &Observation, policy: &Policy, plan: &Plan) -> Plan {
    let Observation { desired, observed, facts, .. } = seen;
    let (tenant, source) = (plan.tenant.clone(), plan.source.clone());
    let inputs = Inputs { desired, observed, facts, policy, tenant, source, ahead: None };
    plan::covered(plan.clone(), &inputs)
}

async fn undo(
    context: &mut Context<'_>,
    ground: Ground<'_>,
    plan: Plan,
    lifting: Lifting,
) -> anyhow::Result<Exit> {
    let plan = Arc::new(plan);
    let exit = go(context, ground, &plan, lifting).await?;
    if plan.live().next().is_some() && matches!(exit, Exit::Done | Exit::Partial | Exit::Conflict) {
        let which = match &plan.source.commit {
            Some(commit) => format!("revert the commit {commit}"),
            None => "take the change out of them".to_owned(),
        };
        context.note(&format!(
            "The manifests still say what was undone: {which}, or the next apply brings it back.\n"
        ))?;
    }
    Ok(exit)
}

/// The command that asks for the same again.
fn again(context: &Context<'_>, args: &RollbackArgs) -> CommandText {
    let mut again = CommandText::new(&context.global, "rollback");
    again.word(&args.run);
    if args.allow_delete {
        again.word("--allow-delete");
    }
    again.redacting(args.redaction);
    if args.applying.auto_approve {
        again.word("--auto-approve");
    }
    again
}

/// The plan that undoes the run that is meant.
async fn inverse(
    context: &mut Context<'_>,
    args: &RollbackArgs,
    settings: &Settings,
    state: &StateFolder,
    reader: &Reader,
) -> anyhow::Result<Plan> {
    let file = context.cwd.join(&args.run);
    let is_file = file.is_file();
    let undoing = match is_file {
        true => {
            let inverse = open(context, &args.run)?;
            is_for_tenant(&inverse, settings)?;
            let name = args.run.display().to_string();
            // The journal beside it tells what the run really did.
            let journal = file.parent().map(|dir| RunFolder::new(&name, dir.to_owned()).journal());
            let changes = changes(&journal.transpose()?.unwrap_or_default())?;
            Undoing { name, inverse, changes: Some(changes).filter(|changes| !changes.is_empty()) }
        }
        false => find(state, settings, &args.run)?,
    };
    let Undoing { name, mut inverse, changes } = undoing;
    let made = |address: &Address, action: Action| match &changes {
        Some(changes) => changes.get(&(address.to_string(), action.word().to_owned())).cloned(),
        None => Some(Made::default()),
    };
    let applied = |inverse: Plan| rollback(inverse, &name, made, &policy(settings, false));
    // Who names the file means all that stands in it.
    if !is_file {
        let undone = Undone::of(state, &name, &inverse.tenant)?;
        let (whole, zone) = (applied(inverse.clone()), &settings.timezone.value);
        if let Some(by) = undone.leave_out(&mut inverse, whole, reader, zone).await? {
            context.note(&match inverse.resource_changes.is_empty() {
                true => format!("The run {name} is undone already, by the run {by}.\n"),
                false => {
                    format!(
                        "The run {name} is undone in part, by the run {by}; this is the rest.\n"
                    )
                }
            })?;
        }
    }
    Ok(applied(inverse))
}

/// A run that is to be undone.
struct Undoing {
    name: String,
    inverse: Plan,
    /// What it changed, by address and action; none where that is not known.
    changes: Option<Changes>,
}

/// What a run changed, by address and action.
type Changes = BTreeMap<(String, String), Made>;

/// What a journal says was changed, or may have been.
fn changes(journal: &[String]) -> anyhow::Result<Changes> {
    let may_be = [OutcomeStatus::Done, OutcomeStatus::Unknown].map(OutcomeStatus::word);
    let mut changes = Changes::new();
    for line in journal {
        if let Record::Outcome { change, id, .. } = serde_json::from_str(line)?
            && may_be.contains(&&*change.result)
        {
            let written_as = change.written_as().to_owned();
            changes.insert((change.address, written_as), Made { id });
        }
    }
    Ok(changes)
}

impl Undoing {
    /// A run that changed something; none where it changed nothing.
    fn of(folder: &RunFolder) -> anyhow::Result<Option<Self>> {
        let changes = changes(&folder.journal()?)?;
        let text = folder.read(Part::Inverse)?;
        let Some(text) = text.filter(|_| !changes.is_empty()) else { return Ok(None) };
        let name = folder.name().to_owned();
        let inverse = plan::open(&text).map_err(|error| {
            anyhow::anyhow!("the inverse of the run {name} cannot be used: {error}")
        })?;
        Ok(Some(Self { name, inverse, changes: Some(changes) }))
    }
}

/// Refuses a run that is not in the state folder. Where a branch keeps the runs, it may be there.
fn is_there(
    context: &Context<'_>,
    args: &RollbackArgs,
    settings: &Settings,
) -> Result<(), UsageError> {
    let state = StateFolder::new(&settings.state_dir.value);
    let is_file = context.cwd.join(&args.run).is_file();
    if is_file || args.run == Path::new("last") || settings.state_branch.is_some() {
        return Ok(());
    }
    named(&state, &args.run).map(drop)
}

/// The folder of the run that is named.
fn named(state: &StateFolder, run: &Path) -> Result<RunFolder, UsageError> {
    let name = run.to_string_lossy();
    let folder = state.run(&name);
    if folder.path().is_dir() {
        return Ok(folder);
    }
    let dir = state.path().display();
    Err(UsageError::new(format!("there is no run {name} in {dir}"))
        .hint("`cxform audit list` names the runs; `last` is the last one that changed something"))
}

/// The run that is meant.
fn find(state: &StateFolder, settings: &Settings, run: &Path) -> anyhow::Result<Undoing> {
    let dir = state.path().display();
    if run != Path::new("last") {
        let folder = named(state, run)?;
        let made = Undoing::of(&folder)?.ok_or_else(|| {
            anyhow::anyhow!("the run {} changed nothing, or its inverse is gone", folder.name())
        })?;
        is_for_tenant(&made.inverse, settings)?;
        return Ok(made);
    }
    for folder in state.runs()?.into_iter().rev() {
        // An undoing is no run to be undone, unless it is named: who goes on with one begins it again.
        if let Some(made) = Undoing::of(&folder)?
            && made.inverse.source.undoes.is_none()
            && is_for_tenant(&made.inverse, settings).is_ok()
        {
            return Ok(made);
        }
    }
    Err(anyhow::anyhow!("no run in {dir} has changed this tenant"))
}
