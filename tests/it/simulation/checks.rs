//! What must hold after every process, whatever became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cxform::audit::{self, Event, verify};
use cxform::model::Document;
use cxform::plan::{Change, Plan, PlannedAction};
use cxform::world::Etags;
use serde_json::Value;

use super::effect::{Effect, Who};
use super::names::Names;
use super::scene::State;
use crate::cases::changed::{differences, meaning, path_in_row};
use crate::cases::rows;

/// What was held already.
#[derive(Default)]
pub(super) struct Held {
    /// So many effects.
    effects: usize,
    /// Runs that have their end.
    runs: BTreeSet<usize>,
}

/// What a tenant itself writes into a row, and what tells which row it is.
const OWN: [&str; 6] = ["/id", "/name", "/userId", "/skillId", "/lastModified", "/xRegion"];

/// Holds the scene against all that holds at any time.
pub(super) fn hold(state: &mut State) {
    let mut wrong = Vec::new();
    let names = Names::of(state);
    let plans: Vec<Arc<Plan>> = state.disk.runs.iter().map(|run| Arc::clone(&run.plan)).collect();
    for effect in &state.effects[state.held.effects..] {
        if let Who::Run(run) = effect.who {
            let overwrites = state.disk.runs[run].manner.overwrites;
            if let Err(why) = is_shown(effect, &plans[run], overwrites, &names) {
                wrong.push(format!("run {run}: {why}: {effect:?}"));
            }
        }
    }
    wrong.extend(is_all_told(state));
    let verified = verify(state.disk.audit_file().as_bytes(), None);
    wrong.extend(verified.problems.iter().map(|problem| format!("audit: {problem}")));
    let open = (0..plans.len()).filter(|run| !state.held.runs.contains(run));
    for run in open.collect::<Vec<_>>() {
        wrong.extend(is_audited(state, run, &plans[run], &names));
        if state.disk.runs[run].is_ended {
            state.held.runs.insert(run);
        }
    }
    state.held.effects = state.effects.len();
    for why in wrong {
        state.complain(why);
    }
}

/// What holds at the end besides: every run has its end, and nothing was told of it later.
pub(super) fn hold_at_end(state: &mut State) {
    state.held = Held::default();
    hold(state);
    for run in 0..state.disk.runs.len() {
        if !state.disk.runs[run].is_ended {
            state.complain(format!("run {run} was never settled"));
        }
        let told = state.disk.told(run);
        let count = |is: fn(&Event) -> bool| told.iter().filter(|event| is(event)).count();
        let (starts, ends) = (
            count(|event| matches!(event, Event::Start(_))),
            count(|event| matches!(event, Event::End(_))),
        );
        if starts != ends || starts > 1 {
            state.complain(format!("run {run} has {starts} starts and {ends} ends"));
        }
    }
}

/// Nothing else became different than what was seen to become different.
fn is_all_told(state: &State) -> Option<String> {
    let mut told = state.first.clone();
    for effect in &state.effects {
        let key = (effect.table, effect.id.clone());
        match &effect.after {
            Some(row) => drop(told.insert(key, row.clone())),
            None => drop(told.remove(&key)),
        }
    }
    (told != rows(&state.world)).then(|| "a row became different, and nobody did it".to_owned())
}

/// The change that an effect is of.
fn change_of<'p>(
    effect: &Effect,
    plan: &'p Plan,
    overwrites: bool,
    names: &Names,
) -> Option<&'p Change> {
    let action = match (&effect.before, &effect.after) {
        (None, _) => PlannedAction::Create,
        (_, None) => PlannedAction::Delete,
        _ => PlannedAction::Update,
    };
    let row = effect.before.as_ref().or(effect.after.as_ref())?;
    let mut about = plan.live().filter(|change| names.is_about(change, effect.table, row));
    about.find(|change| {
        let planned = change.change.actions[0];
        planned == action
            || (overwrites && (planned, action) == (PlannedAction::Create, PlannedAction::Update))
    })
}

