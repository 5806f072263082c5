//! Lives of event-stream exports, from seeds: manifests and secrets that change, a tenant whose
//! answers are lost, come late or never, whose writes are carried out long after, people who make
//! exports of the same name by hand, and processes that die at any step. Whatever happened, in the
//! end each declared export is there exactly once and as declared, and nobody else's was touched.
//!
//! `EXPORT_SEEDS=20000 cargo test --test it exports` looks further, `EXPORT_SEED=7` takes one alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use cxform::http::Dialect;
use cxform::kinds;
use cxform::model::{Facts, Secrets};
use cxform::plan::{Applied, OutcomeStatus, Plan, open, write};
use cxform::tenant::{Connection, Credentials, Manner, Open, Writer, apply, settle};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

mod kept;
mod life;
mod wanted;

use crate::cases::random::Random;
use crate::cases::{self, NOON, Unmade};
use kept::Kept;
use life::{Life, Scene};
use wanted::Wanted;

/// How often manifests or secrets change in a life.
const ROUNDS: usize = 3;
/// How many processes may meet trouble in a round.
const TROUBLED: usize = 3;
/// How many come after it until nothing differs.
const CALM: usize = 5;

#[test]
fn exports_are_as_declared_whatever_happens() {
    let said = |name| std::env::var(name).ok().map(|number| number.parse::<u64>().unwrap());
    let only = said("EXPORT_SEED");
    let seeds = only.map_or(0..said("EXPORT_SEEDS").unwrap_or(100), |seed| seed..seed + 1);
    let mut seen: BTreeMap<&'static str, usize> = BTreeMap::new();
    for seed in seeds {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        let scene = Scene::of(seed);
        runtime.block_on(play(seed, &scene));
        let scene = scene.lock();
        assert!(
            scene.wrong.is_empty(),
            "{}\n{}\nEXPORT_SEED={seed} cargo test --test it exports",
            scene.story.join("\n"),
            scene.wrong.join("\n")
        );
        for (what, count) in &scene.tally {
            *seen.entry(what).or_default() += count;
        }
    }
    if only.is_none() {
        for what in ["lost", "lost, carried out", "too late", "died", "settled", "done", "by hand"]
        {
            assert!(seen.contains_key(what), "{what} never happened: {seen:?}");
        }
        for what in ["conflict", "unknown", "ambiguous", "replaced", "surplus", "undone"] {
            assert!(seen.contains_key(what), "{what} never happened: {seen:?}");
        }
    }
}

async fn play(seed: u64, scene: &Arc<Scene>) {
    let random = &mut Random::new(seed, 40);
    let mut wanted = Wanted::first(random);
    for round in 0..ROUNDS {
        scene.lock().trouble = 25;
        scene.note(format!("round {round}: {}", wanted.told()));
        for _ in 0..random.below(TROUBLED + 1) {
            let steps = *random.pick(&[5, 15, 40, 1000]);
            let steps = random.below(steps);
            process(scene, &wanted, steps).await;
        }
        scene.lock().trouble = 0;
        // What was carried out too late is there by now.
        tokio::time::sleep(std::time::Duration::from_secs(200)).await;
        let mut is_over = false;
        for _ in 0..CALM {
            scene.people_decide();
            is_over = process(scene, &wanted, usize::MAX).await;
            if is_over {
                break;
            }
        }
        if !is_over {
            scene.complain("it does not converge".to_owned());
            return;
        }
        wanted.hold(scene);
        if random.chance(30) {
            undo(scene, &wanted).await;
        }
        wanted.change(random);
    }
}

fn connect(life: &Arc<Life>) -> Writer {
    let [id, secret] = ["law", "secret"].map(|text| text.to_owned().into());
    let connection = Connection {
        url: "https://law.example".to_owned(),
        dialect: Dialect::V2,
        credentials: Credentials::Client { id, secret },
        requests_per_second: 1e6,
        concurrency: 5,
        seed: 7,
        now: || NOON,
    };
    Writer::connect_over(connection, Arc::clone(life) as Arc<dyn cxform::tenant::Transport>)
}

/// One process; whether it found that nothing differs.
async fn process(scene: &Arc<Scene>, wanted: &Wanted, steps: usize) -> bool {
    let life = Life::begin(scene, steps);
    let ended = tokio::select! {
        biased;
        () = life.end() => None,
        ended = work(&life, wanted) => Some(ended),
    };
    match ended {
        None => scene.tell("died"),
        Some(Err(why)) => scene.note(format!("gave up: {why}")),
        Some(Ok(is_over)) => return is_over,
    }
    false
}

