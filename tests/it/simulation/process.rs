//! One process: it settles what was cut off, plans, and applies within a recorded run, as `cli` does.

use std::collections::BTreeSet;
use std::sync::Arc;

use cxform::http::Dialect;
use cxform::model::{Finding, Item};
use cxform::plan::{Applied, OutcomeStatus, Plan, open, write};
use cxform::tenant::{Connection, Credentials, Journal, Manner, Writer, apply};

use super::disk::{Run, RunJournal};
use super::life::Life;
use super::scene::now;
use super::settling::settle;
use super::wire::{A_SECOND, AT_ONCE, Wire};
use crate::cases::{self, Unmade};

/// How a process ended by itself.
pub(super) enum Ended {
    /// Nothing differs.
    Empty,
    /// It applied a plan.
    Applied(Applied),
    /// It gave up: the tenant could not be read, or the disk not be written.
    GaveUp(String),
    /// People must decide.
    People(Vec<Finding>),
}

/// What a process is to do.
pub(super) struct Task {
    pub(super) items: Arc<Vec<Item>>,
    pub(super) manner: Manner,
    /// The run whose saved plan is applied once more; a new plan where none.
    pub(super) again: Option<usize>,
    /// Seeds the jitter of waits.
    pub(super) seed: u64,
}

/// Runs it to its end.
pub(super) async fn run(life: &Arc<Life>, task: &Task) -> Ended {
    let [id, secret] = ["law", "secret"].map(|text| text.to_owned().into());
    let connection = Connection {
        url: "https://law.example".to_owned(),
        dialect: Dialect::V2,
        credentials: Credentials::Client { id, secret },
        requests_per_second: u32::try_from(A_SECOND).unwrap().into(),
        concurrency: AT_ONCE,
        seed: task.seed,
        now,
    };
    let writer = Writer::connect_over(connection, Arc::new(Wire::of(life)));
    let reader = writer.reader();
    if let Err(why) = settle(life, &reader).await {
        return Ended::GaveUp(why);
    }
    let plan = match task.again {
        Some(run) => {
            let text = life.scene.lock().disk.runs[run].text.clone();
            open(&text).unwrap()
        }
        None => match cases::plan(&reader, &task.items).await {
            Ok(plan) => plan,
            Err(Unmade::Tenant(error)) => return Ended::GaveUp(error.to_string()),
            Err(Unmade::Findings(findings)) => return Ended::People(findings),
        },
    };
    if plan.is_empty() {
        return Ended::Empty;
    }
    match record(life, task, writer, Arc::new(plan)).await {
        Ok(applied) => Ended::Applied(applied),
        Err(why) => Ended::GaveUp(why),
    }
}

/// Applies within a recorded run.
async fn record(
    life: &Arc<Life>,
    task: &Task,
    writer: Writer,
    plan: Arc<Plan>,
) -> Result<Applied, String> {
    life.step("before a run").await;
    if life.is_full() {
        return Err("no space left on device".to_owned());
    }
    let run = begin(life, task, &plan);
    life.step("after a run's plan").await;
    let journal = Arc::new(RunJournal::new(life, run));
    journal.start().await.map_err(|error| error.to_string())?;
    let shared = Arc::clone(&journal) as Arc<dyn Journal>;
    let applied = apply(writer, Arc::clone(&plan), shared, task.manner.clone(), life.stop).await;
    if let Ok(applied) = &applied {
        let mut scene = life.scene.lock();
        for outcome in &applied.outcomes {
            let (address, status) = (&outcome.address, outcome.status);
            scene.note(format!("  {address} {status:?} {:?}", outcome.message));
        }
        for wrong in says_why(&plan, applied) {
            scene.complain(wrong);
        }
    }
    let ended = journal.end("whatever").await;
    let applied = applied.map_err(|error| error.to_string())?;
    ended.map_err(|error| error.to_string())?;
    Ok(applied)
}

fn begin(life: &Life, task: &Task, plan: &Arc<Plan>) -> usize {
    let mut text = Vec::new();
    write(plan, &mut text).unwrap();
    let mut scene = life.scene.lock();
    let run = scene.disk.runs.len();
    scene.disk.runs.push(Run {
        plan: Arc::clone(plan),
        text: String::from_utf8(text).unwrap(),
        manner: task.manner.clone(),
        journal: Vec::new(),
        intents: BTreeSet::new(),
        is_ended: false,
    });
    scene.applying = Some((run, Arc::clone(plan)));
    scene.tell("a run begins", format!("run {run} begins"));
    for change in plan.live() {
        let (action, address) = (change.change.actions, &change.address);
        let paths: Vec<String> = change
            .change
            .paths
            .iter()
            .map(|path| format!("{} {} → {}", path.path, path.before, path.after))
            .collect();
        scene.note(format!("  {action:?} {address} {}", paths.join(", ")));
    }
    run
}

/// Every change has one outcome, and each that was not done says why.
fn says_why(plan: &Plan, applied: &Applied) -> Vec<String> {
    let mut wrong = Vec::new();
    let key = |address: &cxform::model::Address, action| (address.clone(), action);
    let mut told: Vec<_> = applied.outcomes.iter().map(|o| key(&o.address, o.action)).collect();
    let mut live: Vec<_> =
        plan.live().map(|change| key(&change.address, change.action().unwrap())).collect();
    told.sort();
    live.sort();
    if told != live {
        wrong.push(format!("outcomes of {told:?}, changes {live:?}"));
    }
    for outcome in &applied.outcomes {
        let is_told = match outcome.status {
            OutcomeStatus::Done | OutcomeStatus::Already => true,
            OutcomeStatus::Conflict => !outcome.clashes.is_empty(),
            _ => outcome.message.as_ref().is_some_and(|message| !message.is_empty()),
        };
        if !is_told {
            wrong.push(format!("it does not say why: {outcome:?}"));
        }
    }
    wrong
}
