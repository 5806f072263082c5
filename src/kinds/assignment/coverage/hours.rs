//! Whole hours, and who is there in which of them. Instants are seconds since 1970.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::Recurrence;

/// What has no end.
pub(super) const FOREVER: i64 = i64::MAX;

const HOUR: i64 = 3600;
const YEAR: i64 = 366 * 24 * HOUR;

/// The hours that are looked at: from the first whole one on, in the zone whose clocks say when an
/// hour is whole.
#[derive(Clone, Debug)]
pub(super) struct Hours {
    pub(super) zone: TimeZone,
    /// Where the first whole hour begins.
    pub(super) from: i64,
    /// Where the last one ends; [`FOREVER`] for no end.
    pub(super) to: i64,
}

impl Hours {
    /// From the first whole hour at or after a time on, without an end.
    pub(super) fn from(now: Timestamp, zone: &TimeZone) -> Self {
        let hours = Self { zone: zone.clone(), from: i64::MIN, to: FOREVER };
        let second = now.as_second() + i64::from(now.subsec_nanosecond() > 0);
        Self { from: hours.ceil(second), ..hours }
    }

    /// The beginning of the hour that `second` is in.
    fn floor(&self, second: i64) -> i64 {
        let Ok(instant) = Timestamp::from_second(second) else { return second };
        let offset = i64::from(self.zone.to_offset(instant).seconds());
        second - (second + offset).rem_euclid(HOUR)
    }

    /// The beginning of the first hour that does not begin before `second`.
    fn ceil(&self, second: i64) -> i64 {
        match self.floor(second) {
            floor if floor == second => floor,
            floor => floor + HOUR,
        }
    }

    /// The whole hours of a window, as far as they are looked at; none where there is no whole one.
    pub(super) fn within(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Option<(i64, i64)> {
        let from = from.map_or(self.from, |from| {
            let second = from.as_second() + i64::from(from.subsec_nanosecond() > 0);
            self.ceil(second).max(self.from)
        });
        let to = to.map_or(self.to, |to| self.floor(to.as_second()).min(self.to));
        (from < to).then_some((from, to))
    }

    /// The whole hours of a window that comes again. What is further ahead than a year is taken for
    /// covered: what was so in every week so far will be so then.
    pub(super) fn again_and_again(&self, recurs: &Recurrence) -> Vec<(i64, i64)> {
        let year = self.from.saturating_add(YEAR);
        let ends = [instant(self.from), instant(self.to.min(year))];
        let [Some(from), Some(to)] = ends else { return Vec::new() };
        let whole = |(from, to)| self.within(Some(from), Some(to));
        let mut hours: Vec<_> =
            recurs.occurrences(from, to).into_iter().filter_map(whole).collect();
        if self.to > year {
            hours.push((year, self.to));
        }
        hours
    }

    /// The hours of a stretch one by one, no more than those of eight days: what is wanted of an
    /// hour is the same a week later.
    pub(super) fn each(&self, from: i64, to: i64) -> impl Iterator<Item = (i64, i64)> {
        const MOST: i64 = 8 * 24;
        let last = to.min(from.saturating_add(MOST * HOUR));
        let mut at = from;
        std::iter::from_fn(move || {
            let begin = at;
            (begin < last).then(|| {
                at = begin + HOUR;
                (begin, at.min(to))
            })
        })
    }
}

/// A time of so many seconds; none for [`FOREVER`].
pub(super) fn instant(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(second).ok()
}

/// Whole hours in which somebody can serve, and how well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stretch {
    pub(super) from: i64,
    pub(super) to: i64,
    /// The proficiency level; 0 where it is not known.
    pub(super) level: u8,
}

/// When somebody can serve: stretches in order that do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Presence(Vec<Stretch>);

impl Presence {
    /// The presence of whoever can serve in any of these stretches, as well as the best of them.
    pub(super) fn of(stretches: &[Stretch]) -> Self {
        let mut edges: Vec<i64> = stretches.iter().flat_map(|s| [s.from, s.to]).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut all: Vec<Stretch> = Vec::new();
        for (from, to) in edges.iter().zip(edges.iter().skip(1)) {
            let there = stretches.iter().filter(|s| s.from <= *from && *to <= s.to);
            let Some(level) = there.map(|stretch| stretch.level).max() else { continue };
            match all.last_mut().filter(|last| last.to == *from && last.level == level) {
                Some(last) => last.to = *to,
                None => all.push(Stretch { from: *from, to: *to, level }),
            }
        }
        Self(all)
    }

    pub(super) fn stretches(&self) -> &[Stretch] {
        &self.0
    }

