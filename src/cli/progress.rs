//! How far a long reading has come: a line that moves on a terminal, a line now and then elsewhere.

use std::time::{Duration, Instant};

use super::clock;
use super::console::{Console, Stream};
use crate::tenant::Step;

/// How often the line of a terminal moves.
const MOVES: Duration = Duration::from_millis(200);
/// How often a log gets a line.
const LOGS: Duration = Duration::from_secs(10);

/// Tells how far a reading has come, with rate and remaining time.
pub(super) struct Progress<'c> {
    console: &'c mut Console,
    what: &'static str,
    begun: Instant,
    told: Instant,
    is_shown: bool,
}

impl<'c> Progress<'c> {
    pub(super) fn new(console: &'c mut Console) -> Self {
        let now = clock::instant();
        Self { console, what: "", begun: now, told: now, is_shown: false }
    }

    /// Takes note of a step; tells it where it is time to.
    pub(super) fn tell(&mut self, step: Step) {
        let now = clock::instant();
        if self.what != step.what {
            (self.what, self.begun, self.told) = (step.what, now, now);
        }
        let every = if self.console.has_status() { MOVES } else { LOGS };
        if now.duration_since(self.told) < every {
            return;
        }
        self.told = now;
        let line = line(step, now.duration_since(self.begun));
        // Who cannot be told how far it is can still be told the result.
        let _ = match self.console.has_status() {
            true => self.console.status(&line),
            false => self.console.talk(Stream::Err, &format!("{line}\n")),
        };
        self.is_shown = true;
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if self.is_shown && self.console.has_status() {
            // As above.
            let _ = self.console.status("");
        }
    }
}

/// `Reading assignments: 3120 of 10000, 98/s, 1 min 10 s left`
fn line(step: Step, took: Duration) -> String {
    let Step { what, done, of } = step;
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    let (done, of) = (done as u64, of as u64);
    let rate = done * 1000 / millis;
    let left = match done {
        0 => None,
        done => Some(of.saturating_sub(done).saturating_mul(millis) / done / 1000),
    };
    let left = left.map_or_else(String::new, |seconds| match (seconds / 60, seconds % 60) {
        (0, seconds) => format!(", {seconds} s left"),
        (minutes, seconds) => format!(", {minutes} min {seconds} s left"),
    });
    format!("Reading {what}s: {done} of {of}, {rate}/s{left}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::line;
    use crate::tenant::Step;

    #[test]
    fn rate_and_remaining_time() {
        let check = |done, of, seconds, expect: &str| {
            let told = line(Step { what: "assignment", done, of }, Duration::from_secs(seconds));
            assert_eq!(told, expect);
        };
        check(3120, 10_000, 32, "Reading assignments: 3120 of 10000, 97/s, 1 min 10 s left");
        check(9_900, 10_000, 99, "Reading assignments: 9900 of 10000, 100/s, 1 s left");
        check(0, 10, 5, "Reading assignments: 0 of 10, 0/s");
    }
}
