//! How far a long reading or an apply has come: a line that moves on a terminal, a line now and then
//! elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::clock;
use super::console::{Console, Stream};
use super::figures::{grouped, span};
use crate::plan::{Change, Outcome, OutcomeStatus};
use crate::tenant::{Retry, Step, Watching};

/// How often the line of a terminal moves.
const MOVES: Duration = Duration::from_millis(200);
/// How often a log gets a line.
const LOGS: Duration = Duration::from_secs(10);
/// How wide the bar is where there is room.
const BAR: u64 = 20;

/// Tells how far it is, with rate and remaining time.
pub(super) struct Progress<'c> {
    console: &'c mut Console,
    what: &'static str,
    begun: Instant,
    told: Instant,
    is_shown: bool,
}

/// How far it is.
struct State {
    doing: String,
    done: u64,
    of: u64,
    took: Duration,
    /// `2 failed, 5 retries`.
    beside: String,
}

/// Counts what happens in an apply.
#[derive(Debug, Default)]
pub(super) struct Tally {
    ended: AtomicU64,
    failed: AtomicU64,
    retries: AtomicU64,
}

impl<'c> Progress<'c> {
    pub(super) fn new(console: &'c mut Console) -> Self {
        let now = clock::instant();
        Self { console, what: "", begun: now, told: now, is_shown: false }
    }

    /// Takes note of a step; tells it where it is time to.
    pub(super) fn tell(&mut self, step: Step) {
        let now = clock::instant();
        let Step { what, done, of } = step;
        if self.what != what {
            (self.what, self.begun, self.told) = (what, now, now);
        }
        if now.duration_since(self.told) >= self.every() {
            let doing = format!("Reading {what}s");
            let (done, of) = (done as u64, of as u64);
            self.show(&State { doing, done, of, took: self.took(now), beside: String::new() });
        }
    }

