//! A seed's schedule: processes that come and go until all is as the manifests say.

use std::sync::Arc;

use cxform::plan::OutcomeStatus;
use cxform::tenant::Manner;
use jiff::tz::TimeZone;

use super::checks;
use super::effect::Who;
use super::life::{Fate, Life};
use super::others::become_;
use super::process::{self, Ended, Task};
use super::scene::{Scene, State};
use super::trouble::Trouble;
use crate::cases::desired::Desired;
use crate::cases::random::Random;
use crate::cases::tenant::Tenant;
use crate::cases::{self, read, yaml};
use cxform::model::{Item, Secrets};

/// So many processes may meet trouble.
const TROUBLED: usize = 5;
/// So many come after it: one to apply, two more for people to decide, one that finds nothing.
const CALM: usize = 4;

/// The stage of a seed, and the manifests.
pub(super) fn scene(seed: u64) -> (Arc<Scene>, Arc<Vec<Item>>) {
    let tenant = Tenant::random(seed);
    let desired = Desired::random(seed, &tenant);
    let items = read(&yaml::files(&desired.manifests, &mut Random::new(seed, 3)));
    let mut world = cases::world(&tenant);
    let random = &mut Random::new(seed, 20);
    world.behaviour.token_seconds = *random.pick(&[7200, 7200, 90, 10]);
    let first = cases::rows(&world);
    (Scene::new(world, first, Trouble::of(seed)), Arc::new(items))
}

/// Plays a seed to its end; complaints are in the scene.
pub(super) async fn play(seed: u64, scene: &Arc<Scene>, items: &Arc<Vec<Item>>) {
    let random = &mut Random::new(seed, 22);
    let mut task = Task { items: Arc::clone(items), manner: manner(random), again: None, seed };
    for number in 0..TROUBLED {
        let fate = fate(random);
        let runs = scene.lock().disk.runs.len();
        task.again = runs.checked_sub(1).filter(|_| random.chance(25));
        task.seed = seed * 100 + u64::try_from(number).unwrap();
        scene.lock().note(format!("process {number}: {fate:?}, again: {:?}", task.again));
        let ended = one(scene, &task, fate).await;
        checks::hold(&mut scene.lock());
        let is_over = matches!(ended, Some(Ended::Empty)) && task.again.is_none();
        if is_over && (!scene.lock().trouble.is_left() || random.chance(50)) {
            break;
        }
    }
    scene.lock().trouble.ends();
    task = Task { manner: plain(), again: None, ..task };
    for number in 0..CALM {
        scene.lock().note(format!("calm {number}"));
        let ended = one(scene, &task, Fate::Peace).await;
        let state = &mut scene.lock();
        checks::hold(state);
        match ended {
            Some(Ended::Empty) => {
                checks::hold_at_end(state);
                return;
            }
            Some(Ended::Applied(applied)) => {
                let is_done =
                    |status| matches!(status, OutcomeStatus::Done | OutcomeStatus::Already);
                if let Some(outcome) = applied.outcomes.iter().find(|o| !is_done(o.status)) {
                    state.complain(format!("not done, though nothing went wrong: {outcome:?}"));
                }
            }
            Some(Ended::People(findings)) => {
                state.tell("people decide", format!("people decide: {findings:?}"));
                restore(state);
            }
            Some(Ended::GaveUp(why)) => {
                state.complain(format!("it gave up, though nothing went wrong: {why}"));
            }
            None => {}
        }
    }
    scene.lock().complain("it does not converge".to_owned());
}

/// One process; none where it died.
async fn one(scene: &Arc<Scene>, task: &Task, fate: Fate) -> Option<Ended> {
    let life = Life::begin(scene, fate);
    let ended = tokio::select! {
        biased;
        () = life.end() => None,
        ended = process::run(&life, task) => Some(ended),
    };
    scene.lock().applying = None;
    let told = match &ended {
        None => "dead".to_owned(),
        Some(Ended::Empty) => "nothing differs".to_owned(),
        Some(Ended::Applied(applied)) => format!("applied, stopped: {:?}", applied.stopped),
        Some(Ended::GaveUp(why)) => format!("gave up: {why}"),
        Some(Ended::People(findings)) => format!("people: {findings:?}"),
    };
    scene.lock().note(format!("process ended: {told}"));
    ended
}

fn fate(random: &mut Random) -> Fate {
    let most = *random.pick(&[6, 25, 60, 150]);
    let at = random.below(most);
    match random.below(10) {
        0..5 => Fate::Dies(at),
        5 => Fate::FullDisk(at),
        6 => Fate::Stopped(at),
        _ => Fate::Peace,
    }
}

pub(super) fn plain() -> Manner {
    Manner {
        timezone: TimeZone::UTC,
        overwrites: false,
        stops_on_error: false,
        secrets: Secrets::default(),
    }
}

fn manner(random: &mut Random) -> Manner {
    Manner { overwrites: random.chance(15), stops_on_error: random.chance(15), ..plain() }
}

/// Somebody brings back what others have deleted and the manifests need.
fn restore(state: &mut State) {
    let deleted: Vec<_> = state
        .effects
        .iter()
        .filter(|effect| effect.who == Who::Others && effect.after.is_none())
        .cloned()
        .collect();
    for effect in deleted {
        let row = effect.before.unwrap();
        let is_same = |other: &serde_json::Value| match effect.table {
            "queues" => other["name"] == row["name"],
            _ => other["userId"] == row["userId"] && other["skillId"] == row["skillId"],
        };
        let table = state.world.table(effect.table);
        if table.has(&effect.id) || table.rows().any(|(_, other)| is_same(other)) {
            continue;
        }
        let mut row = row;
        if let Some(target) = row["overflow"]["overflowTargetId"].as_str()
            && !table.has(target)
        {
            row["overflow"]["overflowTargetId"] = serde_json::Value::Null;
        }
        become_(state, "somebody restores", effect.table, &effect.id, Some(row));
    }
}
