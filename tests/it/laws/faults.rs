//! Whatever goes wrong, as long as it ends: apply converges or says why, address by address.

use std::collections::{BTreeMap, BTreeSet};

use cxform::http::Method;
use cxform::model::Address;
use cxform::plan::{Applied, Change, OutcomeStatus, Plan};
use cxform::world::{Etags, Fault, Logged, Times, What};
use serde_json::{Value, json};

use super::random::Random;
use super::stage::{Kept, Stage, law, make, run, writes};
use super::tenant::ids;

/// How often a plan may be made and applied anew.
const ROUNDS: usize = 4;

#[test]
fn faults_that_end_leave_the_tenant_as_the_manifests_say() {
    law(100, |seed| async move {
        let stage = Stage::of(seed).await;
        let random = &mut Random::new(seed, 11);
        let etags = stage.sim.world().behaviour.etags;
        stage.sim.world().behaviour.faults = schedule(&stage, etags, random);
        for _ in 0..ROUNDS {
            let process = stage.process();
            let plan = match make(&process.reader(), &stage.items).await {
                Ok(plan) => plan,
                Err(why) => {
                    assert!(why.contains(" answered ") || why.contains("cannot reach"), "{why}");
                    continue;
                }
            };
            if plan.is_empty() {
                break;
            }
            stage.take_log();
            if let Ok((applied, kept)) = run(process, &plan).await {
                says_why(&plan, &applied);
                is_recorded(&applied, &kept, &stage.take_log());
            }
        }
        let faults = std::mem::take(&mut stage.sim.world().behaviour.faults);
        let plan = stage.plan().await;
        assert!(plan.is_empty(), "{:?}\n{faults:?}", plan.resource_changes);
        is_kept(&stage, &faults);
    });
}

fn schedule(stage: &Stage, etags: Etags, random: &mut Random) -> Vec<Fault> {
    let mut faults = Vec::new();
    for number in 0..1 + random.below(4) {
        let what = match random.below(8) {
            0 => json!({"status": {"code": 429, "retryAfter": 0}}),
            1 | 2 => json!({"status": {
                "code": random.pick(&[500, 503]), "retryAfter": 0, "done": random.chance(50),
                "body": random.pick(&["json", "html", "empty"]),
            }}),
            3 => json!({"break": {"done": random.chance(50)}}),
            4 => json!({"garbage": {"body": random.pick(&["html", "truncated"]), "done": true}}),
            5 => json!("expireTokens"),
            6 => json!({"delay": {"ms": random.below(8)}}),
            // Without versions an edit between a read and the write that follows it is lost.
            _ if etags == Etags::None => json!("expireTokens"),
            _ => edit(stage, number, random),
        };
        // Half of them meet writes, of which there are few; the other half whatever comes.
        let (methods, paths, skip) = match random.chance(50) {
            true => (&["POST", "PUT", "DELETE"][..], &["/api/v2/queues", "/api/v2/users"][..], 3),
            false => (&["GET", "GET", ""][..], &["/api/v2/queues", "/api/v2/users", "", ""][..], 8),
        };
        let skip = random.below(skip);
        let mut fault = json!({"what": what, "skip": skip, "times": 1 + random.below(2)});
        for (key, choices) in [("method", methods), ("path", paths)] {
            let choice = *random.pick(choices);
            if !choice.is_empty() {
                fault[key] = choice.into();
            }
        }
        faults.push(serde_json::from_value(fault).unwrap());
    }
    faults
}

/// Somebody edits another field of a row; seldom one that the plan may be about.
fn edit(stage: &Stage, number: usize, random: &mut Random) -> Value {
    let table = *random.pick(&["queues", "assignments"]);
    let rows = ids(stage.tenant.rows(table));
    if rows.is_empty() {
        return json!("expireTokens");
    }
    let mut patch = json!({});
    patch[format!("edited{number}")] = number.into();
    if number == 0 && random.chance(30) {
        let field = if table == "queues" { "priority" } else { "level" };
        patch[field] = random.within(1, 5).into();
    }
    json!({"edit": {"table": table, "id": random.pick(&rows), "patch": patch}})
}

fn says_why(plan: &Plan, applied: &Applied) {
    let outcomes: BTreeMap<_, _> = applied.outcomes.iter().map(|o| (&o.address, o)).collect();
    assert_eq!(outcomes.len(), applied.outcomes.len());
    assert_eq!(outcomes.len(), plan.live().count());
    for outcome in &applied.outcomes {
        let told = match outcome.status {
            OutcomeStatus::Done | OutcomeStatus::Already => true,
            OutcomeStatus::Conflict => !outcome.clashes.is_empty(),
            _ => outcome.message.as_ref().is_some_and(|message| !message.is_empty()),
        };
        assert!(told, "{outcome:?}");
    }
}

