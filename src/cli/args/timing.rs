//! For which time a plan is made, and how far ahead it looks.

use std::fmt;

use clap::Args;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What a plan has to do with time.
#[derive(Clone, Debug, Default, Args)]
pub(in super::super) struct Timing {
    /// Plan for this time instead of now: 2026-11-23T08:00:00+01:00, or 2026-11-23T08:00 in the
    /// tenant's zone
    #[arg(long, value_name = "TIME", value_parser = At::parse)]
    pub(in super::super) at: Option<At>,
    /// Show what opens, ends and expires within this time: 24h, 7d, 2w
    #[arg(long, value_name = "DURATION", value_parser = Ahead::parse)]
    pub(in super::super) timeline: Option<Ahead>,
}

impl Timing {
    /// Whether anything of it was said.
    pub(super) fn is_said(&self) -> bool {
        self.at.is_some() || self.timeline.is_some()
    }
}

/// A time as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum At {
    /// With an offset, it is an instant.
    Instant(Timestamp, String),
    /// Without, it is a local time of some zone.
    Local(DateTime, String),
}

impl At {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        // A date is no time, although it would be read as its midnight.
        let has_time = text.contains(':');
        let instant = text.parse().ok().map(|at| Self::Instant(at, text.to_owned()));
        let local = || text.parse().ok().map(|at| Self::Local(at, text.to_owned()));
        instant.or_else(local).filter(|_| has_time).ok_or_else(|| {
            "write it as 2026-11-23T08:00:00Z, with an offset, or as 2026-11-23T08:00 in the \
             tenant's zone"
                .to_owned()
        })
    }

    /// The instant; a local time is of this zone. None where that is out of range.
    pub(in super::super) fn instant(&self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Instant(at, _) => Some(*at),
            Self::Local(at, _) => zone.to_timestamp(*at).ok(),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Instant(_, text) | Self::Local(_, text)) = self;
        f.write_str(text)
    }
}

/// How far ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct Ahead(pub(in super::super) SignedDuration);

impl Ahead {
    /// The longest, in hours: a year.
    const MOST: u32 = 366 * 24;

    fn parse(text: &str) -> Result<Self, String> {
        let hours = |unit| match unit {
            'h' => Some(1),
            'd' => Some(24),
            'w' => Some(7 * 24),
            _ => None,
        };
        let parts = text.chars().last().and_then(|unit| Some((unit, hours(unit)?)));
        let count = parts.and_then(|(unit, hours)| {
            text.strip_suffix(unit)?.parse::<u32>().ok()?.checked_mul(hours)
        });
        match count {
            Some(hours @ 1..=Self::MOST) => Ok(Self(SignedDuration::from_hours(hours.into()))),
            _ => Err("write a number of hours, days or weeks up to a year, such as 24h, 7d or 2w"
                .to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{Ahead, At};

    #[test]
    fn a_time_has_an_offset_or_is_the_tenants() {
        let check = |text: &str, expect: &str| {
            let zone = TimeZone::get("Europe/Berlin").unwrap();
            let at = At::parse(text).map(|at| {
                assert_eq!(at.to_string(), text);
                at.instant(&zone).unwrap().to_string()
            });
            assert_eq!(at.as_deref().unwrap_or("wrong"), expect, "{text}");
        };
        check("2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z");
        check("2026-11-23T08:00+05:30", "2026-11-23T02:30:00Z");
        check("2026-11-23T08:00", "2026-11-23T07:00:00Z");
        check("2026-11-23 08:00", "2026-11-23T07:00:00Z");
        check("2026-07-23T08:00:30", "2026-07-23T06:00:30Z");
        for wrong in ["", "now", "08:00", "2026-11-23", "2026-02-29T08:00", "2026-11-23T25:00Z"] {
            check(wrong, "wrong");
        }
    }

    #[test]
    fn a_duration_is_hours_days_or_weeks() {
        let check = |text: &str, expect: Option<i64>| {
            assert_eq!(Ahead::parse(text).ok().map(|ahead| ahead.0.as_hours()), expect, "{text}");
        };
        check("24h", Some(24));
        check("7d", Some(168));
        check("2w", Some(336));
        check("366d", Some(8784));
        for wrong in ["", "h", "7", "0d", "-1d", "1.5d", "7 d", "367d", "4294967295w", "7ü", "1m"]
        {
            check(wrong, None);
        }
    }
}
