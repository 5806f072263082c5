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

    /// A window, as far as its hours are looked at; none where nothing of it is.
    pub(super) fn within(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Option<(i64, i64)> {
        let from = from.map_or(self.from, |from| {
            (from.as_second() + i64::from(from.subsec_nanosecond() > 0)).max(self.from)
        });
        let to = to.map_or(self.to, |to| to.as_second().min(self.to));
        (from < to).then_some((from, to))
    }

    /// A window that comes again. What is further ahead than a year is taken for covered: what was
    /// so in every week so far will be so then.
    pub(super) fn again_and_again(&self, recurs: &Recurrence) -> Vec<(i64, i64)> {
        let year = self.from.saturating_add(YEAR);
        let ends = [instant(self.from), instant(self.to.min(year))];
        let [Some(from), Some(to)] = ends else { return Vec::new() };
        let known = |(from, to)| self.within(Some(from), Some(to));
        let mut all: Vec<_> = recurs.occurrences(from, to).into_iter().filter_map(known).collect();
        if self.to > year {
            all.push((year, self.to));
        }
        all
    }

    /// The hours of a stretch one by one, those of a year at most.
    pub(super) fn each(&self, from: i64, to: i64) -> impl Iterator<Item = (i64, i64)> {
        let last = to.min(from.saturating_add(YEAR));
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

    /// The whole hours of it. Who is there in a part of an hour only does not count; in an hour in
    /// which the level changes it is the lower one.
    pub(super) fn in_whole_hours(&self, hours: &Hours) -> Self {
        let mut whole = Vec::new();
        for run in self.0.chunk_by(|one, next| one.to == next.from) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let (begin, end) = (hours.ceil(first.from), hours.floor(last.to));
            for stretch in run {
                let (from, to) = (hours.ceil(stretch.from), hours.floor(stretch.to));
                if from < to {
                    whole.push(Stretch { from, to, level: stretch.level });
                }
                // The hour in which this one begins has parts of others.
                let (from, to) = (hours.floor(stretch.from), hours.floor(stretch.from) + HOUR);
                let own = run.iter().filter(|other| other.from < to && from < other.to);
                let lowest = own.map(|other| other.level).min();
                if let Some(level) =
                    lowest.filter(|_| from < stretch.from && begin <= from && to <= end)
                {
                    whole.push(Stretch { from, to, level });
                }
            }
        }
        Self::of(&whole)
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
            let stretch = found.map(|(from, to)| Stretch { from, to, level: 3 });
            let whole = Presence::of(stretch.as_slice()).in_whole_hours(&hours);
            let found = whole.stretches().first().map(|stretch| (stretch.from, stretch.to));
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
        assert_eq!(until("2035-01-08T09:00:00Z"), None);
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
    fn hours_are_made_whole_of_what_adjoins() {
        let hours = Hours { zone: TimeZone::UTC, from: i64::MIN, to: FOREVER };
        let check = |given: &[(i64, i64, u8)], expect: &[(i64, i64, u8)]| {
            // In half hours.
            let scaled = given.iter().map(|(from, to, level)| (from * 1800, to * 1800, *level));
            let whole = presence(&scaled.collect::<Vec<_>>()).in_whole_hours(&hours);
            let told = whole.stretches().iter().map(|s| (s.from / 1800, s.to / 1800, s.level));
            assert_eq!(told.collect::<Vec<_>>(), expect, "{given:?}");
        };
        check(&[(2, 6, 3)], &[(2, 6, 3)]);
        check(&[(1, 7, 3)], &[(2, 6, 3)]);
        check(&[(1, 2, 3)], &[]);
        check(&[(0, 3, 3), (3, 6, 3)], &[(0, 6, 3)]);
        check(&[(0, 3, 5), (3, 6, 2)], &[(0, 2, 5), (2, 6, 2)]);
        check(&[(0, 3, 2), (3, 6, 5)], &[(0, 4, 2), (4, 6, 5)]);
        check(&[(1, 3, 2), (3, 5, 5)], &[(2, 4, 2)]);
        check(&[(0, 3, 2), (4, 6, 5)], &[(0, 2, 2), (4, 6, 5)]);
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