async fn work(life: &Arc<Life>, wanted: &Wanted) -> Result<bool, String> {
    let writer = connect(life);
    let reader = writer.reader();
    let cut = life.scene.lock().cut.take();
    if let Some((plan, kept)) = cut {
        life.scene.tell("settled");
        let opens: Vec<Open> = kept.open();
        life.scene.lock().cut = Some((Arc::clone(&plan), Arc::clone(&kept)));
        let settled = settle(&reader, plan, opens, &TimeZone::UTC).await;
        let settled = settled.map_err(|error| error.to_string())?;
        life.scene.note(format!("settled: {:?}", statuses(&settled)));
        settled.iter().for_each(|outcome| life.scene.tell(outcome.status.word()));
        life.scene.lock().cut = None;
    }
    let items = wanted.items();
    let secrets = wanted.secrets();
    let facts = Facts { secrets: secrets.clone(), ..Facts::default() };
    assert_eq!(kinds::secrets(items).contains_key("TOKEN"), wanted.names_the_secret());
    let plan = match cases::plan_of(&reader, items, facts).await {
        Ok(plan) => plan,
        Err(Unmade::Tenant(error)) => return Err(error.to_string()),
        Err(Unmade::Findings(findings)) => {
            let are_of_names = findings.iter().all(|finding| finding.rule == "ambiguous-name");
            assert!(are_of_names, "{findings:?}");
            life.scene.tell("ambiguous");
            return Ok(false);
        }
    };
    if plan.is_empty() {
        return Ok(true);
    }
    let mut file = Vec::new();
    write(&plan, &mut file).unwrap();
    let file = String::from_utf8(file).unwrap();
    wanted.is_not_in(&file, &life.scene);
    run(life, writer, open(&file).unwrap(), secrets).await?;
    Ok(false)
}

/// Applies a plan, as a run that may be cut off.
async fn run(
    life: &Arc<Life>,
    writer: Writer,
    plan: Plan,
    secrets: Secrets,
) -> Result<Applied, String> {
    let manner = Manner {
        timezone: TimeZone::UTC,
        overwrites: false,
        stops_on_error: false,
        secrets: secrets.clone(),
    };
    let plan = Arc::new(plan);
    let kept = Arc::new(Kept::of(life));
    life.scene.begins(&plan, &kept);
    let journal = Arc::clone(&kept) as Arc<dyn cxform::tenant::Journal>;
    let applied = apply(writer, Arc::clone(&plan), journal, manner, Life::never()).await;
    let applied = applied.map_err(|error| error.to_string())?;
    life.scene.lock().cut = None;
    for outcome in &applied.outcomes {
        life.scene.tell(outcome.status.word());
        let told = format!("  {} {:?} {:?}", outcome.address, outcome.status, outcome.message);
        life.scene.note(told);
        let is_why = match outcome.status {
            OutcomeStatus::Done | OutcomeStatus::Already => true,
            OutcomeStatus::Conflict => !outcome.clashes.is_empty(),
            _ => outcome.message.is_some(),
        };
        if !is_why {
            life.scene.complain(format!("it does not say why: {outcome:?}"));
        }
    }
    kept.hold(&applied, &plan);
    let told = format!("{:?} {:?}", applied.outcomes, kept.intents());
    if told.contains(wanted::SECRET) {
        life.scene.complain(format!("a secret is told: {told}"));
    }
    Ok(applied)
}

fn statuses(outcomes: &[cxform::plan::Outcome]) -> Vec<String> {
    outcomes.iter().map(|o| format!("{} {:?}", o.address, o.status)).collect()
}

/// What is as declared is changed, and the change undone: all is as before, but for ids.
async fn undo(scene: &Arc<Scene>, wanted: &Wanted) {
    let before = scene.configured();
    let life = Life::begin(scene, usize::MAX);
    let writer = connect(&life);
    let mut other = wanted.clone();
    other.elsewhere();
    let facts = Facts { secrets: other.secrets(), ..Facts::default() };
    let plan = cases::plan_of(&writer.reader(), other.items(), facts).await.unwrap();
    let inverse = cxform::plan::invert(&plan);
    let applied = run(&life, writer, plan.clone(), other.secrets()).await.unwrap();
    let ids: BTreeMap<_, _> =
        applied.outcomes.iter().map(|o| ((o.address.clone(), o.action), o.id.clone())).collect();
    let made = |address: &cxform::model::Address, action| {
        Some(cxform::plan::Made { id: ids.get(&(address.clone(), action))?.clone() })
    };
    let inverse = cxform::plan::rollback(inverse, "it", made, &cases::policy());
    assert_eq!(inverse.resource_changes.len(), plan.live().count(), "{:?}", inverse.checks);
    run(&life, connect(&life), inverse, other.secrets()).await.unwrap();
    scene.tell("undone");
    if before != scene.configured() {
        scene
            .complain(format!("undone it is not as before:\n{before:?}\n{:?}", scene.configured()));
    }
}

/// The filter that chooses a queue.
fn of_queue(id: &str) -> Value {
    json!({"path": "queueId", "operator": "EQUALS", "value": id})
}
