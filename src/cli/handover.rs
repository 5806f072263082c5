//! Handing something over to somebody who may be down, busy or slow: tried again and again, until
//! the run that it is done beside has ended, and then a little longer.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::clock;
use crate::http::retry::backoff;
use crate::tenant::Posted;

/// How often a thing is tried once the run has ended.
const LAST_TRIES: u32 = 3;

/// That the run has ended, and until when its rest may be delivered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    pub(super) deadline: Option<Instant>,
}

/// Sends until it is taken.
pub(super) async fn hand_over<F: Future<Output = Posted>>(
    mut send: impl FnMut() -> F,
    ending: &mut watch::Receiver<Option<Ending>>,
) -> Result<(), String> {
    let (mut tries, mut last_tries) = (0, 0);
    loop {
        tries += 1;
        let (why, asked) = match in_time(ending, send()).await {
            Some(Posted::Taken) => return Ok(()),
            Some(Posted::Refused(why)) => return Err(why),
            Some(Posted::Again(why, asked)) => (why, asked),
            None => return Err("it did not answer in time".to_owned()),
        };
        last_tries += u32::from(ending.borrow().is_some());
        let wait = asked.unwrap_or_else(|| backoff(tries, jitter()));
        if last_tries >= LAST_TRIES || !paused(ending, wait, asked.is_none()).await {
            return Err(why);
        }
    }
}

/// What is awaited, unless the time is over before.
async fn in_time<T>(
    ending: &mut watch::Receiver<Option<Ending>>,
    awaited: impl Future<Output = T>,
) -> Option<T> {
    let mut awaited = std::pin::pin!(awaited);
    loop {
        let deadline = ending.borrow_and_update().and_then(|ending| ending.deadline);
        tokio::select! {
            done = &mut awaited => return Some(done),
            () = reached(deadline) => return None,
            told = ending.changed() => if told.is_err() { return None },
        }
    }
}

/// Waits so long; less where the run ends meanwhile and `may_hurry`. False where the time would be
/// over before.
async fn paused(
    ending: &mut watch::Receiver<Option<Ending>>,
    wait: Duration,
    may_hurry: bool,
) -> bool {
    let until = Instant::now() + wait;
    loop {
        let deadline = ending.borrow_and_update().and_then(|ending| ending.deadline);
        if deadline.is_some_and(|deadline| deadline < until) {
            return false;
        }
        tokio::select! {
            () = tokio::time::sleep_until(until) => return true,
            told = ending.changed() => match told {
                Err(_) => return false,
                Ok(()) if may_hurry => return true,
                Ok(()) => {}
            },
        }
    }
}

async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// A number from 0 to 1: several runs do not come back to a sink at the same moment.
fn jitter() -> f64 {
    let since = clock::system().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    f64::from(since.subsec_micros() % 1000) / 1000.0
}
