//! A seed's tenant behind a real port, planned and applied through the library as `cli` does.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxform::http::{Dialect, Method};
use cxform::model::{Address, Item, Secrets};
use cxform::plan::{Applied, Change, Outcome, OutcomeStatus, Plan};
use cxform::sim::{Sim, SimHandle};
use cxform::tenant::{
    Connection, Credentials, Intent, Journal, Manner, Reader, Recorded, Retry, Watching, Writer,
    apply,
};
use cxform::world::Logged;
use jiff::tz::TimeZone;

use super::desired::Desired;
use super::random::Random;
use super::tenant::Tenant;
use super::yaml;
use crate::cases::{self, NOON, Unmade};
pub(super) use crate::cases::{Rows, policy, read};

/// One case on its stage.
pub(super) struct Stage {
    pub(super) tenant: Tenant,
    pub(super) desired: Desired,
    pub(super) items: Vec<Item>,
    pub(super) sim: SimHandle,
    /// Building a client is dear; what need not be a process of its own shares one.
    pub(super) reader: Reader,
    writer: Mutex<Option<Writer>>,
}

/// What a journal was given, in order.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) intents: Mutex<Vec<Intent>>,
    pub(super) outcomes: Mutex<Vec<Outcome>>,
}

impl Journal for Kept {
    fn intent<'a>(&'a self, intent: &'a Intent) -> Recorded<'a> {
        self.intents.lock().unwrap().push(intent.clone());
        Box::pin(std::future::ready(Ok(())))
    }

    fn outcome<'a>(&'a self, outcome: &'a Outcome) -> Recorded<'a> {
        self.outcomes.lock().unwrap().push(outcome.clone());
        Box::pin(std::future::ready(Ok(())))
    }
}

/// What whoever watches was told.
#[derive(Default)]
struct Seen {
    started: Mutex<Vec<Address>>,
    finished: Mutex<Vec<(Address, OutcomeStatus)>>,
}

impl Watching for Seen {
    fn started(&self, change: &Change) {
        self.started.lock().unwrap().push(change.address.clone());
    }

    fn finished(&self, outcome: &Outcome, _: Option<&str>) {
        self.finished.lock().unwrap().push((outcome.address.clone(), outcome.status));
    }

    fn retried(&self, _: &Retry<'_>) {}

    fn held_back(&self, _: Duration) {}
}

impl Seen {
    /// Each change is told of once, with what became of it, and begun unless it was not started.
    fn fits(&self, applied: &Applied) {
        let mut finished = self.finished.lock().unwrap().clone();
        finished.sort();
        let outcomes = &applied.outcomes;
        let expect: Vec<_> = outcomes.iter().map(|o| (o.address.clone(), o.status)).collect();
        assert_eq!(finished, expect, "who watches was told something else");
        let mut started = self.started.lock().unwrap().clone();
        started.sort();
        let begun =
            outcomes.iter().filter(|o| o.status != OutcomeStatus::NotStarted || o.attempts > 0);
        assert_eq!(started, begun.map(|o| o.address.clone()).collect::<Vec<_>>());
    }
}

impl Stage {
    /// The case of a seed.
    pub(super) async fn of(seed: u64) -> Self {
        let tenant = Tenant::random(seed);
        let desired = Desired::random(seed, &tenant);
        let files = yaml::files(&desired.manifests, &mut Random::new(seed, 3));
        let world = cases::world(&tenant);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let sim = Sim::start(world, any, Arc::new(|| NOON * 1000)).await.unwrap();
        let writer = connect(&sim);
        let items = read(&files);
        Self { tenant, desired, items, reader: writer.reader(), writer: Some(writer).into(), sim }
    }

    /// A process of its own.
    pub(super) fn process(&self) -> Writer {
        connect(&self.sim)
    }

    /// A plan with deletions allowed.
    pub(super) async fn plan(&self) -> Plan {
        make(&self.reader, &self.items).await.unwrap()
    }

