//! `state: {git: BRANCH}`: audit and runs in a branch of the repository's own remote, for machines
//! that are thrown away. The state folder stays what everything else works with: the branch is
//! brought into it before a run, and gets from it what is new at the run's start and end.
//!
//! A tenant is held by the run that `TENANT/holder.json` names. A push that is no fast-forward is
//! refused by the remote, so that of two runs that take a tenant at once only one does. Two tenants
//! do not hinder each other: what a run puts is put again on top of what came first.

mod claim;
mod command;
mod error;
mod mirror;
mod relation;
mod store;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use claim::Claim;
pub(in crate::cli) use command::Git;
pub use command::GitError;
pub use error::SharedError;
use relation::Relation;
use store::{Blobs, Pushed, Put, Store};

use super::{RunFolder, StateError, StateFolder, create_folder, file_name};
use crate::cli::clock;
use crate::cli::environment::Environment;
use crate::cli::files::{self, Access, FileError};
use crate::cli::settings::StateBranch;

const HOLDER: &str = "holder.json";
/// How many pushes may be overtaken by other tenants' before we give up.
const OVERTAKEN: usize = 20;
/// However long a silence is allowed, a run is heard of so often.
const LONGEST_SILENCE: Duration = Duration::from_secs(180);

/// A tenant's part of the branch, and the state folder that mirrors it. To be used under the state
/// folder's lock.
pub struct SharedState {
    store: Store,
    state: StateFolder,
    branch: StateBranch,
    tenant: String,
    environment: Environment,
    /// What was done that people should know.
    notes: Vec<String>,
}

/// The branch as it was fetched.
struct Seen {
    tip: Option<String>,
    /// The tenant's files, by their paths below the tenant's folder.
    files: BTreeMap<String, Blobs>,
    holder: Option<Claim>,
}

impl SharedState {
    /// A tenant's part of a branch. Nothing is fetched yet.
    ///
    /// # Errors
    /// `project` is in no repository that has the remote.
    pub fn open(
        state: &StateFolder,
        project: &Path,
        branch: &StateBranch,
        tenant: &str,
        environment: &Environment,
    ) -> Result<Self, SharedError> {
        let folder = state.path().join("git");
        create_folder(&folder)?;
        let store = folder.join("store");
        let opened = Store::open(&store, project, &branch.branch, &branch.remote, environment);
        let store = opened
            .map_err(|cause| SharedError::Fetch { branch: branch.clone(), cause })?
            .ok_or_else(|| SharedError::NoRemote { branch: branch.clone() })?;
        Ok(Self {
            store,
            state: state.clone(),
            branch: branch.clone(),
            tenant: tenant.to_owned(),
            environment: environment.clone(),
            notes: Vec::new(),
        })
    }

    /// The error that tells who holds the tenant.
    #[must_use]
    pub fn held(&self, claim: Claim) -> SharedError {
        SharedError::Held {
            tenant: self.tenant.clone(),
            file: format!("{}/{HOLDER}", file_name(&self.tenant)),
            branch: self.branch.clone(),
            claim: Box::new(claim),
        }
    }

    /// Adds to what people should know.
    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// What was done that people should know, once.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Fetches the branch and brings the tenant's part into the state folder, unless another run
    /// holds the tenant: then that is told and nothing is touched.
    ///
    /// # Errors
    /// The remote cannot be reached, the audits are apart, or the state folder cannot be written.
    pub fn bring(&mut self) -> Result<Option<Claim>, SharedError> {
        let seen = self.look()?;
        if let Some(claim) = self.held_by_another(&seen)? {
            return Ok(Some(claim));
        }
        self.bring_audit(&seen)?;
        self.bring_runs(&seen, None)?;
        Ok(None)
    }

    /// Fetches the branch and brings the tenant's audit into the state folder, whoever holds the
    /// tenant; for those who only read.
    ///
    /// # Errors
    /// As [`SharedState::bring`].
    pub fn bring_to_read(&mut self) -> Result<Option<Claim>, SharedError> {
        let seen = self.look()?;
        self.bring_audit(&seen)?;
        Ok(seen.holder)
    }