/// Nothing is written but what the plan showed, over what it saw.
fn is_shown(effect: &Effect, plan: &Plan, overwrites: bool, names: &Names) -> Result<(), String> {
    let change = change_of(effect, plan, overwrites, names).ok_or("no change of the plan is it")?;
    let means = |fields: Option<&Document>, row: &Value| -> Result<(), String> {
        let is = meaning(effect.table, row);
        for leaf in fields.map(Document::leaves).unwrap_or_default() {
            let now = is.get(path_in_row(&leaf.path)).unwrap_or(&Value::Null);
            if !names.means(&leaf.path, &leaf.value, now) {
                return Err(format!("{} is {now}, not {} as planned", leaf.path, leaf.value));
            }
        }
        Ok(())
    };
    match (&effect.before, &effect.after) {
        (None, Some(row)) => {
            means(change.change.after.as_ref(), row)?;
            let wanted = change.change.after.as_ref().map(Document::leaves).unwrap_or_default();
            let shown: BTreeSet<&str> =
                wanted.iter().map(|leaf| path_in_row(&leaf.path)).chain(OWN).collect();
            let mut sent = meaning(effect.table, &effect.body).into_iter();
            match sent.find(|(path, value)| !value.is_null() && !shown.contains(path.as_str())) {
                Some((path, _)) => Err(format!("{path} was not shown")),
                None => Ok(()),
            }
        }
        (Some(before), Some(after)) => {
            let paths = shown(change);
            for path in differences(effect.table, before, after) {
                if path == "/name" && change.previous_address.is_some() {
                    let is_so = after["name"] == change.address.segment(0);
                    is_so.then_some(()).ok_or("it is called something else")?;
                    continue;
                }
                let (base, wanted) = paths.get(path.as_str()).ok_or(format!("{path} not shown"))?;
                let [was, is] = [before, after].map(|row| {
                    meaning(effect.table, row).get(&path).cloned().unwrap_or(Value::Null)
                });
                let planned = plan_path(change, &path);
                if !overwrites && !names.means(&planned, base, &was) {
                    return Err(format!("an edit is lost: {path} was {was}, planned over {base}"));
                }
                if !names.means(&planned, wanted, &is) {
                    return Err(format!("{path} is {is}, not {wanted} as planned"));
                }
            }
            Ok(())
        }
        (Some(row), None) if !overwrites => means(change.change.before.as_ref(), row)
            .map_err(|why| format!("an edit is lost with what is deleted: {why}")),
        _ => Ok(()),
    }
}

/// By path in the row: what the plan saw, and what it wants.
fn shown(change: &Change) -> BTreeMap<&'static str, (Value, Value)> {
    if change.change.actions == [PlannedAction::Create] {
        let wanted = change.change.after.as_ref().map(Document::leaves).unwrap_or_default();
        let leaf = |leaf: cxform::model::Leaf| (path_in_row(&leaf.path), (Value::Null, leaf.value));
        return wanted.into_iter().map(leaf).collect();
    }
    let paths = change.change.paths.iter();
    paths.map(|path| (path_in_row(&path.path), (path.before.clone(), path.after.clone()))).collect()
}

/// A path of a row as a plan says it.
fn plan_path(change: &Change, in_row: &str) -> String {
    let of = change.change.after.as_ref().map(Document::leaves).unwrap_or_default();
    let mut paths = of.into_iter().map(|leaf| leaf.path);
    paths.find(|path| path_in_row(path) == in_row).unwrap_or_default()
}