    /// Applies.
    pub(super) async fn apply(&self, plan: &Plan) -> Applied {
        let writer = self.writer.lock().unwrap().take();
        run(writer.unwrap_or_else(|| self.process()), plan).await.unwrap().0
    }

    /// All rows, as the tenant keeps them.
    pub(super) fn rows(&self) -> Rows {
        cases::rows(&self.sim.world())
    }

    /// What the tenant was asked since this was called last.
    pub(super) fn take_log(&self) -> Vec<Logged> {
        let mut world = self.sim.world();
        let log = world.log().cloned().collect();
        world.clear_log();
        log
    }
}

fn connect(sim: &SimHandle) -> Writer {
    let [id, secret] = ["law", "secret"].map(|text| text.to_owned().into());
    let connection = Connection {
        url: sim.url(),
        dialect: Dialect::V2,
        credentials: Credentials::Client { id, secret },
        requests_per_second: 1e6,
        concurrency: 5,
        seed: 7,
        // The laws hold at any time, so it never moves.
        now: || NOON,
    };
    Writer::connect(connection).unwrap()
}

/// A plan with deletions allowed; what went wrong with the tenant as text.
pub(super) async fn make(reader: &Reader, items: &[Item]) -> Result<Plan, String> {
    cases::plan(reader, items).await.map_err(|unmade| match unmade {
        Unmade::Tenant(error) => error.to_string(),
        Unmade::Findings(findings) => panic!("not valid for the tenant: {findings:?}"),
    })
}

/// Applies; the outcomes and what the journal was given.
pub(super) async fn run(writer: Writer, plan: &Plan) -> Result<(Applied, Arc<Kept>), String> {
    static NEVER: AtomicBool = AtomicBool::new(false);
    let kept = Arc::new(Kept::default());
    let manner = Manner {
        timezone: TimeZone::UTC,
        overwrites: false,
        stops_on_error: false,
        secrets: Secrets::default(),
    };
    let seen = Arc::new(Seen::default());
    writer.watched_by(seen.clone());
    let applied = apply(writer, Arc::new(plan.clone()), kept.clone(), manner, &NEVER).await;
    let applied = applied.map_err(|error| error.to_string())?;
    seen.fits(&applied);
    Ok((applied, kept))
}

/// The requests that would change the tenant.
pub(super) fn writes(log: &[Logged]) -> Vec<&Logged> {
    let is_write = |logged: &&Logged| logged.method != Method::Get && !is_token(logged);
    log.iter().filter(is_write).collect()
}

pub(super) fn is_token(logged: &Logged) -> bool {
    logged.path.ends_with("/oauth/token")
}

/// Holds a law against so many seeds, some at a time. `LAW_SEED=n` takes that one alone,
/// `LAW_SEEDS=n` so many.
pub(super) fn law<F>(seeds: u64, check: impl Fn(u64) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    const AT_ONCE: usize = 16;
    let said = |name| std::env::var(name).ok().map(|number| number.parse::<u64>().unwrap());
    let (only, seeds) = (said("LAW_SEED"), said("LAW_SEEDS").unwrap_or(seeds));
    let mut waiting: Vec<u64> = only.map_or_else(|| (0..seeds).rev().collect(), |seed| vec![seed]);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    let failed = runtime.block_on(async {
        let mut running = tokio::task::JoinSet::new();
        let mut failed = BTreeMap::new();
        loop {
            while running.len() < AT_ONCE
                && let Some(seed) = waiting.pop()
            {
                let check = tokio::spawn(check(seed));
                running.spawn(async move { (seed, check.await) });
            }
            let Some(ended) = running.join_next().await else { return failed };
            let (seed, ended) = ended.unwrap();
            if let Err(error) = ended {
                let panic = error.into_panic();
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
                failed.insert(seed, text.unwrap_or("it panicked").to_owned());
            }
        }
    });
    if let Some((seed, why)) = failed.first_key_value() {
        let all: Vec<_> = failed.keys().collect();
        panic!("broken by the seeds {all:?}\nLAW_SEED={seed} cargo test --test it laws\n{why}");
    }
}
