//! One even pace for everything that speaks to a tenant.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The share of the limit that is used: just under it, since clocks and networks jitter.
const SHARE: f64 = 0.98;

/// Hands out moments at which a request may leave, evenly spaced.
pub(super) struct Pacer {
    interval: Duration,
    state: Mutex<State>,
}

struct State {
    /// The earliest moment of the next request.
    next: Instant,
    /// Nothing leaves before this, since the tenant asked for it.
    held_until: Instant,
    /// How long requests waited in all.
    waited: Duration,
}

impl Pacer {
    /// A pace just under `limit` requests a second.
    pub(super) fn new(limit: f64) -> Self {
        let now = Instant::now();
        let state = State { next: now, held_until: now, waited: Duration::ZERO };
        Self { interval: Duration::from_secs_f64(1.0 / (limit * SHARE)), state: Mutex::new(state) }
    }

    /// Waits for this request's moment.
    pub(super) async fn turn(&self) {
        let mut slot = self.take_slot();
        loop {
            sleep_until(slot).await;
            // While it slept, the tenant may have asked everybody to hold back.
            let held_until = self.lock().held_until;
            if held_until <= slot {
                return;
            }
            slot = self.take_slot();
        }
    }

    /// Holds everything back for `wait`.
    pub(super) fn hold_back(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.lock();
        state.held_until = state.held_until.max(until);
        state.next = state.next.max(until);
    }

    /// How long requests waited in all.
    pub(super) fn waited(&self) -> Duration {
        self.lock().waited
    }

    fn take_slot(&self) -> Instant {
        let now = Instant::now();
        let mut state = self.lock();
        let slot = state.next.max(now);
        state.next = slot + self.interval;
        state.waited += slot - now;
        slot
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Pacer;

    fn in_simulated_time(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(test);
    }

    #[test]
    fn the_pace_is_even_and_just_under_the_limit() {
        in_simulated_time(async {
            let pacer = Pacer::new(100.0);
            let start = Instant::now();
            for _ in 0..=980 {
                pacer.turn().await;
            }
            let took = start.elapsed();
            assert!((10_000..10_020).contains(&took.as_millis()), "{took:?}");
        });
    }

    #[test]
    fn what_the_tenant_asks_for_holds_back_everybody() {
        in_simulated_time(async {
            let pacer = std::sync::Arc::new(Pacer::new(10.0));
            let start = Instant::now();
            pacer.turn().await;
            let waiting = tokio::spawn({
                let pacer = std::sync::Arc::clone(&pacer);
                async move { pacer.turn().await }
            });
            tokio::task::yield_now().await;
            pacer.hold_back(Duration::from_secs(5));
            waiting.await.unwrap();
            assert!(start.elapsed() >= Duration::from_secs(5));
        });
    }
}