/// One outcome for each change that was tried, an intent before each request that left.
fn is_recorded(applied: &Applied, kept: &Kept, log: &[Logged]) {
    let (intents, outcomes) = (kept.intents.lock().unwrap(), kept.outcomes.lock().unwrap());
    let mut recorded: Vec<_> = outcomes.iter().map(|o| (o.address.clone(), o.status)).collect();
    recorded.sort();
    let tried = applied.outcomes.iter().filter(|o| o.status != OutcomeStatus::NotStarted);
    let mut tried: Vec<_> = tried.map(|o| (o.address.clone(), o.status)).collect();
    tried.sort();
    assert_eq!(recorded, tried);
    for intent in intents.iter() {
        assert!(tried.iter().any(|(address, _)| *address == intent.address), "{intent:?}");
    }
    for write in writes(log) {
        let request = format!("{} {}", write.method.as_str(), write.path);
        assert!(intents.iter().any(|intent| intent.request == request), "{request}");
    }
    let mut sent: Option<(&str, Option<u16>)> = None;
    for logged in log.iter().filter(|logged| logged.path == "/api/v2/queues") {
        match (logged.method, sent) {
            (Method::Get, _) => sent = None,
            (Method::Post, Some((body, status))) if body == logged.body => {
                let is_refused = status.is_some_and(|status| [401, 429].contains(&status));
                assert!(is_refused, "sent again without a look: {logged:?}");
            }
            _ => {}
        }
        if logged.method == Method::Post {
            sent = Some((&logged.body, logged.status));
        }
    }
}

/// What somebody edited, and no manifest manages, is still there.
fn is_kept(stage: &Stage, faults: &[Fault]) {
    let world = stage.sim.world();
    for (number, fault) in faults.iter().enumerate() {
        let What::Edit { table, id, .. } = &fault.what else { continue };
        if fault.times == Times::Count(0)
            && let Some(row) = world.table(table).get(id)
        {
            assert_eq!(row[format!("edited{number}")], number, "{row}");
        }
    }
}

#[test]
fn what_somebody_else_wrote_after_the_plan_is_never_overwritten() {
    law(60, |seed| async move {
        let stage = Stage::of(seed).await;
        let random = &mut Random::new(seed, 12);
        let plan = stage.plan().await;
        // In every updated row another field is edited, and in some the very same.
        let mut clashing = BTreeMap::new();
        for change in plan.live().filter(|change| !change.change.paths.is_empty()) {
            let table = super::changed::table(&change.address);
            let id = change.id.clone().unwrap();
            stage.sim.world().edit(table, &id, &json!({"edited": {"by": "hand"}}));
            let one =
                change.change.paths.iter().find(|path| {
                    ["/capacity", "/priority", "/level"].contains(&path.path.as_str())
                });
            if let Some(path) = one.filter(|_| random.chance(40)) {
                let other = (1..=5).find(|n| path.before != *n && path.after != *n).unwrap();
                let field = &path.path[1..];
                stage.sim.world().edit(table, &id, &json!({field: other}));
                clashing.insert(change.address.clone(), (table, id, field, other));
            }
        }
        let (applied, _) = run(stage.process(), &plan).await.unwrap();
        says_why(&plan, &applied);
        let waiting = waiting(&plan, clashing.keys().cloned().collect());
        for outcome in &applied.outcomes {
            let expect = match clashing.contains_key(&outcome.address) {
                _ if waiting.contains(&outcome.address) => OutcomeStatus::NotStarted,
                true => OutcomeStatus::Conflict,
                false => OutcomeStatus::Done,
            };
            assert_eq!(outcome.status, expect, "{outcome:?}");
        }
        for (table, id, field, theirs) in clashing.values() {
            let world = stage.sim.world();
            assert_eq!(world.table(table).get(id).unwrap()[*field], *theirs);
        }
        for change in plan.live().filter(|change| !change.change.paths.is_empty()) {
            let world = stage.sim.world();
            let table = world.table(super::changed::table(&change.address));
            let row = table.get(change.id.as_ref().unwrap()).unwrap();
            assert_eq!(row["edited"], json!({"by": "hand"}), "{}", change.address);
        }
        let again = stage.plan().await;
        stage.apply(&again).await;
        assert!(stage.plan().await.is_empty());
    });
}

/// What depends on something that is not done, or on what does.
fn waiting(plan: &Plan, mut undone: BTreeSet<Address>) -> BTreeSet<Address> {
    let mut waiting = BTreeSet::new();
    loop {
        let waits = |change: &&Change| change.depends_on.iter().any(|name| undone.contains(name));
        let more: Vec<Address> =
            plan.live().filter(waits).map(|change| change.address.clone()).collect();
        let count = waiting.len();
        waiting.extend(more.iter().cloned());
        undone.extend(more);
        if waiting.len() == count {
            return waiting;
        }
    }
}
