//! A tenant that is held while a run applies: the branch hears from time to time that the run lives,
//! so that one that died is told from one that is slow. A run that hears that the tenant is another's
//! starts nothing more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::cli::clock;
use crate::cli::state::{RunFolder, SharedState};

/// How often it is looked whether it is time to say so.
const LOOK: Duration = Duration::from_secs(5);

/// A run's hold on a tenant. Where it is dropped, the branch hears no more of the run.
pub(super) struct Hold {
    run: RunFolder,
    end: Sender<()>,
    renewing: JoinHandle<SharedState>,
}

impl Hold {
    /// Begins to say that a run lives, which has claimed the tenant just now. `stop` ends the run.
    pub(super) fn start(
        mut shared: SharedState,
        run: RunFolder,
        stop: &'static AtomicBool,
    ) -> Self {
        let (end, ended) = mpsc::channel();
        let held = run.clone();
        let renewing = std::thread::spawn(move || {
            let (pause, mut last) = (shared.renews_every(), clock::now());
            while ended.recv_timeout(pause.min(LOOK)) == Err(RecvTimeoutError::Timeout) {
                // By the clock on the wall: a machine that slept has not waited.
                let now = clock::now();
                if now.duration_since(last).unsigned_abs() < pause {
                    continue;
                }
                last = now;
                match shared.renew(&held) {
                    Ok(true) => {}
                    Ok(false) => {
                        stop.store(true, Ordering::SeqCst);
                        break;
                    }
                    // Every write has its precondition: a run that cannot be heard of goes on.
                    Err(error) => shared.note(format!(
                        "warning: {now}: nobody could be told that this run lives: {error}"
                    )),
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
