//! What later runs have undone of a run already.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::cli::journal::Record;
use crate::cli::state::{Part, RunFolder, StateFolder};
use crate::plan::{Change, Made, OutcomeStatus, Source};

/// The steps that undo a run and were made, by address and action.
#[derive(Default)]
pub(super) struct Undone {
    steps: BTreeMap<(String, String), Step>,
    /// Which run was the last to write to an address for another reason.
    written: BTreeMap<String, usize>,
    /// The last run that made one of the steps.
    pub(super) by: String,
}

struct Step {
    /// Which run made it.
    at: usize,
    made: Made,
}

/// What a saved plan says of its source.
#[derive(Deserialize)]
struct Saved {
    source: Source,
}

impl Undone {
    /// What the runs after this one say.
    pub(super) fn of(state: &StateFolder, run: &str) -> anyhow::Result<Self> {
        let mut undone = Self::default();
        let later = state.runs()?.into_iter().filter(|folder| folder.name() > run);
        for (at, folder) in later.enumerate() {
            let journal = folder.journal()?;
            let is_undoing = !journal.is_empty() && undoes(&folder)?.as_deref() == Some(run);
            for line in journal {
                let Record::Outcome { change, id, .. } = serde_json::from_str(&line)? else {
                    continue;
                };
                let is = |status: OutcomeStatus| change.result == status.word();
                if is_undoing && (is(OutcomeStatus::Done) || is(OutcomeStatus::Already)) {
                    let action = change.written_as().to_owned();
                    let step = Step { at, made: Made { id } };
                    undone.steps.insert((change.address, action), step);
                    folder.name().clone_into(&mut undone.by);
                } else if is(OutcomeStatus::Done) || is(OutcomeStatus::Unknown) {
                    undone.written.insert(change.address, at);
                }
            }
        }
        Ok(undone)
    }

    /// What became of a step that was made, and that no other run has touched since.
    pub(super) fn step(&self, step: &Change) -> Option<Made> {
        let key = (step.address.to_string(), step.action()?.word().to_owned());
        let Step { at, made } = self.steps.get(&key)?;
        let own = [Some(&step.address), step.previous_address.as_ref()];
        let is_old = |address: &crate::model::Address| {
            self.written.get(&address.to_string()).is_none_or(|written| written < at)
        };
        own.into_iter().flatten().all(is_old).then(|| made.clone())
    }
}

/// The run that a run undoes.
fn undoes(folder: &RunFolder) -> anyhow::Result<Option<String>> {
    let text = folder.read(Part::Plan)?.unwrap_or_default();
    // A plan that cannot be read undoes nothing that is known.
    let saved: Option<Saved> = serde_json::from_str(&text).ok();
    Ok(saved.and_then(|saved| saved.source.undoes))
}
