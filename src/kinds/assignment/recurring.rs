//! An `AvailabilityWindow` with `days`: it comes again, and a plan takes the occurrence of its time.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};

use super::Window;
use super::window::{Stated, wrong, zone};
use crate::model::{DAYS, Finding, Node, Recurrence};

/// What `spec` with `days` declares at the plan's time. Without one nobody knows which occurrence is
/// meant: the window stands for itself then.
pub(super) fn recurring(
    spec: &Node,
    days: &Node,
    now: Option<Timestamp>,
) -> Result<Stated, Vec<Finding>> {
    let mut found = Vec::new();
    let days = days_of(days, &mut found);
    let except = except_of(spec, &mut found);
    let zone = match spec.get("timezone") {
        Some(node) => zone(node),
        None => {
            let message = "a window with days needs a timezone".to_owned();
            let hint = "add spec.timezone, such as Europe/Berlin";
            Err(wrong("timezone", spec.nearest("/days"), message, hint))
        }
    };
    let times = ["/from", "/to"].map(|at| clock_time(spec.nearest(at)));
    let (zone, [from, to]) = match (zone, times) {
        (Ok(zone), [Ok(from), Ok(to)]) if found.is_empty() => (zone, [from, to]),
        (zone, times) => {
            let wrong = zone.err().into_iter().chain(times.into_iter().filter_map(Result::err));
            found.extend(wrong.map(|finding| *finding));
            return Err(found);
        }
    };
    let recurrence = Recurrence::new(zone, days, from, to, except);
    let window = match now.map(|now| recurrence.current_or_next(now)) {
        Some(Some((from, to))) => Window::of(from, to),
        Some(None) => {
            let message = "the window does not come again: every date ahead is in spec.except";
            let hint = "take dates out of spec.except, or drop the window";
            let node = spec.nearest("/except");
            return Err(vec![*wrong("window", node, message.to_owned(), hint)]);
        }
        None => Window { from: Some(recurrence.to_string()), to: None },
    };
    Ok(Stated { window, recurs: Some(Arc::new(recurrence)) })
}

/// A window without `days` has nothing that only goes with them.
pub(super) fn needs_days(spec: &Node) -> Result<(), Box<Finding>> {
    let lacks_days = |node: &Node, what: &str| {
        let hint = "add spec.days, such as [mon, tue, wed, thu, fri], or write whole times, such as \
                    2035-01-08T08:00";
        Err(wrong("window", node, format!("{what}, and spec.days is not said"), hint))
    };
    if let Some(except) = spec.get("except") {
        return lacks_days(except, "spec.except takes dates out of a window that comes again");
    }
    for node in ["/from", "/to"].map(|at| spec.nearest(at)) {
        let text = node.as_str().unwrap_or_default();
        if clock(text).is_some() {
            return lacks_days(node, &format!("`{text}` is a time of any day"));
        }
    }
    Ok(())
}

fn days_of(node: &Node, found: &mut Vec<Finding>) -> Vec<Weekday> {
    let mut days = Vec::new();
    for item in node.items() {
        let name = item.as_str().unwrap_or_default();
        let index = DAYS.iter().position(|day| *day == name);
        let index = index.and_then(|index| i8::try_from(index).ok());
        let day = index.and_then(|index| Weekday::from_monday_zero_offset(index).ok());
        match day {
            Some(day) if days.contains(&day) => {
                let message = format!("the day `{name}` is said twice");
                found.push(*wrong("window", item, message, "drop one of the two"));
            }
            Some(day) => days.push(day),
            None => {
                let hint = format!("it is one of {}", DAYS.join(", "));
                found.push(*wrong("window", item, format!("`{name}` is no day"), &hint));
            }
        }
    }
    days
}

