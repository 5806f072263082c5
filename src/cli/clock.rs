//! The one home of the clock; everything else is told the time.

use std::time::Instant;

use jiff::Timestamp;

/// The time now, to the second: audits, plans and reports need no more.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the one home of the wall clock")]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// A point of the monotonic clock, to measure how long something took.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the one home of the monotonic clock")]
pub fn instant() -> Instant {
    Instant::now()
}

/// The time now, with all its digits: events need them.
#[must_use]
pub fn precise() -> Timestamp {
    Timestamp::try_from(system()).unwrap_or_default()
}

/// The wall clock with all its digits.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the one home of the wall clock")]
pub fn system() -> std::time::SystemTime {
    std::time::SystemTime::now()
}
