//! What opens, ends and expires within some time from the plan's on, once the plan is applied.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Change, Draft, Inputs};
use crate::kinds::{Action, Holds, Kind, kind_of};
use crate::model::{Address, Declared, Links, Recurrence, Remote};

/// So many members of a moment are named.
const NAMED: usize = 5;

/// What happens within some time. Times are of the tenant's zone, as RFC 3339 with its offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The plan's time.
    pub from: String,
    /// How far it looks.
    pub to: String,
    /// What happens, in order.
    pub moments: Vec<Moment>,
}

/// What happens at one instant with one window under one head, to how many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// When.
    pub at: String,
    /// What.
    pub event: Event,
    /// The kind of what it happens to.
    pub kind: String,
    /// What heads them: an assignment's skill.
    pub head: String,
    /// To how many.
    pub count: usize,
    /// What some of them are called.
    pub names: Vec<String>,
    /// The addresses of these, in the same order: names are not unique.
    #[serde(default)]
    pub members: Vec<Address>,
    /// When the window of it began or begins; none where it has no beginning.
    pub begins: Option<String>,
    /// When it ends; none where it has no end.
    pub ends: Option<String>,
    /// When the one after it begins, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What happens to a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// It ends, and another one follows.
    Ends,
    /// It ends, and nothing follows.
    Expires,
    /// It begins.
    Opens,
}

/// An instant as RFC 3339 with the offset that the zone then has.
#[must_use]
pub fn in_zone(at: Timestamp, zone: &TimeZone) -> String {
    if *zone == TimeZone::UTC {
        return at.to_string();
    }
    at.display_with_offset(zone.to_offset(at)).to_string()
}

/// How many, and some of them by address.
#[derive(Clone, Default)]
struct Members {
    count: usize,
    some: BTreeMap<Address, String>,
}

impl Members {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.some.extend(other.some);
        while self.some.len() > NAMED {
            self.some.pop_last();
        }
    }
}

/// From when to when something holds, and as what it comes again.
#[derive(Clone, Copy)]
struct Span<'a> {
    holds: Holds,
    recurs: Option<&'a Arc<Recurrence>>,
}

/// What is told on one line: an instant, what happens, the kind and head, the window, and when the
/// next one begins.
type Line = (Timestamp, Event, &'static str, String, Holds, Option<Timestamp>);

/// The timeline of a plan, where it is wanted.
pub(super) fn timeline(draft: &Draft, inputs: &Inputs<'_>) -> Option<Timeline> {
    let now = inputs.facts.now?;
    let until = now.checked_add(inputs.ahead?).unwrap_or(Timestamp::MAX);
    let mut lines: BTreeMap<Line, Members> = BTreeMap::new();
    for ((kind, head, ..), (span, members)) in groups(draft, inputs) {
        for (at, event, holds, next) in span.events(now, until) {
            let line = (at, event, kind, head.clone(), holds, next);
            lines.entry(line).or_default().add(members.clone());
        }
    }
    let told = |at: Timestamp| in_zone(at, &inputs.facts.timezone);
    let moment = |((at, event, kind, head, (from, to), next), named): (Line, Members)| {
        let (members, names) = named.some.into_iter().unzip();
        Moment {
            at: told(at),
            event,
            kind: kind.to_owned(),
            head,
            count: named.count,
            names,
            members,
            begins: from.map(told),
            ends: to.map(told),
            next: next.map(told),
        }
    };
    let moments = lines.into_iter().map(moment).collect();
    Some(Timeline { from: told(now), to: told(until), moments })
}

/// What tells groups apart: kind and head, the window, and where in memory what comes again is.
type Key = (&'static str, String, Holds, usize);

/// Who holds at which times, once the plan is applied.
fn groups<'a>(draft: &Draft, inputs: &Inputs<'a>) -> BTreeMap<Key, (Span<'a>, Members)> {
    let changes: BTreeMap<&Address, &Change> = draft
        .proposed
        .iter()
        .map(|proposed| (&proposed.change.address, &proposed.change))
        .collect();
    let mut groups: BTreeMap<Key, (Span<'a>, Members)> = BTreeMap::new();
    for (address, declared, remote) in inputs.desired.joined(&inputs.observed.remotes) {
        let Some(kind) = kind_of(&address) else { continue };
        let change = changes.get(&address).copied();
        let Some(span) = span(kind, declared, remote, change) else { continue };
        let links = declared.map(|declared| &declared.links);
        let links = links.or(remote.map(|remote| &remote.links));
        let head = kind
            .grouped_by()
            .map_or_else(|| address.to_string(), |grouping| address.segment(grouping.head));
        let at = span.recurs.map_or(0, |recurs| Arc::as_ptr(recurs).addr());
        let key = (kind.name(), head, span.holds, at);
        let (_, members) = groups.entry(key).or_insert_with(|| (span, Members::default()));
        members.count += 1;
        // They come in the order of their addresses.
        if members.some.len() < NAMED {
            let label = kind.label(&address, links.unwrap_or(&Links::new()), inputs.facts);
            let name = label.rsplit_once(" / ").map_or(label.as_str(), |(member, _)| member);
            members.some.insert(address, name.to_owned());
        }
    }
    groups
}

/// When a resource will hold: as its change says, and else as the tenant has it.
fn span<'a>(
    kind: &dyn Kind,
    declared: Option<&'a Declared>,
    remote: Option<&Remote>,
    change: Option<&Change>,
) -> Option<Span<'a>> {
    let is_held = change.is_some_and(|change| !change.held_by.is_empty());
    let change = change.filter(|change| change.is_live());
    if change.is_some_and(|change| change.action() == Some(Action::Delete)) {
        return None;
    }
    let after = change.and_then(|change| change.change.after.as_ref());
    let holds = after.and_then(|after| kind.holds(after));
    let holds = holds.or_else(|| kind.holds(&remote?.document))?;
    // What is held stays as it is, whatever is declared.
    let recurs = declared.and_then(|declared| declared.recurs.as_ref()).filter(|_| !is_held);
    let recurs = recurs.filter(|recurs| matches!(holds, (Some(f), Some(t)) if recurs.has(f, t)));
    Some(Span { holds, recurs })
}

