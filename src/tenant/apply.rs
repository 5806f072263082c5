//! Applies a plan: lane by lane, phase by phase, each intent journalled before its request leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use jiff::tz::TimeZone;

use super::change;
use super::lane::Lane;
use super::{TenantError, Writer};
use crate::facts::SOURCES;
use crate::kinds::{Action, KINDS, Kind, kind_of};
use crate::model::{Address, Facts, Named, References, Secrets};
use crate::plan::{
    Applied, Change, INTERRUPTED, Outcome, OutcomeStatus, Plan, STOPPED_ON_ERROR, phases,
};

/// A future that a journal answers with.
pub type Recorded<'a> = Pin<Box<dyn Future<Output = Result<(), JournalError>> + Send + 'a>>;

/// Where intents and outcomes are kept. Its file is the caller's.
pub trait Journal: Send + Sync {
    /// Returns when the intent is safely stored; its request leaves only then.
    fn intent<'a>(&'a self, intent: &'a Intent) -> Recorded<'a>;

    /// Stores what became of one change.
    fn outcome<'a>(&'a self, outcome: &'a Outcome) -> Recorded<'a>;
}

/// The journal cannot be written; nothing more is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// A request that is about to leave.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Intent {
    /// The resource.
    pub address: Address,
    /// What is to become of it.
    pub action: Action,
    /// Method and path.
    pub request: String,
    /// SHA-256 of the body.
    pub payload_hash: String,
    /// Which try this is, from 1.
    pub attempt: u32,
}

/// How a plan is applied.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Of times that the tenant tells without an offset.
    pub timezone: TimeZone,
    /// Where somebody changed the same field: overwrite it instead of reporting it.
    pub overwrites: bool,
    /// Start nothing more after the first change that was not done.
    pub stops_on_error: bool,
    /// The secrets that documents name by their variables.
    pub secrets: Secrets,
}

/// What all lanes share.
pub(super) struct Shared<'a> {
    pub(super) writer: Writer,
    pub(super) plan: Arc<Plan>,
    pub(super) journal: Arc<dyn Journal>,
    manner: Manner,
    stop: &'a AtomicBool,
    known: Mutex<Known>,
}

struct Known {
    references: References,
    facts: Arc<Facts>,
    stopped: Option<String>,
}

/// Applies the live changes of a plan. `stop` ends it between two changes.
///
/// # Errors
/// The token names its scopes and one that a change needs is missing; nothing was sent.
pub async fn apply(
    writer: Writer,
    plan: Arc<Plan>,
    journal: Arc<dyn Journal>,
    manner: Manner,
    stop: &'static AtomicBool,
) -> Result<Applied, TenantError> {
    let scopes = scopes(&plan);
    if scopes.is_empty() {
        return Ok(Applied::default());
    }
    writer.reader().require(&scopes).await?;
    let references = plan.references.clone();
    let facts = Arc::new(known(&plan, &manner.timezone));
    let known = Mutex::new(Known { references, facts, stopped: None });
    let shared = Arc::new(Shared { writer, plan, journal, manner, stop, known });
    let mut outcomes = Outcomes::of(&shared.plan);
    for phase in phases(&shared.plan) {
        let lanes = lanes(&shared, &phase, &mut outcomes);
        run(&shared, lanes, &mut outcomes).await;
    }
    let stopped = shared.known().stopped.take();
    Ok(Applied { outcomes: outcomes.all.into_values().collect(), stopped })
}

/// What became of the changes so far, by their index in the plan.
struct Outcomes {
    all: BTreeMap<usize, Outcome>,
    /// The first change of each address that another one waits for.
    first: BTreeMap<Address, usize>,
}

impl Outcomes {
    fn of(plan: &Plan) -> Self {
        let awaited = plan.live().flat_map(|change| &change.depends_on);
        let twice =
            plan.resource_changes.windows(2).filter(|pair| pair[0].address == pair[1].address);
        let awaited: BTreeSet<&Address> =
            awaited.chain(twice.map(|pair| &pair[0].address)).collect();
        let mut first = BTreeMap::new();
        for (index, change) in plan.resource_changes.iter().enumerate() {
            if change.is_live() && awaited.contains(&change.address) {
                first.entry(change.address.clone()).or_insert(index);
            }
        }
        Self { all: BTreeMap::new(), first }
    }

    /// The address of the change that a resource's second one comes after.
    fn follows<'p>(&self, plan: &'p Plan, index: usize) -> Option<&'p Address> {
        let address = &plan.resource_changes[index].address;
        self.first.get(address).filter(|first| **first != index).map(|_| address)
    }

    fn is_done(&self, address: &Address) -> bool {
        let outcome = self.first.get(address).and_then(|index| self.all.get(index));
        outcome.is_none_or(|outcome| {
            matches!(outcome.status, OutcomeStatus::Done | OutcomeStatus::Already)
        })
    }
}

fn scopes(plan: &Plan) -> BTreeSet<&'static str> {
    let needed = |change: &Change| {
        let wire = kind_of(&change.address)?.wire(plan.tenant.dialect)?;
        Some(wire.write_scope(change.action()?))
    };
    plan.live().filter_map(needed).collect()
}

