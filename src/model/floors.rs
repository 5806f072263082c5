//! The fewest agents that a project wants for a queue in an hour.

use std::collections::BTreeSet;

use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::{Address, Pattern, Place};

/// The fewest agents who may be left to serve a queue in an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floors {
    /// For every queue and hour of which nothing else is said.
    pub fewest: u32,
    /// Where the project says so; none for the default.
    pub place: Option<Place>,
    /// For some; the last one that fits counts.
    pub special: Vec<Floor>,
}

/// The fewest agents for some queues, in some hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The queues.
    pub queues: Pattern,
    /// How many.
    pub fewest: u32,
    /// The days of the tenant's week on which it holds.
    pub days: BTreeSet<u8>,
    /// From when to when on such a day, in the tenant's zone; what ends before it begins ends on
    /// the next day. None for the whole day.
    pub hours: Option<(Time, Time)>,
    /// Where the project says so.
    pub place: Place,
}

impl Default for Floors {
    /// One agent, for every queue in every hour.
    fn default() -> Self {
        Self { fewest: 1, place: None, special: Vec::new() }
    }
}

impl Floors {
    /// Whether what is wanted for a queue is not the same in every hour.
    #[must_use]
    pub fn vary(&self, queue: &Address) -> bool {
        self.special.iter().any(|floor| floor.queues.matches(queue) && !floor.is_always())
    }

    /// The fewest agents for a queue in the hour that begins at `hour`, and where that is said.
    #[must_use]
    pub fn at(&self, queue: &Address, hour: Timestamp, zone: &TimeZone) -> (u32, Option<&Place>) {
        let local = zone.to_datetime(hour);
        let fits = |floor: &&Floor| floor.queues.matches(queue) && floor.holds_at(local);
        match self.special.iter().rev().find(fits) {
            Some(floor) => (floor.fewest, Some(&floor.place)),
            None => (self.fewest, self.place.as_ref()),
        }
    }
}

impl Floor {
    fn is_always(&self) -> bool {
        self.days.len() == 7 && self.hours.is_none()
    }

    /// Whether an hour that begins at `local` is one of its hours, whole or in part.
    fn holds_at(&self, local: DateTime) -> bool {
        let is_day = |day: Weekday| self.days.contains(&weekday_number(day));
        let Some((from, to)) = self.hours else { return is_day(local.weekday()) };
        let (begins, ends) = (local.time(), local.time().saturating_add(1.hour()));
        let (today, yesterday) = (local.weekday(), local.weekday().previous());
        if from < to {
            return is_day(today) && begins < to && ends > from;
        }
        // Over midnight, or from a time to the same on the next day.
        (is_day(today) && ends > from) || (is_day(yesterday) && begins < to)
    }
}

/// A day's number from Monday, 1 to 7.
#[must_use]
pub fn weekday_number(day: Weekday) -> u8 {
    day.to_monday_one_offset().unsigned_abs()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{Floor, Floors};
    use crate::model::{Pattern, Place};

    fn floor(queues: &str, fewest: u32, days: &[u8], hours: Option<(&str, &str)>) -> Floor {
        let hours = hours.map(|(from, to)| (from.parse().unwrap(), to.parse().unwrap()));
        let days = days.iter().copied().collect();
        let queues = Pattern::parse(queues).unwrap();
        Floor { queues, fewest, days, hours, place: Place::of_file("cxform.yaml") }
    }

    #[test]
    fn the_last_floor_that_fits_counts() {
        const ALL: [u8; 7] = [1, 2, 3, 4, 5, 6, 7];
        let floors = Floors {
            special: vec![
                floor("queue/Emer*", 3, &ALL, None),
                floor("queue/Emergency", 5, &[1, 2], Some(("08:00", "18:00"))),
                floor("queue/Night", 2, &[5], Some(("22:00", "06:00"))),
            ],
            ..Floors::default()
        };
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // 2035-01-08 is a Monday.
        let check = |queue: &str, local: &str, expect: u32| {
            let time = local.parse::<jiff::civil::DateTime>().unwrap();
            let hour = zone.to_timestamp(time).unwrap();
            let address = queue.parse().unwrap();
            assert_eq!(floors.at(&address, hour, &zone).0, expect, "{queue} {local}");
        };
        check("queue/Billing", "2035-01-08T09:00", 1);
        check("queue/Emergency", "2035-01-08T07:00", 3);
        check("queue/Emergency", "2035-01-08T08:00", 5);
        check("queue/Emergency", "2035-01-08T17:00", 5);
        check("queue/Emergency", "2035-01-08T18:00", 3);
        check("queue/Emergency", "2035-01-10T09:00", 3);
        check("queue/Night", "2035-01-12T21:00", 1);
        check("queue/Night", "2035-01-12T23:00", 2);
        check("queue/Night", "2035-01-13T05:00", 2);
        check("queue/Night", "2035-01-13T06:00", 1);
        check("queue/Night", "2035-01-12T05:00", 1);
        assert!(floors.vary(&"queue/Emergency".parse().unwrap()));
        assert!(!floors.vary(&"queue/Emerald".parse().unwrap()));
    }
}
