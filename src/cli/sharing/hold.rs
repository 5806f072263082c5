//! A tenant that is held while a run applies: the branch hears from time to time that the run lives,
//! so that one that died is told from one that is slow.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;

use crate::cli::state::{RunFolder, SharedState};

/// A run's hold on a tenant. Where it is dropped, the branch hears no more of the run.
pub(super) struct Hold {
    run: RunFolder,
    end: Sender<()>,
    renewing: JoinHandle<SharedState>,
}

impl Hold {
    /// Begins to say that a run lives, which has claimed the tenant just now.
    pub(super) fn start(mut shared: SharedState, run: RunFolder) -> Self {
        let (end, ended) = mpsc::channel();
        let held = run.clone();
        let renewing = std::thread::spawn(move || {
            let pause = shared.renews_every();
            while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                // Every write has its precondition: a run that cannot be heard of goes on.
                match shared.renew(&held) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => tracing::warn!(%error, "the state branch cannot be told"),
                }
            }
            shared
        });
        Self { run, end, renewing }
    }

    /// Says no more; returns what is to give the tenant free. Waits where the branch is being told.
    pub(super) fn end(self) -> anyhow::Result<(SharedState, RunFolder)> {
        drop(self.end);
        let shared = self.renewing.join();
        let shared = shared.map_err(|_| anyhow::anyhow!("the state branch was lost sight of"))?;
        Ok((shared, self.run))
    }
}