    /// Whether somebody is there in a part of these hours, and not there with `other`.
    pub(super) fn misses(&self, from: i64, to: i64, other: &Presence) -> bool {
        let mut own = self.0.iter().filter(|own| own.from < to && from < own.to);
        own.any(|own| !other.covers(own.from.max(from), own.to.min(to)))
    }

    /// Whether somebody is there in all of these hours.
    fn covers(&self, from: i64, to: i64) -> bool {
        let mut at = from;
        for stretch in self.0.iter().filter(|stretch| stretch.to > from) {
            if stretch.from > at || at >= to {
                break;
            }
            at = stretch.to;
        }
        at >= to
    }
}

#[cfg(test)]
mod tests {
    use super::{FOREVER, Hours, Presence, Stretch};
    use jiff::tz::TimeZone;

    #[test]
    fn hours_are_whole_by_the_tenants_clocks() {
        let check = |zone: &str, from: &str, to: &str, expect: Option<(&str, &str)>| {
            let zone = TimeZone::get(zone).unwrap();
            let hours = Hours { zone, from: i64::MIN, to: FOREVER };
            let found = hours.within(Some(from.parse().unwrap()), Some(to.parse().unwrap()));
            let told = found.map(|(from, to)| {
                [from, to].map(|second| super::instant(second).unwrap().to_string())
            });
            let expect = expect.map(|(from, to)| [from.to_owned(), to.to_owned()]);
            assert_eq!(told, expect, "{from} to {to}");
        };
        let (z, nine) = ("UTC", "2035-01-08T09:00:00Z");
        check(z, "2035-01-08T08:00:00Z", nine, Some(("2035-01-08T08:00:00Z", nine)));
        check(
            z,
            "2035-01-08T07:30:00Z",
            "2035-01-08T09:59:59Z",
            Some(("2035-01-08T08:00:00Z", nine)),
        );
        check(z, "2035-01-08T08:00:00.5Z", nine, None);
        check(z, "2035-01-08T08:15:00Z", "2035-01-08T09:45:00Z", None);
        // Half an hour east of UTC the clocks strike at half past.
        let half = ("2035-01-08T08:30:00Z", "2035-01-08T10:30:00Z");
        check("Asia/Kolkata", "2035-01-08T08:00:00Z", "2035-01-08T11:00:00Z", Some(half));
    }

    #[test]
    fn nothing_is_looked_at_before_the_first_whole_hour() {
        let zone = TimeZone::UTC;
        let hours = Hours::from("2035-01-08T08:00:01Z".parse().unwrap(), &zone);
        assert_eq!(super::instant(hours.from).unwrap().to_string(), "2035-01-08T09:00:00Z");
        assert_eq!(hours.within(None, None), Some((hours.from, FOREVER)));
        let until = |to: &str| hours.within(None, Some(to.parse().unwrap()));
        assert_eq!(until("2035-01-08T09:59:59Z"), None);
        assert_eq!(until("2035-01-08T10:00:00Z"), Some((hours.from, hours.from + 3600)));
    }

    fn presence(stretches: &[(i64, i64, u8)]) -> Presence {
        let stretch =
            |(from, to, level): &(i64, i64, u8)| Stretch { from: *from, to: *to, level: *level };
        Presence::of(&stretches.iter().map(stretch).collect::<Vec<_>>())
    }

    #[test]
    fn the_best_level_counts_where_two_overlap() {
        let check = |given: &[(i64, i64, u8)], expect: &[(i64, i64, u8)]| {
            let told: Vec<_> =
                presence(given).stretches().iter().map(|s| (s.from, s.to, s.level)).collect();
            assert_eq!(told, expect);
        };
        check(&[], &[]);
        check(&[(1, 4, 3), (2, 6, 5)], &[(1, 2, 3), (2, 6, 5)]);
        check(&[(1, 6, 3), (2, 4, 5)], &[(1, 2, 3), (2, 4, 5), (4, 6, 3)]);
        check(&[(1, 2, 3), (2, 3, 3), (5, 6, 0)], &[(1, 3, 3), (5, 6, 0)]);
    }

    #[test]
    fn who_is_missing_was_there() {
        let check = |own: &[(i64, i64, u8)], other: &[(i64, i64, u8)], expect: bool| {
            assert_eq!(presence(own).misses(10, 20, &presence(other)), expect);
        };
        check(&[(0, 30, 3)], &[], true);
        check(&[(0, 10, 3)], &[], false);
        check(&[(0, 30, 3)], &[(0, 15, 3), (15, 30, 1)], false);
        check(&[(0, 30, 3)], &[(0, 14, 3), (15, 30, 3)], true);
        check(&[(12, 14, 3)], &[(11, 14, 3)], false);
        check(&[(12, 14, 3)], &[(13, 30, 3)], true);
    }
}
