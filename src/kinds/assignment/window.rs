//! `kind: AvailabilityWindow`: from what a person writes to two instants.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Window;
use super::schema::WINDOW;
use crate::kinds::Declaring;
use crate::model::{Finding, Item, Node};

/// All windows by name.
pub(super) fn windows(items: &[Item], declaring: &mut Declaring<'_>) -> BTreeMap<String, Window> {
    let mut windows = BTreeMap::new();
    for item in declaring.by_name(items, WINDOW) {
        match window(item.spec()) {
            Ok(window) => drop(windows.insert(item.name.clone(), window)),
            Err(finding) => {
                // The name is known all the same, so that its cells do not complain as well.
                windows.insert(item.name.clone(), Window::default());
                declaring.complain(finding);
            }
        }
    }
    windows
}

fn window(spec: &Node) -> Result<Window, Finding> {
    let zone = match spec.get("timezone") {
        None => None,
        Some(node) => {
            let name = node.as_str().unwrap_or_default();
            Some(TimeZone::get(name).map_err(|_| {
                Finding::error("timezone", &node.place, format!("`{name}` is no IANA time zone"))
                    .hint("write a name such as Europe/Berlin or America/New_York")
            })?)
        }
    };
    let instant = |key: &str| -> Result<Timestamp, Finding> {
        let node = spec.nearest(&format!("/{key}"));
        let text = node.as_str().unwrap_or_default();
        if let Some(instant) = with_offset(text) {
            return Ok(instant);
        }
        let Ok(local) = text.parse::<DateTime>() else {
            let message = format!("`{text}` is no time");
            return Err(Finding::error("time", &node.place, message)
                .hint("write it as 2035-01-08T08:00:00Z, or without Z beside a timezone"));
        };
        let Some(zone) = &zone else {
            let message = format!("`{text}` is a local time, and no timezone is said");
            return Err(Finding::error("time", &node.place, message)
                .hint("add spec.timezone, such as Europe/Berlin, or an offset to the time"));
        };
        zone.to_timestamp(local).map_err(|error| {
            Finding::error("time", &node.place, format!("`{text}` is out of range: {error}"))
        })
    };
    let (from, to) = (instant("from")?, instant("to")?);
    if to <= from {
        let place = &spec.nearest("/to").place;
        return Err(Finding::error("window", place, "the window ends before it begins")
            .hint("spec.to must be after spec.from"));
    }
    Ok(Window { from: Some(from.to_string()), to: Some(to.to_string()) })
}

fn with_offset(text: &str) -> Option<Timestamp> {
    // A civil time also parses as a date; only what has a time of day is taken.
    if text.len() < "2035-01-08T08:00Z".len() { None } else { text.parse().ok() }
}

/// An instant as the tenant tells it, in canonical form; without an offset it is in `zone`. None
/// where the text is no time.
pub(super) fn canonical(text: &str, zone: &TimeZone) -> Option<String> {
    let instant = match text.parse::<Timestamp>() {
        Ok(instant) => instant,
        Err(_) => zone.to_timestamp(text.parse::<DateTime>().ok()?).ok()?,
    };
    Some(instant.to_string())
}