    /// Follows an apply of so many changes to its end.
    pub(super) async fn follow<T>(
        mut self,
        tally: &Tally,
        of: usize,
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(self.every(), work.as_mut()).await {
                Err(_) => self.show(&tally.state(of, self.took(clock::instant()))),
                Ok(ended) => {
                    if self.is_shown && !self.console.has_status() {
                        // Who read that it goes on reads how far it came.
                        self.show(&tally.state(of, self.took(clock::instant())));
                    }
                    return ended;
                }
            }
        }
    }

    fn took(&self, now: Instant) -> Duration {
        now.duration_since(self.begun)
    }

    fn every(&self) -> Duration {
        if self.console.has_status() { MOVES } else { LOGS }
    }

    fn show(&mut self, state: &State) {
        self.told = clock::instant();
        // Who cannot be told how far it is can still be told the result.
        let _ = match self.console.has_status() {
            true => {
                let width = self.console.width();
                self.console.status(&state.line(width))
            }
            false => self.console.talk(Stream::Err, &format!("{}\n", state.text())),
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

impl State {
    /// `Applying  1,234 of 3,000  [########------------]  98/s  18 s left  (2 failed, 5 retries)`, as
    /// far as there is room.
    fn line(&self, width: usize) -> String {
        let [done, rate, left, beside] = self.parts();
        let full = self.done.min(self.of) * BAR / self.of.max(1);
        let count = |number: u64| usize::try_from(number).unwrap_or_default();
        let bar =
            format!("[{}{}]", "#".repeat(count(full)), "-".repeat(count(BAR.saturating_sub(full))));
        let ways = [
            vec![&done, &bar, &rate, &left, &beside],
            vec![&done, &rate, &left, &beside],
            vec![&done, &left, &beside],
            vec![&done, &left],
            vec![&done],
        ];
        // The last column stays free: some terminals wrap when it is written.
        let room = width.saturating_sub(1);
        let lines = ways.into_iter().map(|parts| joined(&parts));
        let fits = lines.clone().find(|line| line.chars().count() <= room);
        fits.unwrap_or_else(|| done.chars().take(room).collect())
    }

    /// The same without a bar, for a log.
    fn text(&self) -> String {
        let [done, rate, left, beside] = self.parts();
        joined(&[&done, &rate, &left, &beside])
    }

    fn parts(&self) -> [String; 4] {
        let Self { doing, done, of, took, beside } = self;
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = done.saturating_mul(1000) / millis;
        let left = match of.saturating_sub(*done).saturating_mul(millis).checked_div(*done) {
            // Whole seconds: a tenth would only flicker.
            Some(left) => format!("{} left", span(Duration::from_secs(left / 1000))),
            None => String::new(),
        };
        let beside = if beside.is_empty() { String::new() } else { format!("({beside})") };
        let done = format!("{doing}  {} of {}", grouped(*done), grouped(*of));
        [done, format!("{}/s", grouped(rate)), left.replace(".0 s", " s"), beside]
    }
}

fn joined(parts: &[&String]) -> String {
    let parts: Vec<&str> =
        parts.iter().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
    parts.join("  ")
}

impl Tally {
    fn state(&self, of: usize, took: Duration) -> State {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (failed, retries) = (count(&self.failed), count(&self.retries));
        let mut beside = Vec::new();
        if failed > 0 {
            beside.push(format!("{} failed", grouped(failed)));
        }
        if retries > 0 {
            let word = if retries == 1 { "retry" } else { "retries" };
            beside.push(format!("{} {word}", grouped(retries)));
        }
        State {
            doing: "Applying".to_owned(),
            done: count(&self.ended),
            of: of as u64,
            took,
            beside: beside.join(", "),
        }
    }
}

impl Watching for Tally {
    fn started(&self, _: &Change) {}

    fn finished(&self, outcome: &Outcome, _: Option<&str>) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        if !matches!(outcome.status, OutcomeStatus::Done | OutcomeStatus::Already) {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn retried(&self, _: &Retry<'_>) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    fn held_back(&self, _: Duration) {}
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Progress, State, Tally};
    use crate::cli::console::Console;
    use crate::cli::events::line::tests::outcome;
    use crate::cli::events::tests::Shared;
    use crate::plan::OutcomeStatus;
    use crate::tenant::{Retry, Watching as _};

    fn state(doing: &str, done: u64, of: u64, seconds: u64, beside: &str) -> State {
        let (doing, beside) = (doing.to_owned(), beside.to_owned());
        State { doing, done, of, took: Duration::from_secs(seconds), beside }
    }

    #[test]
    fn rate_and_remaining_time() {
        let check = |done, of, seconds, expect: &str| {
            assert_eq!(state("Reading assignments", done, of, seconds, "").text(), expect);
        };
        let minute = "Reading assignments  3,120 of 10,000  97/s  1 min 10 s left";
        check(3120, 10_000, 32, minute);
        check(9_900, 10_000, 99, "Reading assignments  9,900 of 10,000  100/s  1 s left");
        check(0, 10, 5, "Reading assignments  0 of 10  0/s");
        check(10, 10, 1, "Reading assignments  10 of 10  10/s  0 s left");
        check(0, 0, 0, "Reading assignments  0 of 0  0/s");
    }

    #[test]
    fn a_line_fits_its_terminal() {
        let state = state("Applying", 1234, 3000, 12, "2 failed, 5 retries");
        let whole = "Applying  1,234 of 3,000  [########------------]  102/s  17 s left  \
                     (2 failed, 5 retries)";
        for (width, expect) in [
            (200, whole),
            (whole.len() + 1, whole),
            (whole.len(), "Applying  1,234 of 3,000  102/s  17 s left  (2 failed, 5 retries)"),
            (64, "Applying  1,234 of 3,000  17 s left  (2 failed, 5 retries)"),
            (50, "Applying  1,234 of 3,000  17 s left"),
            (30, "Applying  1,234 of 3,000"),
            (11, "Applying  "),
            (0, ""),
        ] {
            assert_eq!(state.line(width), expect, "{width}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_log_gets_a_line_every_ten_seconds_and_one_at_the_end() {
        let lines = |seconds| async move {
            let err = Shared::default();
            let mut console = Console::of_streams(Vec::new(), err.clone(), None);
            let work = tokio::time::sleep(Duration::from_secs(seconds));
            Progress::new(&mut console).follow(&Tally::default(), 7, work).await;
            let text = err.0.lock().unwrap().clone();
            assert!(text.lines().all(|line| line.starts_with("Applying  0 of 7  ")), "{text}");
            text.lines().count()
        };
        assert_eq!([lines(9).await, lines(25).await, lines(61).await], [0, 3, 7]);
    }

    #[test]
    fn what_happens_is_counted() {
        let tally = Tally::default();
        let text = || tally.state(4, Duration::from_secs(1)).text();
        tally.finished(&outcome("queue/a", OutcomeStatus::Done), None);
        tally.finished(&outcome("queue/b", OutcomeStatus::Already), None);
        assert_eq!(text(), "Applying  2 of 4  2/s  1 s left");
        tally.finished(&outcome("queue/c", OutcomeStatus::Conflict), None);
        let retry = Retry { request: "GET /", status: None, why: None, wait: Duration::ZERO };
        tally.retried(&retry);
        assert_eq!(text(), "Applying  3 of 4  3/s  0 s left  (1 failed, 1 retry)");
    }
}
