//! `kind: AvailabilityWindow`: from what a person writes to two instants.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Window;
use super::recurring::{needs_days, recurring};
use super::schema::WINDOW;
use crate::kinds::{Declaring, Holds};
use crate::model::{Document, Finding, Item, Node, Recurrence};

/// A window as a manifest declares it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stated {
    /// From when to when it is.
    pub(super) window: Window,
    /// Set where it is an occurrence of one that comes again.
    pub(super) recurs: Option<Arc<Recurrence>>,
}

/// All windows by name, as they are at the plan's time.
pub(super) fn windows(items: &[Item], declaring: &mut Declaring<'_>) -> BTreeMap<String, Stated> {
    let mut windows = BTreeMap::new();
    for item in declaring.by_name(items, WINDOW) {
        let spec = item.spec();
        let stated = match spec.get("days") {
            Some(days) => recurring(spec, days, declaring.now()),
            None => once(spec).map_err(|finding| vec![*finding]),
        };
        // The name is known all the same, so that its cells do not complain as well.
        let stated = stated.unwrap_or_else(|found| {
            found.into_iter().for_each(|finding| declaring.complain(finding));
            Stated::default()
        });
        windows.insert(item.name.clone(), stated);
    }
    windows
}

fn once(spec: &Node) -> Result<Stated, Box<Finding>> {
    needs_days(spec)?;
    let zone = spec.get("timezone").map(zone).transpose()?;
    let from = instant(spec.nearest("/from"), zone.as_ref())?;
    let to = instant(spec.nearest("/to"), zone.as_ref())?;
    if to <= from {
        let message = "the window ends before it begins".to_owned();
        return Err(wrong(
            "window",
            spec.nearest("/to"),
            message,
            "spec.to must be after spec.from",
        ));
    }
    Ok(Stated { window: Window::of(from, to), recurs: None })
}

pub(super) fn zone(node: &Node) -> Result<TimeZone, Box<Finding>> {
    let name = node.as_str().unwrap_or_default();
    TimeZone::get(name).map_err(|_| {
        let message = format!("`{name}` is no IANA time zone");
        wrong("timezone", node, message, "write a name such as Europe/Berlin or America/New_York")
    })
}

fn instant(node: &Node, zone: Option<&TimeZone>) -> Result<Timestamp, Box<Finding>> {
    let text = node.as_str().unwrap_or_default();
    if let Some(instant) = with_offset(text) {
        return Ok(instant);
    }
    let local = text.parse::<DateTime>().map_err(|_| {
        let hint = "write it as 2035-01-08T08:00:00Z, or without Z beside a timezone";
        wrong("time", node, format!("`{text}` is no time"), hint)
    })?;
    let zone = zone.ok_or_else(|| {
        let message = format!("`{text}` is a local time, and no timezone is said");
        let hint = "add spec.timezone, such as Europe/Berlin, or an offset to the time";
        wrong("time", node, message, hint)
    })?;
    zone.to_timestamp(local).map_err(|error| {
        let message = format!("`{text}` is out of range: {error}");
        wrong("time", node, message, "choose a time between the years 1 and 9999")
    })
}

pub(super) fn wrong(rule: &'static str, node: &Node, message: String, hint: &str) -> Box<Finding> {
    Box::new(Finding::error(rule, &node.place, message).hint(hint))
}

fn with_offset(text: &str) -> Option<Timestamp> {
    // A civil time also parses as a date; only what has a time of day is taken.
    if text.len() < "2035-01-08T08:00Z".len() { None } else { text.parse().ok() }
}

/// From when to when an assignment with these fields holds; none where they say nothing of it.
pub(super) fn holds(document: &Document) -> Option<Holds> {
    let value = document.value();
    let end = |end: &str| value.pointer(end)?.as_str()?.parse().ok();
    let holds: Holds = (end("/window/from"), end("/window/to"));
    (holds != (None, None)).then_some(holds)
}

/// The fields but the window.
pub(super) fn without(document: &Document) -> Document {
    document.with([("/window", None)])
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
