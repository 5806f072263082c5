//! What later runs have undone of a run already.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::cli::files::FileError;
use crate::cli::journal::Record;
use crate::cli::state::{Part, RunFolder, StateFolder};
use crate::kinds::Action;
use crate::model::Address;
use crate::plan::{Change, Made, OutcomeStatus, Plan, Source, Tenant, take_undone};
use crate::tenant::{self, Open, Reader, TenantError};

/// The steps that undo a run and were made, by address and action.
#[derive(Default)]
pub(super) struct Undone {
    steps: BTreeMap<(String, String), Step>,
    /// Which run was the last to write to an address for another reason.
    written: BTreeMap<String, usize>,
}

struct Step {
    /// Which run made it.
    at: usize,
    /// What that run is called.
    by: Arc<str>,
    made: Made,
}

/// What a saved plan says of its tenant and its source.
#[derive(Deserialize)]
struct Saved {
    tenant: Tenant,
    source: Source,
}

impl Undone {
    /// What the runs after this one say that went to the same tenant.
    pub(super) fn of(state: &StateFolder, run: &str, tenant: &Tenant) -> anyhow::Result<Self> {
        let mut undone = Self::default();
        let later = state.runs()?.into_iter().filter(|folder| folder.name() > run);
        for (at, folder) in later.enumerate() {
            let journal = folder.journal()?;
            if journal.is_empty() {
                continue;
            }
            let saved = saved(&folder)?;
            let is_other = |own: &Tenant| own.url != tenant.url || own.dialect != tenant.dialect;
            if saved.as_ref().is_some_and(|saved| is_other(&saved.tenant)) {
                continue;
            }
            // A plan that cannot be read undoes nothing that is known.
            let undoes = saved.and_then(|saved| saved.source.undoes);
            let (is_undoing, by) = (undoes.as_deref() == Some(run), Arc::from(folder.name()));
            // A line that cannot be read tells of nothing; what the tenant has decides in the end.
            let records = journal.iter().filter_map(|line| serde_json::from_str(line).ok());
            for record in records {
                let Record::Outcome { change, id, .. } = record else { continue };
                let is = |status: OutcomeStatus| change.result == status.word();
                if is_undoing && (is(OutcomeStatus::Done) || is(OutcomeStatus::Already)) {
                    let action = change.written_as().to_owned();
                    let step = Step { at, by: Arc::clone(&by), made: Made { id } };
                    undone.steps.insert((change.address, action), step);
                } else if is(OutcomeStatus::Done) || is(OutcomeStatus::Unknown) {
                    undone.written.insert(change.address, at);
                }
            }
        }
        Ok(undone)
    }

    /// Leaves out of the inverse of a run what was undone, where the tenant has no longer what the
    /// run left: somebody may have brought it back, of which no journal here tells. `applied` is
    /// the inverse as it would be applied. Tells the last run that did some of it.
    ///
    /// # Errors
    /// The tenant cannot be reached, refuses, or the token lacks a scope.
    pub(super) async fn leave_out(
        &self,
        inverse: &mut Plan,
        mut applied: Plan,
        reader: &Reader,
        timezone: &TimeZone,
    ) -> Result<Option<Arc<str>>, TenantError> {
        let mut open = Vec::new();
        for change in &applied.resource_changes {
            let Some(step) = self.step(change) else { continue };
            if change.action() == Some(Action::Create) {
                // Others may need the id of what is there again.
                applied.references.insert(change.address.clone(), step.made.id.clone());
            }
            open.extend(Open::of(change));
        }
        if open.is_empty() {
            return Ok(None);
        }
        let found = tenant::settle(reader, Arc::new(applied), open, timezone).await?;
        // What was not written, as far as the tenant tells, is as the run left it.
        let left = found.into_iter().filter(|outcome| outcome.status == OutcomeStatus::Failed);
        let left: BTreeSet<_> = left.map(|outcome| (outcome.address, outcome.action)).collect();
        let step = |change: &Change| {
            let key = (change.address.clone(), change.action()?);
            self.step(change).filter(|_| !left.contains(&key))
        };
        let last = inverse.resource_changes.iter().filter_map(step).max_by_key(|step| step.at);
        let count = take_undone(inverse, |change| step(change).map(|step| step.made.clone()));
        Ok(last.filter(|_| count > 0).map(|step| Arc::clone(&step.by)))
    }

    /// What became of a step that was made, and that no other run has touched since.
    fn step(&self, step: &Change) -> Option<&Step> {
        let key = (step.address.to_string(), step.action()?.word().to_owned());
        let made = self.steps.get(&key)?;
        let own = [Some(&step.address), step.previous_address.as_ref()];
        let is_old = |address: &Address| {
            self.written.get(&address.to_string()).is_none_or(|written| *written < made.at)
        };
        own.into_iter().flatten().all(is_old).then_some(made)
    }
}

/// What the plan of a run says; none where it cannot be read.
fn saved(folder: &RunFolder) -> Result<Option<Saved>, FileError> {
    let text = folder.read(Part::Plan)?.unwrap_or_default();
    Ok(serde_json::from_str(&text).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Undone;
    use crate::cli::events::line::tests::change;
    use crate::cli::files::tests::Folder;
    use crate::cli::state::StateFolder;
    use crate::http::Dialect;
    use crate::plan::{Source, Tenant};

    fn tenant(url: &str) -> Tenant {
        Tenant { name: "prod".into(), url: url.into(), dialect: Dialect::V2 }
    }

    fn done(address: &str) -> String {
        let change = json!({ "address": address, "action": "update", "result": "done",
            "attempts": 1, "duration_ms": 5 });
        json!({ "type": "outcome", "change": change, "id": "q-1" }).to_string()
    }

    fn run(folder: &Folder, run: &str, url: &str, undoes: Option<&str>, journal: &[String]) {
        let source = Source { undoes: undoes.map(str::to_owned), ..Source::default() };
        let plan = json!({ "tenant": tenant(url), "source": source });
        folder.put(&format!("runs/{run}/plan.json"), plan.to_string());
        folder.put(&format!("runs/{run}/journal.jsonl"), journal.join("\n") + "\n");
    }

    #[test]
    fn later_runs_of_the_same_tenant_are_read_as_far_as_they_can_be() {
        let folder = Folder::new("undone");
        let own = "https://one.example.com";
        run(&folder, "r1", own, None, &[done("queue/a"), done("queue/b"), done("queue/c")]);
        let garbage = "{\"type\": \"outcome\", \u{1}".to_owned();
        let undoing = [done("queue/a"), garbage.clone(), done("queue/b")];
        run(&folder, "r2", own, Some("r1"), &undoing);
        run(&folder, "r3", "https://two.example.com", None, &[done("queue/a")]);
        run(&folder, "r4", "https://two.example.com", Some("r1"), &[done("queue/c")]);
        run(&folder, "r5", own, None, &[garbage, done("queue/b")]);
        let undone = Undone::of(&StateFolder::new(folder.path()), "r1", &tenant(own)).unwrap();
        let by = |name: &str| undone.step(&change(name)).map(|step| step.by.to_string());
        assert_eq!(by("queue/a").as_deref(), Some("r2"));
        // Written again since, and undone only elsewhere.
        assert_eq!((by("queue/b"), by("queue/c")), (None, None));
        assert_eq!(undone.steps.len(), 2);
    }
}