impl Span<'_> {
    /// What happens after one instant and before another: when, what, with which window, and when
    /// the one after it begins.
    fn events(
        &self,
        now: Timestamp,
        until: Timestamp,
    ) -> Vec<(Timestamp, Event, Holds, Option<Timestamp>)> {
        let windows = match self.recurs {
            Some(recurs) => {
                let ahead = recurs.occurrences(now, until).into_iter();
                ahead.map(|(from, to)| (Some(from), Some(to))).collect()
            }
            None => vec![self.holds],
        };
        let mut events = Vec::new();
        let is_within = |at: &Timestamp| now < *at && *at < until;
        for holds @ (from, to) in windows {
            if let Some(from) = from.filter(is_within) {
                events.push((from, Event::Opens, holds, None));
            }
            if let Some(to) = to.filter(is_within) {
                let next = self.recurs.and_then(|recurs| recurs.current_or_next(to));
                let event = if next.is_some() { Event::Ends } else { Event::Expires };
                events.push((to, event, holds, next.map(|(from, _)| from)));
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use jiff::civil::{Weekday, date, time};
    use jiff::tz::TimeZone;

    use super::{Span, in_zone};
    use crate::model::Recurrence;

    /// What happens to a window between two instants of January 2035.
    fn told(from: &str, to: &str, recurs: Option<&Arc<Recurrence>>) -> Vec<String> {
        let at = |text: &str| format!("2035-01-{text}:00Z").parse().ok();
        let span = Span { holds: (at(from), at(to)), recurs };
        let events = span.events(at("08T12:00").unwrap(), at("15T12:00").unwrap());
        let told = |(at, event, _, next)| {
            let text = |at: jiff::Timestamp| at.to_string()[8..16].to_owned();
            format!("{} {event:?} {}", text(at), Option::map_or(next, String::new(), text))
        };
        events.into_iter().map(told).collect()
    }

    #[test]
    fn a_window_opens_and_ends_and_expires_where_nothing_follows() {
        let check = |from: &str, to: &str, expect: &[&str]| {
            assert_eq!(told(from, to, None), expect, "{from} {to}");
        };
        check("08T08:00", "08T17:00", &["08T17:00 Expires "]);
        check("09T08:00", "09T17:00", &["09T08:00 Opens ", "09T17:00 Expires "]);
        check("09T08:00", "22T17:00", &["09T08:00 Opens "]);
        check("09T08:00", "never", &["09T08:00 Opens "]);
        check("since ever", "09T17:00", &["09T17:00 Expires "]);
        check("08T08:00", "08T12:00", &[]);
        check("15T12:00", "15T17:00", &[]);

        let days = [Weekday::Tuesday, Weekday::Friday];
        let mut except = BTreeSet::new();
        let shift = |except: &BTreeSet<_>| {
            let (from, to) = (time(8, 0, 0, 0), time(17, 0, 0, 0));
            Arc::new(Recurrence::new(TimeZone::UTC, days, from, to, except.clone()))
        };
        let tuesday = ["09T08:00 Opens ", "09T17:00 Ends 12T08:00"];
        let friday = ["12T08:00 Opens ", "12T17:00 Ends 16T08:00"];
        let all = told("09T08:00", "09T17:00", Some(&shift(&except)));
        assert_eq!(all, [tuesday, friday].concat());
        except.extend(date(2035, 1, 13).series(jiff::Span::new().days(1)).take(2000));
        let last = told("09T08:00", "09T17:00", Some(&shift(&except)));
        assert_eq!(last, [tuesday, ["12T08:00 Opens ", "12T17:00 Expires "]].concat());
    }

    #[test]
    fn instants_are_told_in_a_zone() {
        let at = "2035-07-01T08:00:00Z".parse().unwrap();
        assert_eq!(in_zone(at, &TimeZone::UTC), "2035-07-01T08:00:00Z");
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(in_zone(at, &berlin), "2035-07-01T10:00:00+02:00");
    }
}
