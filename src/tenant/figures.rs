//! What a run counted.

use std::collections::BTreeMap;
use std::time::Duration;

use super::histogram::Histogram;

/// Requests, retries, waits and latencies of one process and tenant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Requests sent, tokens and retries included.
    pub requests: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// How long requests waited for the limit, in all.
    pub waited: Duration,
    /// Answers by class: `2xx`, `4xx`, `429`, `5xx`, `broken`.
    pub classes: BTreeMap<&'static str, u64>,
    /// How long answers to reads took, and to requests for a token.
    pub reads: Histogram,
    /// How long answers to writes took.
    pub writes: Histogram,
}

impl Figures {
    /// Counts one answer; status 0 for none.
    pub(super) fn count(&mut self, writes: bool, status: u16, took: Duration) {
        self.requests += 1;
        let class = match status {
            0 => "broken",
            200..=299 => "2xx",
            409 | 412 => "conflict",
            429 => "429",
            400..=499 => "4xx",
            500..=599 => "5xx",
            _ => "other",
        };
        *self.classes.entry(class).or_default() += 1;
        if writes { &mut self.writes } else { &mut self.reads }.add(took);
    }

    /// How long all answers took.
    #[must_use]
    pub fn latency(&self) -> Histogram {
        self.reads.clone().with(&self.writes)
    }

    /// Answers that were no success, by class.
    pub fn errors(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let classes = self.classes.iter().filter(|(class, _)| **class != "2xx");
        classes.map(|(class, count)| (*class, *count))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Figures;

    #[test]
    fn classes_and_latencies() {
        let mut figures = Figures::default();
        for (writes, status) in [
            (false, 200),
            (true, 201),
            (true, 412),
            (true, 409),
            (false, 429),
            (true, 422),
            (true, 0),
        ] {
            figures.count(writes, status, Duration::from_millis(if writes { 20 } else { 10 }));
        }
        let errors: Vec<_> = figures.errors().collect();
        assert_eq!(errors, [("429", 1), ("4xx", 1), ("broken", 1), ("conflict", 2)]);
        assert_eq!((figures.requests, figures.latency().count()), (7, 7));
        assert_eq!(figures.reads.percentile(99), Some(Duration::from_millis(10)));
        assert_eq!(figures.writes.percentile(50), Some(Duration::from_millis(20)));
    }
}
