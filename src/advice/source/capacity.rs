//! Capacity from a queue's waits and abandoned calls.

use crate::facts::QueueDay;

/// Beyond which mean wait, in milliseconds, a queue is too small.
const WAIT: f64 = 30_000.0;
/// Beyond which mean share of abandoned calls.
const ABANDONED: f64 = 0.05;
/// Three days of 5 % are 5 % and not, by the last bit of a sum in binary, a hair more.
const TINY: f64 = 1e-12;

/// What the days of a queue come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strain {
    /// The mean of the days' waits, in milliseconds.
    pub wait: f64,
    /// The mean of the days' shares of abandoned calls.
    pub abandoned: f64,
}

impl Strain {
    /// The means over the days; none where there is no day. What a day does not tell counts as 0, and
    /// the day counts: that is what the sources make of it.
    #[must_use]
    pub fn of(days: &[QueueDay]) -> Option<Self> {
        #[expect(clippy::cast_precision_loss, reason = "days of a week")]
        let count = (!days.is_empty()).then_some(days.len() as f64)?;
        let mean = |of: fn(&QueueDay) -> Option<f64>| {
            let figures = days.iter().map(|day| of(day).unwrap_or(0.0));
            match figures.clone().sum::<f64>() {
                sum if sum.is_finite() => sum / count,
                // A sum may be beyond all numbers where the mean is not.
                _ => figures.map(|figure| figure / count).sum(),
            }
        };
        Some(Self { wait: mean(|day| day.wait), abandoned: mean(|day| day.abandon) })
    }

    /// Whether calls wait too long.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        self.wait > WAIT * (1.0 + TINY)
    }

    /// Whether too many callers hang up.
    #[must_use]
    pub fn loses(&self) -> bool {
        self.abandoned > ABANDONED * (1.0 + TINY)
    }
}

/// The capacity that a queue's days speak for: a tenth more, rounded down, where calls wait too long
/// or too many callers hang up.
#[must_use]
pub fn proposed_capacity(current: i64, strain: Option<&Strain>) -> i64 {
    match strain {
        Some(strain) if strain.is_slow() || strain.loses() => current.saturating_mul(11) / 10,
        _ => current,
    }
}

#[cfg(test)]
mod tests {
    use super::{QueueDay, Strain, proposed_capacity};

    fn day(wait: Option<f64>, abandon: Option<f64>) -> QueueDay {
        QueueDay { wait, abandon, ..QueueDay::default() }
    }

    fn check(days: &[QueueDay], expect: i64) {
        let answer = proposed_capacity(100, Strain::of(days).as_ref());
        assert_eq!(answer, expect, "{days:?}");
    }

    #[test]
    fn every_boundary() {
        let of = |wait: f64, abandon: f64, expect: i64| {
            for count in 1..=7 {
                check(&vec![day(Some(wait), Some(abandon)); count], expect);
            }
        };
        of(29_999.0, 0.0, 100);
        of(30_000.0, 0.0, 100);
        of(30_001.0, 0.0, 110);
        of(0.0, 0.049_999, 100);
        of(0.0, 0.05, 100);
        of(0.0, 0.050_001, 110);
        of(30_001.0, 0.2, 110);
        of(30_000.0, 0.05, 100);
    }

    #[test]
    fn means_are_over_all_rows() {
        let busy = day(Some(60_000.0), Some(0.1));
        check(&[busy.clone(), day(Some(0.0), Some(0.0))], 100);
        check(&[busy.clone(), day(Some(2.0), None)], 110);
        check(&[busy.clone(), day(None, None)], 100);
        check(&[busy.clone(), day(None, Some(0.000_1))], 110);
        check(&[busy, day(None, None), day(None, None)], 100);
        check(&[day(None, None)], 100);
        check(&[], 100);
        let endless = [day(Some(f64::MAX), None), day(Some(f64::MAX), None)];
        assert_eq!(Strain::of(&endless).map(|strain| strain.wait), Some(f64::MAX));
    }

    #[test]
    fn a_tenth_more_is_rounded_down() {
        let strain = Strain { wait: 30_001.0, abandoned: 0.0 };
        for (current, expect) in [(1, 1), (9, 9), (10, 11), (19, 20), (20, 22), (99, 108)] {
            assert_eq!(proposed_capacity(current, Some(&strain)), expect, "{current}");
        }
        // What the sources compute with decimals, for every capacity that there is.
        for current in 1..=5000_i64 {
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
            let sources = (current as f64 * 1.10) as i64;
            assert_eq!(proposed_capacity(current, Some(&strain)), sources, "{current}");
        }
    }
}