fn except_of(spec: &Node, found: &mut Vec<Finding>) -> BTreeSet<Date> {
    let mut except = BTreeSet::new();
    for item in spec.get("except").map(Node::items).unwrap_or_default() {
        let text = item.as_str().unwrap_or_default();
        // More than a date would also be read as one.
        match text.parse::<Date>().ok().filter(|_| text.len() == "2035-12-25".len()) {
            Some(date) => drop(except.insert(date)),
            None => {
                let hint = "write the day on which the window would open as 2035-12-25";
                found.push(*wrong("time", item, format!("`{text}` is no date"), hint));
            }
        }
    }
    except
}

fn clock_time(node: &Node) -> Result<Time, Box<Finding>> {
    let text = node.as_str().unwrap_or_default();
    clock(text).ok_or_else(|| {
        let message = match text {
            "24:00" => "`24:00` is no time of day".to_owned(),
            text if text.contains(['T', ' ']) => {
                format!("`{text}` is a time of one day only, and spec.days says that it comes again")
            }
            text => format!("`{text}` is no time of day"),
        };
        let hint = "write hours and minutes, such as 08:00, and 00:00 for midnight; a window of one \
                    day only has no spec.days";
        wrong("time", node, message, hint)
    })
}

/// A time of day with hours and minutes, `08:00`.
fn clock(text: &str) -> Option<Time> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<i8>().ok()).flatten()
    };
    Time::new(number(hours)?, number(minutes)?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use crate::kinds::{declare, manifest_kinds};
    use crate::manifest;
    use crate::model::Facts;

    /// What a cell with this window declares at a time, or what is wrong with it.
    fn told(spec: &str, now: Option<&str>) -> String {
        let text = format!(
            "apiVersion: cxform/v1\nkind: AvailabilityWindow\nmetadata: {{name: w}}\nspec: {spec}\n\
             ---\napiVersion: cxform/v1\nkind: SkillMatrix\nmetadata: {{name: m}}\n\
             spec: {{window: w, agents: {{ana: {{billing: 3, sales: none}}}}}}\n"
        );
        let (items, findings) = manifest::read(
            &manifest_kinds(),
            &[("w.yaml".to_owned(), text.clone())],
            &|_, name| Err(format!("{name} is not here")),
        );
        assert_eq!(findings, [], "{spec}");
        let facts = Facts { now: now.map(|now| now.parse().unwrap()), ..Facts::default() };
        let (desired, findings) = declare(&items, now.map(|_| &facts));
        let mut told = String::new();
        for finding in &findings {
            let place = finding.place.as_ref().unwrap();
            assert!(finding.hint.is_some(), "{spec}");
            let line = text.lines().nth(place.line as usize - 1).unwrap();
            let at = &line[place.column as usize - 1..][..4];
            let _ = writeln!(told, "{at} {}: {}", finding.rule, finding.message);
        }
        let cell = desired.get(&"assignment/ana/billing".parse().unwrap()).unwrap();
        let none = desired.get(&"assignment/ana/sales".parse().unwrap()).unwrap();
        assert!(none.absent && none.recurs.is_none());
        match (&cell.recurs, findings.is_empty()) {
            (Some(recurs), true) => {
                let _ = write!(told, "{recurs}: ");
            }
            (None, true) => told.push_str("once: "),
            (recurs, false) => assert!(recurs.is_none(), "{spec}"),
        }
        let window = cell.document.value()["window"].clone();
        let ends = ["from", "to"].map(|end| window[end].as_str().unwrap_or("?").to_owned());
        if findings.is_empty() { told + &ends.join(" ") } else { told.trim_end().to_owned() }
    }

    const SHIFT: &str =
        "days: [mon, tue, wed, fri], from: '08:00', to: '17:00', timezone: Europe/Berlin";

    #[test]
    fn a_recurring_window_is_the_occurrence_of_the_plans_time_or_the_next() {
        let check = |more: &str, now: &str, expect: &str| {
            let told = told(&format!("{{{SHIFT}{more}}}"), Some(now));
            let expect = format!("mon-wed,fri 08:00 to 17:00 Europe/Berlin: {expect}");
            assert_eq!(told, expect, "{more} {now}");
        };
        let [wed, fri] =
            ["25", "27"].map(|day| format!("2026-11-{day}T07:00:00Z 2026-11-{day}T16:00:00Z"));
        check("", "2026-11-25T12:00:00Z", &wed);
        check("", "2026-11-25T16:00:00Z", &fri);
        check(", except: ['2026-11-25']", "2026-11-24T16:00:00Z", &fri);
        check(", except: ['2026-11-26']", "2026-11-24T16:00:00Z", &wed);
        let night = "{days: [sat], from: '22:00', to: '06:00', timezone: America/New_York}";
        assert_eq!(
            told(night, Some("2026-11-22T10:59:59Z")),
            "sat 22:00 to 06:00 America/New_York: 2026-11-22T03:00:00Z 2026-11-22T11:00:00Z"
        );
        let once = "{from: '2035-01-08T08:00:00Z', to: '2035-01-08T09:00:00Z'}";
        let expect = "once: 2035-01-08T08:00:00Z 2035-01-08T09:00:00Z";
        assert_eq!(told(once, Some("2026-11-22T10:59:59Z")), expect);
    }

    #[test]
    fn offline_a_recurring_window_stands_for_itself() {
        assert_eq!(
            told(&format!("{{{SHIFT}}}"), None),
            "mon-wed,fri 08:00 to 17:00 Europe/Berlin: mon-wed,fri 08:00 to 17:00 Europe/Berlin ?"
        );
    }

    #[test]
    fn what_is_wrong_with_a_recurring_window_is_told_where_it_stands() {
        let check = |spec: &str, expect: &str| {
            assert_eq!(told(spec, None), expect, "{spec}");
            assert_eq!(told(spec, Some("2026-11-22T10:59:59Z")), expect, "{spec}");
        };
        let zone = "timezone: Europe/Berlin";
        let times = "from: '08:00', to: '17:00'";
        check(
            &format!("{{days: [mon, tue, mon], {times}, {zone}}}"),
            "mon] window: the day `mon` is said twice",
        );
        check(
            &format!("{{days: [mon], {times}}}"),
            "[mon timezone: a window with days needs a timezone",
        );
        check(
            &format!("{{days: [mon], {times}, timezone: Berlin}}"),
            "Berl timezone: `Berlin` is no IANA time zone",
        );
        check(
            &format!("{{days: [mon], from: '8:00', to: '24:00', {zone}}}"),
            "'8:0 time: `8:00` is no time of day\n'24: time: `24:00` is no time of day",
        );
        check(
            &format!("{{days: [mon], from: 2035-01-08T08:00, to: '17:00', {zone}}}"),
            "2035 time: `2035-01-08T08:00` is a time of one day only, and spec.days says that it comes \
             again",
        );
        check(
            &format!("{{from: '08:00', to: 2035-01-08T09:00, {zone}}}"),
            "'08: window: `08:00` is a time of any day, and spec.days is not said",
        );
        check(
            "{from: 2035-01-08T08:00Z, to: 2035-01-08T09:00Z, except: ['2035-01-08']}",
            "['20 window: spec.except takes dates out of a window that comes again, and spec.days is \
             not said",
        );
        check(
            &format!("{{days: [mon], {times}, {zone}, except: ['2026-02-29', 2026-12-25T08:00]}}"),
            "'202 time: `2026-02-29` is no date\n2026 time: `2026-12-25T08:00` is no date",
        );
    }

    #[test]
    fn a_window_all_of_whose_dates_are_excepted_is_told() {
        let mondays: Vec<String> = jiff::civil::date(2026, 11, 2)
            .series(jiff::Span::new().days(7))
            .take(300)
            .map(|date| format!("'{date}'"))
            .collect();
        let except = mondays.join(", ");
        let spec = format!("{{except: [{except}], {}}}", SHIFT.replace(", tue, wed, fri", ""));
        assert_eq!(
            told(&spec, Some("2026-11-22T10:59:59Z")),
            "['20 window: the window does not come again: every date ahead is in spec.except"
        );
    }
}
