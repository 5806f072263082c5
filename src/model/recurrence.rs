//! Windows that come again: days of the week with local times, in a zone that may change its clocks.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// From an instant on, up to another one.
type Span = (Timestamp, Timestamp);

/// So many days ahead a next occurrence is looked for: five years.
const AHEAD: usize = 5 * 366;

/// One window on each of some days of the week: from a local time to a later one, or to that time
/// of the next day.
///
/// A local time means the first instant at which the clocks there show it, or are past it. So a time
/// that clocks skip is the moment at which they skip it, and of one that comes twice the first is
/// meant, where a window begins and where it ends. Later local times are then never earlier
/// instants: windows whose local times do not overlap share no instant, those that adjoin leave none
/// out, and none has a negative length. What would be empty, since clocks skip all of it, is no
/// occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    zone: TimeZone,
    /// Whether there is one on a day, Monday first.
    days: [bool; 7],
    from: Time,
    to: Time,
    except: BTreeSet<Date>,
}

impl Recurrence {
    /// Windows on these days from one local time to another; where that is not later, they end on
    /// the day after (24 hours later by the clock, where both are equal). None begins on a date in
    /// `except`.
    #[must_use]
    pub fn new(
        zone: TimeZone,
        days: impl IntoIterator<Item = Weekday>,
        from: Time,
        to: Time,
        except: BTreeSet<Date>,
    ) -> Self {
        let mut own = [false; 7];
        for day in days {
            own[index(day)] = true;
        }
        Self { zone, days: own, from, to, except }
    }

    /// The zone of its days and times.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The occurrences that overlap what is from one instant to another, in order. None overlaps
    /// another one.
    #[must_use]
    pub fn occurrences(&self, from: Timestamp, to: Timestamp) -> Vec<Span> {
        if to <= from {
            return Vec::new();
        }
        let until = self.day(to, 2);
        let dates = self.dates(from).take_while(|date| *date <= until);
        let all = dates.filter_map(|date| self.on(date));
        all.filter(|(start, end)| *start < to && *end > from).collect()
    }

    /// The occurrence that this instant is in, or else the next one; none where there is none
    /// within five years.
    #[must_use]
    pub fn current_or_next(&self, at: Timestamp) -> Option<Span> {
        let all = self.dates(at).take(AHEAD).filter_map(|date| self.on(date));
        let mut ahead = all.filter(|(_, end)| *end > at);
        ahead.next()
    }

    /// Whether this is exactly one of its occurrences.
    #[must_use]
    pub fn has(&self, from: Timestamp, to: Timestamp) -> bool {
        self.current_or_next(from) == Some((from, to))
    }

    /// The dates on which an occurrence may begin that ends after this instant.
    fn dates(&self, after: Timestamp) -> impl Iterator<Item = Date> {
        let first = self.day(after, -2);
        std::iter::successors(Some(first), |date| date.tomorrow().ok())
    }

    /// The local date of an instant, moved by some days: clocks that go back show a date again.
    fn day(&self, at: Timestamp, days: i64) -> Date {
        let date = self.zone.to_datetime(at).date();
        date.saturating_add(jiff::Span::new().days(days))
    }

    /// The occurrence that begins on a date.
    fn on(&self, date: Date) -> Option<Span> {
        if !self.days[index(date.weekday())] || self.except.contains(&date) {
            return None;
        }
        let last = if self.to <= self.from { date.tomorrow().ok()? } else { date };
        let start = self.instant(date.to_datetime(self.from))?;
        let end = self.instant(last.to_datetime(self.to))?;
        (start < end).then_some((start, end))
    }

    /// The first instant at which the clocks show this time or are past it.
    fn instant(&self, local: DateTime) -> Option<Timestamp> {
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok(),
            AmbiguousOffset::Gap { after, .. } => {
                // By the offset that is not valid yet, it is a moment before the clocks change.
                let earlier = after.to_timestamp(local).ok()?;
                let mut changes = self.zone.following(earlier);
                changes.find(|change| change.offset() == after).map(|change| change.timestamp())
            }
        }
    }
}

/// The days, times and zone: `mon-fri 08:00 to 17:00 Europe/Berlin`.
impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut day = 0;
        while day < 7 {
            let run = self.days[day..].iter().take_while(|is_on| **is_on).count();
            match run {
                0 => day += 1,
                // Two days are no range.
                1 | 2 => {
                    write!(f, "{separator}{}", DAYS[day])?;
                    (separator, day) = (",", day + 1);
                }
                _ => {
                    write!(f, "{separator}{}-{}", DAYS[day], DAYS[day + run - 1])?;
                    (separator, day) = (",", day + run);
                }
            }
        }
        let [from, to] = [self.from, self.to].map(short);
        write!(f, " {from} to {to} {}", self.zone.iana_name().unwrap_or_default())
    }
}

/// The days of the week as manifests have them, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn index(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or_default()
}

/// A local time without the seconds that it does not have.
fn short(time: Time) -> String {
    let text = time.to_string();
    text.strip_suffix(":00").map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests;
