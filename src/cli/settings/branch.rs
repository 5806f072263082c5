//! The branch that keeps audit and runs beyond this machine.

use std::time::Duration;

use super::{Origin, Setting};
use crate::cli::project::Project;

/// Where nothing else is said: longer than the clocks of two machines differ and a remote is away.
const STALE_AFTER: Duration = Duration::from_secs(15 * 60);

/// `state: {git: BRANCH}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateBranch {
    /// The branch.
    pub branch: String,
    /// The repository's remote that has it.
    pub remote: String,
    /// After how long a run of which nothing is heard is taken for dead.
    pub stale_after: Duration,
}

impl std::fmt::Display for StateBranch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.branch, self.remote)
    }
}

/// The project file's branch, if it names one.
pub(super) fn state_branch(project: Option<&Project>) -> Option<Setting<StateBranch>> {
    let state = &project?.state;
    let branch = state.git.clone()?;
    let remote = state.remote.clone().unwrap_or_else(|| "origin".to_owned());
    let stale_after = state.stale_after.unwrap_or(STALE_AFTER);
    Some(Setting::new(StateBranch { branch, remote, stale_after }, Origin::Project))
}