    /// Fetches the branch and brings what a look at drift needs: audit, plans of runs that have
    /// ended, and what was seen before; whoever holds the tenant.
    ///
    /// # Errors
    /// As [`SharedState::bring`].
    pub fn bring_for_drift(&mut self) -> Result<(), SharedError> {
        let seen = self.look()?;
        self.bring_audit(&seen)?;
        self.bring_plans(&seen)?;
        self.bring_drift(&seen)
    }

    /// Gives the branch what a look at drift has seen and told.
    ///
    /// # Errors
    /// As [`SharedState::claim`].
    pub fn keep_drift(&mut self) -> Result<(), SharedError> {
        let message = format!("{}: drift", self.tenant);
        for _ in 0..OVERTAKEN {
            let seen = self.look()?;
            let blobs = self.pushing(self.store.keep_file(&self.state.drift()))?;
            let puts = BTreeMap::from([(mirror::DRIFT.to_owned(), Put::Content(blobs))]);
            if self.put(&seen, puts, &message)? == Pushed::Done {
                return Ok(());
            }
        }
        Err(self.overtaken())
    }

    /// Takes the tenant for a run, whose plan stands in its folder: with what the branch has not
    /// yet, that is pushed. When this has ended well, nobody else has the tenant. A run that holds
    /// it still is told, and nothing is done.
    ///
    /// # Errors
    /// As [`SharedState::bring`], or the remote takes no push.
    pub fn claim(&mut self, run: &RunFolder, actor: &str) -> Result<Option<Claim>, SharedError> {
        let claim = Claim::new(run.name(), actor, &self.environment, clock::now());
        for _ in 0..OVERTAKEN {
            let seen = self.look()?;
            if let Some(other) = self.held_by_another(&seen)? {
                return Ok(Some(other));
            }
            let relation = self.bring_audit(&seen)?;
            self.bring_runs(&seen, Some(run))?;
            if let Some(dead) = seen.holder.as_ref().filter(|holder| holder.run != claim.run) {
                self.notes.push(format!("warning: {dead} did not end; it is taken over"));
            }
            // Before the push: should this process die now, the next one here knows it was ours.
            self.mark(&claim.run)?;
            let mut puts = self.outgoing(&seen, run, relation, true)?;
            puts.extend([self.holding(&claim)?]);
            let message = format!("{}: {} starts", self.tenant, claim.run);
            if self.put(&seen, puts, &message)? == Pushed::Done {
                return Ok(None);
            }
        }
        Err(self.overtaken())
    }

    /// Says that the run, which has claimed the tenant, is still at work; false where the tenant is
    /// no longer its own.
    ///
    /// # Errors
    /// As [`SharedState::claim`].
    pub fn renew(&mut self, run: &RunFolder) -> Result<bool, SharedError> {
        for _ in 0..OVERTAKEN {
            let seen = self.look()?;
            let Some(holder) = seen.holder.as_ref().filter(|holder| holder.run == run.name())
            else {
                return Ok(false);
            };
            let renewed = Claim { renewed: Some(clock::now()), ..holder.clone() };
            let puts = BTreeMap::from([self.holding(&renewed)?]);
            let message = format!("{}: {} goes on", self.tenant, run.name());
            if self.put(&seen, puts, &message)? == Pushed::Done {
                return Ok(true);
            }
        }
        Err(self.overtaken())
    }

    /// How often a run that applies says that it is still at work.
    #[must_use]
    pub fn renews_every(&self) -> Duration {
        (self.branch.stale_after / 5).min(LONGEST_SILENCE)
    }

    fn holding(&self, claim: &Claim) -> Result<(String, Put), SharedError> {
        let text = serde_json::json!(claim).to_string();
        let blob = self.pushing(self.store.keep(text.as_bytes()))?;
        Ok((HOLDER.to_owned(), Put::Content(vec![blob])))
    }

