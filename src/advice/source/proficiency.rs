//! Proficiency from an agent's talk time, handle time and resolution rate.

use crate::facts::AgentFigures;

/// Talk time divided by handle time, 0 where handle time is 0. What is missing counts as 0: that is
/// what the sources make of it.
#[must_use]
pub fn efficiency(figures: &AgentFigures) -> f64 {
    let handle = figures.handle.unwrap_or(0.0);
    if handle > 0.0 { figures.talk.unwrap_or(0.0) / handle } else { 0.0 }
}

/// The level that an agent's figures speak for; none at all are level 3. A resolution rate that is
/// missing counts as 0.5.
#[must_use]
pub fn proposed_level(figures: Option<&AgentFigures>) -> i64 {
    const NO_DATA: i64 = 3;
    const NO_RATE: f64 = 0.5;
    let Some(figures) = figures else { return NO_DATA };
    let efficiency = efficiency(figures);
    let resolved = figures.resolution.unwrap_or(NO_RATE);
    match () {
        () if efficiency > 0.85 && resolved > 0.75 => 5,
        () if efficiency > 0.70 && resolved > 0.60 => 4,
        () if efficiency > 0.55 => 3,
        () => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::{AgentFigures, proposed_level};

    fn check(talk: Option<f64>, handle: Option<f64>, resolution: Option<f64>, expect: i64) {
        let figures = AgentFigures { talk, handle, resolution };
        assert_eq!(proposed_level(Some(&figures)), expect, "{figures:?}");
    }

    #[test]
    fn every_boundary() {
        let of = |talk: f64, resolution: f64, expect: i64| {
            check(Some(talk), Some(100_000.0), Some(resolution), expect);
        };
        // Efficiency, with a resolution rate that stands in the way of nothing.
        of(85_001.0, 1.0, 5);
        of(85_000.0, 1.0, 4);
        of(84_999.0, 1.0, 4);
        of(70_001.0, 1.0, 4);
        of(70_000.0, 1.0, 3);
        of(69_999.0, 1.0, 3);
        of(55_001.0, 1.0, 3);
        of(55_000.0, 1.0, 2);
        of(54_999.0, 1.0, 2);
        of(0.0, 1.0, 2);
        // Resolution rate, with an efficiency that stands in the way of nothing.
        of(100_000.0, 0.750_001, 5);
        of(100_000.0, 0.75, 4);
        of(100_000.0, 0.749_999, 4);
        of(100_000.0, 0.600_001, 4);
        of(100_000.0, 0.6, 3);
        of(100_000.0, 0.599_999, 3);
        of(100_000.0, 0.0, 3);
        // Both are asked for.
        of(85_001.0, 0.6, 3);
        of(85_000.0, 0.76, 4);
        of(70_001.0, 0.61, 4);
        of(70_001.0, 0.76, 4);
        // More talk than handling is no mistake of ours.
        of(120_000.0, 0.9, 5);
    }

    #[test]
    fn what_is_missing() {
        assert_eq!(proposed_level(None), 3);
        let half = Some(0.5);
        check(None, None, None, 2);
        check(None, Some(100.0), Some(1.0), 2);
        check(Some(90.0), None, Some(1.0), 2);
        check(Some(90.0), Some(0.0), Some(1.0), 2);
        check(Some(90.0), Some(-1.0), Some(1.0), 2);
        // No rate is half, which is over no boundary but efficiency's own.
        check(Some(90.0), Some(100.0), None, 3);
        check(Some(90.0), Some(100.0), half, 3);
        check(Some(55.0), Some(100.0), None, 2);
        check(Some(56.0), Some(100.0), None, 3);
    }
}
