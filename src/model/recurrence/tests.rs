//! Tables, and what must hold in every zone, whatever its clocks do.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Recurrence, Span};

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// Zones of all sorts: half hours, changes at midnight, at Ramadan, over the date line, none.
const ZONES: &[&str] = &[
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Africa/Juba",
    "America/Asuncion",
    "America/Caracas",
    "America/Havana",
    "America/Mexico_City",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Scoresbysund",
    "America/St_Johns",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Amman",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Volgograd",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Fakaofo",
    "Pacific/Kiritimati",
];

/// Local times from one to another, of one day or over midnight.
const TIMES: &[(&str, &str)] = &[
    ("08:00", "17:00"),
    ("22:00", "06:00"),
    ("00:00", "00:00"),
    ("02:30", "02:30"),
    ("23:30", "00:30"),
    ("02:15", "02:45"),
    ("02:45", "02:15"),
    ("00:15", "00:45"),
    ("01:30", "02:30"),
    ("12:00", "00:15"),
];

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn every_day(name: &str, from: &str, to: &str) -> Recurrence {
    Recurrence::new(zone(name), WEEK, time(from), time(to), BTreeSet::new())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The years in which all zones are looked at: those of the date line's move, and later ones.
fn decades() -> [Span; 2] {
    let years = [("2008", "2018"), ("2024", "2034")];
    years.map(|(a, b)| (at(&format!("{a}-01-01T00:00Z")), at(&format!("{b}-01-01T00:00Z"))))
}

/// When the clocks of a zone change within ten years, twice over.
fn changes(zone: &TimeZone) -> Vec<Timestamp> {
    let within = |(from, to): Span| {
        let following = zone.following(from).map(|change| change.timestamp());
        following.take_while(move |change| *change < to).collect::<Vec<_>>()
    };
    decades().into_iter().flat_map(within).collect()
}

fn told(spans: impl IntoIterator<Item = Span>) -> Vec<String> {
    spans.into_iter().map(|(from, to)| format!("{from} {to}")).collect()
}

#[test]
fn a_time_is_in_an_occurrence_or_before_the_next() {
    let except = BTreeSet::from([date(2026, 12, 25)]);
    let days = [Weekday::Monday, Weekday::Tuesday, Weekday::Friday];
    let recurrence =
        Recurrence::new(zone("Europe/Berlin"), days, time("08:00"), time("17:00"), except);
    assert_eq!(recurrence.to_string(), "mon,tue,fri 08:00 to 17:00 Europe/Berlin");
    let check = |now: &str, expect: &str| {
        assert_eq!(told(recurrence.current_or_next(at(now))), [expect], "{now}");
    };
    let monday = "2026-11-23T07:00:00Z 2026-11-23T16:00:00Z";
    let tuesday = "2026-11-24T07:00:00Z 2026-11-24T16:00:00Z";
    check("2026-11-21T12:00:00Z", monday);
    check("2026-11-23T06:59:59Z", monday);
    check("2026-11-23T07:00:00Z", monday);
    check("2026-11-23T15:59:59Z", monday);
    check("2026-11-23T16:00:00Z", tuesday);
    check("2026-12-22T16:00:00Z", "2026-12-28T07:00:00Z 2026-12-28T16:00:00Z");
    check("2026-06-30T20:00:00Z", "2026-07-03T06:00:00Z 2026-07-03T15:00:00Z");
}

#[test]
fn occurrences_are_those_that_overlap() {
    let recurrence = every_day("UTC", "22:00", "06:00");
    let check = |from: &str, to: &str, expect: &[&str]| {
        assert_eq!(told(recurrence.occurrences(at(from), at(to))), expect, "{from} {to}");
    };
    let first = "2026-11-20T22:00:00Z 2026-11-21T06:00:00Z";
    let second = "2026-11-21T22:00:00Z 2026-11-22T06:00:00Z";
    check("2026-11-21T05:59:59Z", "2026-11-21T22:00:01Z", &[first, second]);
    check("2026-11-21T06:00:00Z", "2026-11-21T22:00:00Z", &[]);
    check("2026-11-21T01:00:00Z", "2026-11-21T02:00:00Z", &[first]);
    check("2026-11-21T02:00:00Z", "2026-11-21T02:00:00Z", &[]);
    check("2026-11-21T02:00:00Z", "2026-11-21T01:00:00Z", &[]);
    let has = |from: &str, to: &str| recurrence.has(at(from), at(to));
    assert!(has("2026-11-20T22:00:00Z", "2026-11-21T06:00:00Z"));
    assert!(has("1999-11-20T22:00:00Z", "1999-11-21T06:00:00Z"));
    assert!(!has("2026-11-20T22:00:01Z", "2026-11-21T06:00:00Z"));
    assert!(!has("2026-11-20T22:00:00Z", "2026-11-21T05:00:00Z"));
    assert!(!has("2026-11-20T22:00:00Z", "2026-11-22T06:00:00Z"));
}

#[test]
fn where_every_date_is_excepted_there_is_none() {
    let first = date(2026, 11, 1);
    let except: BTreeSet<Date> = first.series(jiff::Span::new().days(1)).take(2200).collect();
    let gone = Recurrence::new(zone("UTC"), WEEK, time("08:00"), time("09:00"), except.clone());
    assert_eq!(gone.current_or_next(at("2026-11-21T00:00:00Z")), None);
    assert!(gone.current_or_next(at("2026-10-20T00:00:00Z")).is_some());
    let never = Recurrence::new(zone("UTC"), [], time("08:00"), time("09:00"), except);
    assert_eq!(never.current_or_next(at("2020-01-01T00:00:00Z")), None);
    for edge in [Timestamp::MIN, Timestamp::MAX] {
        let _ = (gone.current_or_next(edge), gone.occurrences(edge, edge));
    }
}

#[test]
fn clocks_that_change_move_no_hour_to_another_window() {
    let check = |name: &str, from: &str, to: &str, on: Date, expect: &str| {
        let recurrence = every_day(name, from, to);
        let told = told(recurrence.on(on)).concat();
        assert_eq!(told, expect, "{name} {from} {to} {on}");
    };
    let (spring, autumn) = (date(2026, 3, 29), date(2026, 10, 25));
    let berlin = "Europe/Berlin";
    // An hour less, and an hour more, between the same local times.
    check(berlin, "00:00", "06:00", spring, "2026-03-28T23:00:00Z 2026-03-29T04:00:00Z");
    check(berlin, "00:00", "06:00", autumn, "2026-10-24T22:00:00Z 2026-10-25T05:00:00Z");
    // 02:30 is skipped: it is the moment at which clocks go from 02:00 to 03:00.
    check(berlin, "02:30", "06:00", spring, "2026-03-29T01:00:00Z 2026-03-29T04:00:00Z");
    check(berlin, "01:00", "02:30", spring, "2026-03-29T00:00:00Z 2026-03-29T01:00:00Z");
    check(berlin, "02:15", "02:45", spring, "");
    check(berlin, "02:45", "03:15", spring, "2026-03-29T01:00:00Z 2026-03-29T01:15:00Z");
    // 02:30 comes twice: the first is meant, and what begins then goes on where the other ended.
    check(berlin, "01:00", "02:30", autumn, "2026-10-24T23:00:00Z 2026-10-25T00:30:00Z");
    check(berlin, "02:30", "06:00", autumn, "2026-10-25T00:30:00Z 2026-10-25T05:00:00Z");
    // There was no 30 December on Samoa.
    let (before, none) = (date(2011, 12, 29), date(2011, 12, 30));
    check("Pacific/Apia", "08:00", "17:00", none, "");
    check("Pacific/Apia", "22:00", "06:00", before, "2011-12-30T08:00:00Z 2011-12-30T10:00:00Z");
    check("Pacific/Apia", "22:00", "06:00", none, "2011-12-30T10:00:00Z 2011-12-30T16:00:00Z");
    // Half an hour on Lord Howe, a change at midnight in Chile.
    let lord_howe = "Australia/Lord_Howe";
    check(
        lord_howe,
        "01:00",
        "03:00",
        date(2026, 4, 5),
        "2026-04-04T14:00:00Z 2026-04-04T16:30:00Z",
    );
    let santiago = "America/Santiago";
    check(
        santiago,
        "00:00",
        "00:00",
        date(2026, 9, 6),
        "2026-09-06T04:00:00Z 2026-09-07T03:00:00Z",
    );
    check(
        santiago,
        "00:00",
        "00:00",
        date(2026, 4, 4),
        "2026-04-04T03:00:00Z 2026-04-05T04:00:00Z",
    );
}

#[test]
fn whole_days_tile_ten_years_in_every_zone() {
    assert!(ZONES.len() >= 30);
    let (from, to) = decades()[0];
    for (index, name) in ZONES.iter().enumerate() {
        let start = ["00:00", "02:30", "23:45"][index % 3];
        let all = every_day(name, start, start).occurrences(from, to);
        assert!(all.len() > 3640, "{name}");
        for (one, next) in all.iter().zip(&all[1..]) {
            assert!(one.0 < one.1, "{name}");
            assert_eq!(one.1, next.0, "{name}");
        }
        assert!(all[0].0 <= from && all[all.len() - 1].1 >= to, "{name}");
    }
}

/// Another reading of the same: an instant is in the window whose local times hold the latest that
/// clocks have shown until then.
#[test]
fn around_every_change_of_clocks_each_instant_is_where_the_clocks_say() {
    let (step, around) = (SignedDuration::from_mins(15), SignedDuration::from_hours(40));
    for name in ZONES {
        let zone = zone(name);
        let windows: Vec<_> = TIMES.iter().map(|(a, b)| every_day(name, a, b)).collect();
        for change in changes(&zone) {
            let (from, to) = (change - around, change + around);
            let mut now = from - around;
            let mut latest = zone.to_datetime(now);
            let mut instants = Vec::new();
            while now < to {
                latest = latest.max(zone.to_datetime(now));
                if now >= from {
                    instants.push((now, latest));
                }
                now += step;
            }
            for window in &windows {
                let spans = window.occurrences(from, to);
                assert!(spans.iter().all(|(start, end)| start < end), "{name} {window}");
                assert!(spans.windows(2).all(|two| two[0].1 <= two[1].0), "{name} {window}");
                for (now, latest) in &instants {
                    let is_in = spans.iter().any(|(start, end)| start <= now && now < end);
                    assert_eq!(is_in, shows(window, *latest), "{name} {window} {now} {latest}");
                }
            }
        }
    }
}

/// Whether a local time is within the local times of a window of every day.
fn shows(window: &Recurrence, local: DateTime) -> bool {
    let (time, Recurrence { from, to, .. }) = (local.time(), window);
    if from < to { *from <= time && time < *to } else { *from <= time || time < *to }
}

#[test]
fn what_is_asked_in_three_ways_is_answered_alike() {
    let hour = SignedDuration::from_hours(1);
    for (index, name) in ZONES.iter().enumerate() {
        let zone = zone(name);
        let (from, to) = TIMES[index % TIMES.len()];
        let changes = changes(&zone);
        let except = changes.iter().step_by(2).map(|at| zone.to_datetime(*at).date());
        let days = [WEEK[index % 7], WEEK[(index + 1) % 7], WEEK[(index + 3) % 7], Weekday::Sunday];
        let except: BTreeSet<Date> = except.collect();
        let own = Recurrence::new(zone.clone(), days, time(from), time(to), except.clone());
        let (begin, end) = decades()[index % 2];
        let all = own.occurrences(begin, end);
        assert!(all.len() > 1000, "{name}");
        for (at, span) in all.iter().enumerate().skip(1).step_by(41) {
            let (start, stop) = *span;
            let local = zone.to_datetime(start).date();
            assert!(!except.contains(&local), "{name} {start}");
            assert!(own.has(start, stop) && !own.has(start, stop + hour), "{name} {start}");
            assert_eq!(own.current_or_next(start), Some(*span), "{name}");
            assert_eq!(own.current_or_next(all[at - 1].1), Some(*span), "{name}");
            assert_eq!(own.occurrences(start, stop), [*span], "{name}");
        }
    }
}