    /// Gives the branch what the run has left in the state folder, and the tenant free. The run has
    /// ended; the state folder has everything also where this fails.
    ///
    /// # Errors
    /// As [`SharedState::claim`].
    pub fn release(&mut self, run: &RunFolder) -> Result<(), SharedError> {
        for _ in 0..OVERTAKEN {
            let seen = self.look()?;
            let ours = seen.holder.as_ref().is_some_and(|holder| holder.run == run.name());
            let relation = self.compare(&seen)?;
            let mut puts = self.outgoing(&seen, run, relation, false)?;
            if ours {
                puts.insert(HOLDER.to_owned(), Put::Gone(1));
            }
            let message = format!("{}: {} ends", self.tenant, run.name());
            if self.put(&seen, puts, &message)? == Pushed::Overtaken {
                continue;
            }
            self.unmark()?;
            if relation == Relation::Apart {
                self.notes.push(format!(
                    "warning: another run has taken the tenant over meanwhile; this run's audit \
                     lines are in {}/runs/{}/ of the state branch",
                    file_name(&self.tenant),
                    run.name()
                ));
            }
            return Ok(());
        }
        Err(self.overtaken())
    }

    fn look(&self) -> Result<Seen, SharedError> {
        let Some(tip) = self.fetching(self.store.fetch())? else {
            return Ok(Seen { tip: None, files: BTreeMap::new(), holder: None });
        };
        let files = self.fetching(self.store.files(&tip, &file_name(&self.tenant)))?;
        let holder = match files.get(HOLDER) {
            Some(blob) => Some(Claim::read(&self.fetching(self.store.read(blob))?)),
            None => None,
        };
        Ok(Seen { tip: Some(tip), files, holder })
    }

    /// The run that holds the tenant and may still be at work: one of this state folder is not,
    /// since we have the lock, and neither is one that began too long ago.
    fn held_by_another(&self, seen: &Seen) -> Result<Option<Claim>, SharedError> {
        let Some(holder) = &seen.holder else { return Ok(None) };
        let is_over = self.marks()?.contains(&holder.run)
            || holder.ends(self.branch.stale_after) <= clock::now();
        Ok((!is_over).then(|| holder.clone()))
    }

    /// Commits and pushes; false where another commit came first.
    fn put(
        &self,
        seen: &Seen,
        puts: BTreeMap<String, Put>,
        message: &str,
    ) -> Result<Pushed, SharedError> {
        let folder = file_name(&self.tenant);
        let puts = puts.into_iter().map(|(path, put)| (format!("{folder}/{path}"), put)).collect();
        let commit = self.pushing(self.store.commit(seen.tip.as_deref(), &puts, message))?;
        match commit {
            None => Ok(Pushed::Done),
            Some(commit) => self.pushing(self.store.push(&commit, seen.tip.as_deref())),
        }
    }

    fn overtaken(&self) -> SharedError {
        let cause = GitError::Failed(format!("{OVERTAKEN} pushes were overtaken by others"));
        SharedError::Push { branch: self.branch.clone(), cause }
    }

    fn fetching<T>(&self, result: Result<T, GitError>) -> Result<T, SharedError> {
        result.map_err(|cause| SharedError::Fetch { branch: self.branch.clone(), cause })
    }

    fn pushing<T>(&self, result: Result<T, GitError>) -> Result<T, SharedError> {
        result.map_err(|cause| SharedError::Push { branch: self.branch.clone(), cause })
    }

    /// The runs of this state folder that have claimed the tenant and not released it.
    fn marks(&self) -> Result<Vec<String>, SharedError> {
        let text = match files::read_text(&self.marks_file()) {
            Err(FileError::Read { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
                String::new()
            }
            read => read.map_err(StateError::from)?,
        };
        Ok(text.lines().map(str::to_owned).collect())
    }

    fn mark(&self, run: &str) -> Result<(), SharedError> {
        let mut marks = self.marks()?;
        if !marks.iter().any(|mark| mark == run) {
            marks.push(run.to_owned());
            let text = marks.join("\n");
            files::write(&self.marks_file(), text.as_bytes(), Access::Private)
                .map_err(StateError::from)?;
        }
        Ok(())
    }

    fn unmark(&self) -> Result<(), SharedError> {
        files::remove(&self.marks_file()).map_err(StateError::from)?;
        Ok(())
    }

    fn marks_file(&self) -> PathBuf {
        self.state.path().join("git").join(format!("{}.runs", file_name(&self.tenant)))
    }
}