/// One line for each attempted change, and each says what is so.
fn is_audited(state: &State, run: usize, plan: &Plan, names: &Names) -> Vec<String> {
    let folder = &state.disk.runs[run];
    let mut wrong = Vec::new();
    let mut lines: BTreeMap<(String, String), audit::Change> = BTreeMap::new();
    for event in state.disk.told(run) {
        let Event::Change(change) = event else { continue };
        let key = (change.address.clone(), change.written_as().to_owned());
        if lines.insert(key.clone(), change).is_some() {
            wrong.push(format!("run {run}: two audit lines of {key:?}"));
        }
    }
    if !folder.is_ended {
        // What is still missing, the next process finds out.
        return wrong;
    }
    for key in folder.intents.iter().filter(|key| !lines.contains_key(key)) {
        wrong.push(format!("run {run}: no audit line of {key:?}"));
    }
    let overwrites = folder.manner.overwrites;
    let of_run: Vec<(usize, &Effect)> =
        state.effects.iter().enumerate().filter(|(_, e)| e.who == Who::Run(run)).collect();
    let mut effected: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (index, effect) in &of_run {
        if let Some(change) = change_of(effect, plan, overwrites, names) {
            let action = change.action().map(|action| action.word().to_owned());
            effected.insert((change.address.to_string(), action.unwrap()), *index);
        }
    }
    for (key, index) in &effected {
        let effect = &state.effects[*index];
        let row = effect.before.as_ref().or(effect.after.as_ref()).unwrap();
        let of_same = |other: &Effect| is_same_row(effect.table, row, other);
        let meddled = state.effects[*index..].iter().any(|e| e.who == Who::Others && of_same(e));
        let result = lines.get(key).map(|line| line.result.as_str()).unwrap_or("nothing");
        let is_unseen = effect.is_late && ["failed", "conflict"].contains(&result);
        if !meddled && !is_unseen && !["done", "unknown"].contains(&result) {
            wrong.push(format!("run {run}: {key:?} was written, and the audit says {result}"));
        }
    }
    for (key, line) in &lines {
        let change = plan.live().find(|c| {
            c.address.to_string() == key.0 && c.action().is_some_and(|a| a.word() == key.1)
        });
        let Some(change) = change else {
            wrong.push(format!("run {run}: the audit tells of {key:?}, which is not planned"));
            continue;
        };
        // Where an answer was lost and somebody else, or an earlier run, has done the same, nobody
        // can tell the two apart.
        let meddled = state.effects.iter().any(|effect| {
            let row = effect.after.as_ref().or(effect.before.as_ref()).unwrap();
            effect.who != Who::Run(run) && names.is_about(change, effect.table, row)
        });
        if line.result == "done" && !effected.contains_key(key) && !meddled {
            wrong.push(format!("run {run}: the audit says {key:?} was done, and it was not"));
        }
    }
    wrong.extend(overwritten(state, run, &of_run, plan, names, &lines));
    wrong
}

/// An edit that was overwritten on purpose is told.
fn overwritten(
    state: &State,
    run: usize,
    of_run: &[(usize, &Effect)],
    plan: &Plan,
    names: &Names,
    lines: &BTreeMap<(String, String), audit::Change>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    if !state.disk.runs[run].manner.overwrites || state.world.behaviour.etags == Etags::None {
        return wrong;
    }
    for (_, effect) in of_run {
        let (Some(change), Some(before), Some(after)) =
            (change_of(effect, plan, true, names), &effect.before, &effect.after)
        else {
            continue;
        };
        let key = (change.address.to_string(), change.action().unwrap().word().to_owned());
        let told = lines.get(&key).filter(|l| l.settled_by.is_none() && l.result == "done");
        let Some(line) = told else { continue };
        let paths = shown(change);
        for path in differences(effect.table, before, after) {
            let Some((base, _)) = paths.get(path.as_str()) else { continue };
            let was = meaning(effect.table, before).get(&path).cloned().unwrap_or(Value::Null);
            let planned = plan_path(change, &path);
            if !names.means(&planned, base, &was) && !line.overwritten.contains(&planned) {
                wrong.push(format!("run {run}: {key:?} {planned} was overwritten untold"));
            }
        }
    }
    wrong
}

/// Whether an effect is on the same thing: by id, or by what tells two rows apart.
fn is_same_row(table: &str, row: &Value, other: &Effect) -> bool {
    let theirs = other.before.as_ref().or(other.after.as_ref()).unwrap();
    other.table == table
        && (theirs["id"] == row["id"]
            || match table {
                "queues" => theirs["name"] == row["name"],
                _ => theirs["userId"] == row["userId"] && theirs["skillId"] == row["skillId"],
            })
}
