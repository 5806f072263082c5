//! What a run counted.

use std::collections::BTreeMap;
use std::time::Duration;

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
    /// How long each answer took, in microseconds.
    latencies: Vec<u32>,
}

impl Figures {
    /// Counts one answer; status 0 for none.
    pub(super) fn count(&mut self, status: u16, took: Duration) {
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
        self.latencies.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// The latency that `percent` of the answers kept within; none without answers.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Option<Duration> {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
        sorted.get(rank).map(|micros| Duration::from_micros(u64::from(*micros)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Figures;

    #[test]
    fn percentiles() {
        let mut figures = Figures::default();
        assert_eq!(figures.percentile(50), None);
        for millis in 1..=100 {
            figures.count(200, Duration::from_millis(millis));
        }
        for (percent, millis) in [(50, 50), (95, 95), (99, 99)] {
            assert_eq!(figures.percentile(percent), Some(Duration::from_millis(millis)));
        }
    }
}
