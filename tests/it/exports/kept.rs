//! What a run's journal was given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use cxform::plan::{Applied, Outcome, OutcomeStatus, Plan};
use cxform::tenant::{Intent, Journal, Open, Recorded};

use super::life::Life;

/// The journal of one run.
pub(super) struct Kept {
    life: Arc<Life>,
    intents: Mutex<Vec<Intent>>,
    outcomes: Mutex<Vec<Outcome>>,
}

impl Kept {
    pub(super) fn of(life: &Arc<Life>) -> Self {
        Self { life: Arc::clone(life), intents: Mutex::default(), outcomes: Mutex::default() }
    }

    pub(super) fn intents(&self) -> Vec<Intent> {
        self.intents.lock().unwrap().clone()
    }

    /// Writes of which nobody knows what became.
    pub(super) fn open(&self) -> Vec<Open> {
        let outcomes = self.outcomes.lock().unwrap();
        let ended: BTreeSet<_> = outcomes.iter().map(|o| (o.address.clone(), o.action)).collect();
        let mut open = BTreeMap::new();
        for intent in self.intents() {
            let key = (intent.address.clone(), intent.action);
            if !ended.contains(&key) {
                let (address, action) = key.clone();
                let (attempts, payload_hash) = (intent.attempt, Some(intent.payload_hash));
                open.insert(key, Open { address, action, attempts, payload_hash });
            }
        }
        open.into_values().collect()
    }

    /// One outcome for each change that was tried, and an intent before each request.
    pub(super) fn hold(&self, applied: &Applied, plan: &Plan) {
        let told = self.outcomes.lock().unwrap();
        let mut addresses: Vec<_> = told.iter().map(|o| (&o.address, o.action)).collect();
        addresses.sort();
        let count = addresses.len();
        addresses.dedup();
        let tried =
            applied.outcomes.iter().filter(|o| o.status != OutcomeStatus::NotStarted).count();
        let live = plan.live().count();
        if count != addresses.len() || count != tried || applied.outcomes.len() != live {
            self.life.scene.complain(format!("outcomes {addresses:?} of {live} changes"));
        }
    }
}

impl Journal for Kept {
    fn intent<'a>(&'a self, intent: &'a Intent) -> Recorded<'a> {
        Box::pin(async {
            self.intents.lock().unwrap().push(intent.clone());
            self.life.step().await;
            Ok(())
        })
    }

    fn outcome<'a>(&'a self, outcome: &'a Outcome) -> Recorded<'a> {
        Box::pin(async {
            self.life.step().await;
            self.outcomes.lock().unwrap().push(outcome.clone());
            Ok(())
        })
    }
}
