//! How long answers took, in bounded memory and right to less than one percent.

use std::time::Duration;

/// Each power of two of microseconds has so many buckets, as a power of two itself: a bucket is less
/// than 1/128 of its values wide, so that its middle is right to 0.4 %.
const FINE: u32 = 7;

/// Durations, counted by how long they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// As many as the longest duration needs: 26 KiB for an hour.
    buckets: Vec<u32>,
    count: u64,
    micros: u64,
    shortest: u64,
    longest: u64,
}

impl Histogram {
    /// Counts one.
    pub(super) fn add(&mut self, took: Duration) {
        // An hour is longer than any answer is waited for.
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).min(3_600_000_000);
        let index = bucket(micros);
        if index >= self.buckets.len() {
            self.buckets.resize(index + 1, 0);
        }
        self.buckets[index] = self.buckets[index].saturating_add(1);
        self.shortest = if self.count == 0 { micros } else { self.shortest.min(micros) };
        self.longest = self.longest.max(micros);
        self.count += 1;
        self.micros += micros;
    }

    /// Both together.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        if other.count == 0 {
            return self;
        }
        self.shortest = match self.count {
            0 => other.shortest,
            _ => self.shortest.min(other.shortest),
        };
        self.buckets.resize(self.buckets.len().max(other.buckets.len()), 0);
        for (own, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *own = own.saturating_add(*more);
        }
        self.longest = self.longest.max(other.longest);
        self.count += other.count;
        self.micros += other.micros;
        self
    }

    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How long they took in all.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_micros(self.micros)
    }

    /// What `percent` of them kept within, to less than one percent; none where there are none.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let rank = (self.count * percent).div_ceil(100).clamp(1, self.count.max(1));
        let mut seen = 0;
        let index = self.buckets.iter().position(|count| {
            seen += u64::from(*count);
            seen >= rank
        })?;
        Some(Duration::from_micros(middle(index).clamp(self.shortest, self.longest)))
    }
}

/// Which bucket a number of microseconds falls into.
fn bucket(micros: u64) -> usize {
    let octave = (u64::BITS - micros.leading_zeros()).saturating_sub(FINE + 1);
    // The leading bits beside the highest one; the octaves follow each other.
    ((octave as usize) << FINE) + (micros >> octave) as usize
}

/// The middle of a bucket's values.
fn middle(bucket: usize) -> u64 {
    let octave = (bucket >> FINE).saturating_sub(1);
    let first = ((bucket - (octave << FINE)) as u64) << octave;
    first + ((1 << octave) - 1) / 2
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Histogram, bucket, middle};

    #[test]
    fn buckets_follow_each_other_and_are_narrow() {
        let mut before = 0;
        for micros in (0..5000).chain((5000..4_000_000_000).step_by(99_991)) {
            let index = bucket(micros);
            assert!(index >= before && index < 4000, "{micros}");
            before = index;
            let off = middle(index).abs_diff(micros);
            assert!(off * 200 <= micros, "{micros} is {off} off");
            assert_eq!(bucket(middle(index)), index, "{micros}");
        }
        assert_eq!((0..256).map(bucket).collect::<Vec<_>>(), (0..256).collect::<Vec<_>>());
    }

    /// The percentiles of these, beside those of a sorted list.
    fn check(micros: impl Iterator<Item = u64>) {
        let mut sorted: Vec<u64> = micros.collect();
        let mut histogram = Histogram::default();
        for micros in &sorted {
            histogram.add(Duration::from_micros(*micros));
        }
        assert_eq!(histogram.count(), sorted.len() as u64);
        assert_eq!(histogram.sum(), Duration::from_micros(sorted.iter().sum()));
        sorted.sort_unstable();
        for percent in [1, 50, 95, 99, 100] {
            let exact = sorted[(sorted.len() * percent).div_ceil(100) - 1];
            let told = histogram.percentile(percent as u64).unwrap().as_micros() as u64;
            assert!(told.abs_diff(exact) * 100 < exact.max(1), "p{percent}: {told}, not {exact}");
        }
    }

    #[test]
    fn percentiles_are_those_of_a_sorted_list() {
        check(1..=100);
        check((1..=100).map(|n| n * 1000));
        check((1..=10_000).map(|n| n * n));
        check([41_237].into_iter());
        check([5, 60_000_000].into_iter());
        check(
            (0..5000)
                .map(|n: u64| (n * 7919) % 4096 + if n.is_multiple_of(100) { 900_000 } else { 0 }),
        );
        assert_eq!(Histogram::default().percentile(50), None);
    }

    #[test]
    fn one_value_is_told_exactly() {
        let mut histogram = Histogram::default();
        histogram.add(Duration::from_micros(41_237));
        assert_eq!(histogram.percentile(99), Some(Duration::from_micros(41_237)));
    }

    #[test]
    fn two_together_are_as_one() {
        let (mut odd, mut even, mut all) = <(Histogram, Histogram, Histogram)>::default();
        for n in 1..2000_u64 {
            let took = Duration::from_micros(n * 37);
            all.add(took);
            if n % 2 == 0 { even.add(took) } else { odd.add(took) }
        }
        assert_eq!(odd.clone().with(&even), all);
        assert_eq!(Histogram::default().with(&odd), odd);
        assert_eq!(odd.clone().with(&Histogram::default()), odd);
    }
}
