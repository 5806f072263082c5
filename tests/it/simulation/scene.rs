//! What outlives a process: the tenant, the disk, what was seen of both, and the weather.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cxform::plan::Plan;
use cxform::world::World;
use tokio::time::Instant;

use super::checks::Held;
use super::disk::Disk;
use super::effect::Effect;
use super::trouble::Trouble;
use crate::cases::{NOON, Rows};

thread_local! {
    /// When the schedule of this thread began.
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// One schedule's stage.
pub(super) struct Scene(Mutex<State>);

pub(super) struct State {
    pub(super) world: World,
    pub(super) disk: Disk,
    pub(super) trouble: Trouble,
    /// The rows when it began.
    pub(super) first: Rows,
    /// What became different since, oldest first.
    pub(super) effects: Vec<Effect>,
    /// What was held against the checks already.
    pub(super) held: Held,
    /// The plan that is being applied, with the index of its run.
    pub(super) applying: Option<(usize, Arc<Plan>)>,
    /// What happened, for whoever reads why a seed failed.
    pub(super) story: Vec<String>,
    /// What was found to be wrong on the way.
    pub(super) wrong: Vec<String>,
    /// How often what happened.
    pub(super) tally: BTreeMap<&'static str, u64>,
}

impl Scene {
    pub(super) fn new(world: World, first: Rows, trouble: Trouble) -> Arc<Self> {
        BEGAN.set(Some(Instant::now()));
        Arc::new(Self(Mutex::new(State {
            world,
            disk: Disk::default(),
            trouble,
            first,
            effects: Vec::new(),
            held: Held::default(),
            applying: None,
            story: Vec::new(),
            wrong: Vec::new(),
            tally: BTreeMap::new(),
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts something and adds it to the story.
    pub(super) fn tell(&mut self, what: &'static str, text: String) {
        *self.tally.entry(what).or_default() += 1;
        self.note(text);
    }

    /// Adds something to the story.
    pub(super) fn note(&mut self, text: String) {
        let at = now_ms() - NOON * 1000;
        self.story.push(format!("{at:>8} ms  {text}"));
    }

    /// Something is not as it must be.
    pub(super) fn complain(&mut self, text: String) {
        self.note(format!("WRONG: {text}"));
        self.wrong.push(text);
    }
}

/// The simulated time, in milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    let elapsed = BEGAN.get().map(|began| began.elapsed()).unwrap_or_default();
    NOON * 1000 + i64::try_from(elapsed.as_millis()).unwrap()
}

/// The same in seconds.
pub(super) fn now() -> i64 {
    now_ms() / 1000
}
