//! Why the state branch cannot be used, and the way out.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{Claim, GitError};
use crate::cli::settings::StateBranch;
use crate::cli::state::StateError;

/// Why the branch cannot be used. An apply that meets one before it holds the tenant sends nothing.
#[derive(Debug, thiserror::Error)]
pub enum SharedError {
    /// git could not read from the remote.
    #[error("the state branch {branch} cannot be fetched: {cause}")]
    Fetch {
        /// The branch and its remote.
        branch: StateBranch,
        /// What git says.
        cause: GitError,
    },
    /// The remote takes no push.
    #[error("the state branch {branch} cannot be pushed: {cause}")]
    Push {
        /// The branch and its remote.
        branch: StateBranch,
        /// What git says.
        cause: GitError,
    },
    /// The user's repository has no such remote.
    #[error("the state branch {branch} cannot be used: the repository has no such remote")]
    NoRemote {
        /// The branch and its remote.
        branch: StateBranch,
    },
    /// Another run holds the tenant.
    #[error("the tenant {tenant} is held by {claim}, as the state branch {branch} says")]
    Held {
        /// The tenant.
        tenant: String,
        /// The file that says so.
        file: String,
        /// The branch and its remote.
        branch: StateBranch,
        /// Who.
        claim: Box<Claim>,
    },
    /// Both audits went on.
    #[error("the audit {} and the one in the state branch {branch} went on, each by itself", file.display())]
    Apart {
        /// The file here.
        file: PathBuf,
        /// The branch and its remote.
        branch: StateBranch,
    },
    /// The run was asked to end while it waited.
    #[error("interrupted while it waited for {0}")]
    Interrupted(Box<Claim>),
    /// The state folder.
    #[error(transparent)]
    State(#[from] StateError),
}

impl SharedError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Fetch { branch, .. } => {
                format!("see whether `git fetch {}` works here", branch.remote)
            }
            Self::Push { .. } => "let this job write to the repository (in a GitHub workflow: \
                                  `permissions: {contents: write}`) and to this branch"
                .to_owned(),
            Self::NoRemote { branch } => format!(
                "`git remote add {} URL`, or name another one with `state.remote`",
                branch.remote
            ),
            Self::Held { file, branch, claim, .. } => {
                let ends = claim.ends(branch.stale_after);
                let taken_over = match ends < Timestamp::MAX {
                    true => format!(
                        " is taken over at {ends} unless it is heard of again (state.staleAfter), or"
                    ),
                    false => String::new(),
                };
                format!(
                    "wait until it has ended, or let this run wait: --lock-timeout; a run that is \
                     gone{taken_over} gives way where {file} is removed from the branch"
                )
            }
            Self::Apart { .. } => "the file has lines that the branch has not: move it out of the \
                                   state folder and keep it; the next run goes on with the branch's"
                .to_owned(),
            Self::Interrupted(_) => "nothing was sent".to_owned(),
            Self::State(error) => error.hint().to_owned(),
        }
    }
}