/// Groups a phase by lanes; what waits for something that was not done is not started.
fn lanes(shared: &Shared<'_>, phase: &[usize], outcomes: &mut Outcomes) -> Vec<Vec<usize>> {
    let mut lanes: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
    for index in phase {
        let change = &shared.plan.resource_changes[*index];
        let mut needed = change.depends_on.iter().chain(outcomes.follows(&shared.plan, *index));
        if let Some(first) = needed.find(|first| !outcomes.is_done(first)) {
            let outcome = Outcome::waited_for(change, first);
            shared.tell(change, &outcome);
            outcomes.all.insert(*index, outcome);
            continue;
        }
        let wire = kind_of(&change.address).and_then(|kind| kind.wire(shared.plan.tenant.dialect));
        let lane = wire.map_or_else(|| change.address.clone(), |wire| wire.lane(&change.address));
        lanes.entry(lane).or_default().push(*index);
    }
    lanes.into_values().collect()
}

/// Runs lanes side by side, each one's changes in order.
async fn run(shared: &Arc<Shared<'static>>, lanes: Vec<Vec<usize>>, outcomes: &mut Outcomes) {
    let width = shared.writer.reader().concurrency().min(lanes.len());
    let queue = Arc::new(Mutex::new(lanes.into_iter()));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..width {
        let (queue, shared) = (Arc::clone(&queue), Arc::clone(shared));
        workers.spawn(async move {
            let mut done = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                let Some(changes) = next else { return done };
                let changes =
                    changes.iter().map(|index| (*index, &shared.plan.resource_changes[*index]));
                let mut lane: Option<Lane> = None;
                for (index, change) in changes {
                    let planned = || Lane::starting(change.precondition.etag.as_deref());
                    let lane = lane.get_or_insert_with(planned);
                    let outcome = change::make(lane, &shared, change).await;
                    shared.tell(change, &outcome);
                    done.push((index, outcome));
                }
            }
        });
    }
    while let Some(joined) = workers.join_next().await {
        let done: Vec<(usize, Outcome)> =
            joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        outcomes.all.extend(done);
    }
}

impl Shared<'_> {
    /// Why nothing more is to be started, if so.
    pub(super) fn stopped(&self) -> Option<String> {
        if self.stop.load(Ordering::SeqCst) {
            return Some(INTERRUPTED.to_owned());
        }
        self.known().stopped.clone()
    }

    /// Nothing more is started from here on.
    pub(super) fn stop(&self, why: &str) {
        self.known().stopped.get_or_insert_with(|| why.to_owned());
    }

    /// Whether somebody's edit of the same field is overwritten.
    pub(super) fn overwrites(&self) -> bool {
        self.manner.overwrites
    }

    /// The secrets that documents name.
    pub(super) fn secrets(&self) -> &Secrets {
        &self.manner.secrets
    }

    /// A change has ended so.
    pub(super) fn after(&self, status: OutcomeStatus) {
        let is_undone = matches!(
            status,
            OutcomeStatus::Failed | OutcomeStatus::Unknown | OutcomeStatus::Conflict
        );
        if is_undone && self.manner.stops_on_error {
            self.stop(STOPPED_ON_ERROR);
        }
    }

    /// The id of what a change names, where it is known by now.
    pub(super) fn id_of(&self, address: &Address) -> Option<Arc<str>> {
        self.known().references.get(address).cloned().flatten()
    }

    /// Tells whoever watches what became of a change.
    fn tell(&self, change: &Change, outcome: &Outcome) {
        let id = outcome.id.clone().or_else(|| self.id_of(&change.address));
        self.writer.finished(outcome, id.as_deref());
    }

    /// What the plan and the creates so far tell about names.
    pub(super) fn facts(&self) -> Arc<Facts> {
        Arc::clone(&self.known().facts)
    }

    /// A create has answered with its id.
    pub(super) fn created(&self, address: &Address, id: &str) {
        let mut known = self.known();
        known.references.insert(address.clone(), Some(Arc::from(id)));
        if known.facts.of(address.kind()).is_some() {
            let name = Some(address.segment(0)).filter(|name| !name.starts_with("id:"));
            let named = Named { id: Some(id.to_owned()), name, email: None };
            let names = Arc::make_mut(&mut known.facts).names.get_mut(address.kind());
            names.into_iter().for_each(|names| names.add(named.clone()));
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What a plan's references tell about names. Only what has names is entered: a plan may change
/// half a million assignments.
pub(super) fn known(plan: &Plan, timezone: &TimeZone) -> Facts {
    let dialect = plan.tenant.dialect;
    let sources = SOURCES.iter().filter(|source| !source.keyed_by_id).map(|source| source.sort);
    let listed = |kind: &&&dyn Kind| kind.wire(dialect).is_some_and(|wire| wire.list().is_some());
    let kinds = KINDS.iter().filter(listed).map(|kind| kind.name());
    let sorts: Vec<&'static str> = sources.chain(kinds).collect();
    Facts::from_references(&plan.references, &sorts, timezone.clone())
}
