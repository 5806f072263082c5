//! Who can serve each hour, before and after, as days and hours of the tenant's zone: what heat
//! maps are made of.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::super::coverage::{gravity, is_told, levels_that_differ};
use super::super::fields::one_line;
use crate::model::{Coverage, Covered, Span};

/// The week that is told.
#[derive(Debug, Serialize)]
pub(super) struct Grid {
    zone: String,
    agents: usize,
    days: Vec<String>,
    resources: Vec<Chart>,
    teams: Vec<(String, usize, usize)>,
    later: Option<String>,
}

/// One queue or skill.
#[derive(Debug, Serialize)]
struct Chart {
    address: String,
    name: String,
    agents: usize,
    touched: usize,
    /// The names of what an agent needs one of.
    by: Vec<String>,
    runs: Vec<Run>,
    /// What is told of hours outside the week.
    beyond: Vec<String>,
}

/// Hours of one day that are alike.
#[derive(Debug, Serialize)]
struct Run {
    day: usize,
    from: i8,
    to: i8,
    before: u32,
    after: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    floor: Option<u32>,
    levels: String,
}

impl Grid {
    pub(super) fn of(coverage: &Coverage) -> Self {
        let zone = TimeZone::get(&coverage.timezone).unwrap_or(TimeZone::UTC);
        let days = days(coverage, &zone);
        let told = coverage.resources.iter().filter(|covered| !is_told(covered, coverage));
        let mut told: Vec<&Covered> = told.collect();
        told.sort_by_key(|covered| std::cmp::Reverse(gravity(covered)));
        let team = |team: &crate::model::Team| (one_line(&team.name), team.touched, team.agents);
        Self {
            zone: one_line(&coverage.timezone),
            agents: coverage.agents,
            resources: told.iter().map(|c| chart(c, coverage, &days, &zone)).collect(),
            days: days.iter().map(|day| day.strftime("%a %Y-%m-%d").to_string()).collect(),
            teams: coverage.teams.iter().map(team).collect(),
            later: coverage.later.map(|later| instant(later, &zone)),
        }
    }
}

fn instant(at: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%a %Y-%m-%d %H:%M").to_string()
}

fn days(coverage: &Coverage, zone: &TimeZone) -> Vec<Date> {
    let last = coverage.to.checked_sub(1.second()).unwrap_or(coverage.to);
    let last = zone.to_datetime(last).date();
    let days = zone.to_datetime(coverage.from).date().series(1.day());
    days.take_while(|day| *day <= last).collect()
}

fn chart(covered: &Covered, coverage: &Coverage, days: &[Date], zone: &TimeZone) -> Chart {
    let is_inside = |span: &&Span| span.from < coverage.to;
    let outside = covered.spans.iter().filter(|span| !is_inside(span)).map(|span| {
        let end = span.to.map_or("an unknown end".to_owned(), |to| instant(to, zone));
        let floor = span.floor.map(|floor| format!(", fewer than {floor}")).unwrap_or_default();
        let (before, after) = (span.before.total(), span.after.total());
        format!("{} to {end}: {before} → {after}{floor}", instant(span.from, zone))
    });
    Chart {
        address: one_line(&covered.address.to_string()),
        name: one_line(&covered.address.segment(0)),
        agents: covered.agents,
        touched: covered.touched,
        by: covered.by.iter().map(|address| one_line(&address.segment(0))).collect(),
        runs: runs(covered.spans.iter().filter(is_inside), coverage, days, zone),
        beyond: outside.collect(),
    }
}

/// The hours of the week, those that follow each other in a day and are alike together. Of an hour
/// that the clocks show twice, the one with fewer agents is told.
fn runs<'c>(
    spans: impl Iterator<Item = &'c Span>,
    coverage: &Coverage,
    days: &[Date],
    zone: &TimeZone,
) -> Vec<Run> {
    const HOUR: usize = 3600;
    let mut hours: BTreeMap<(usize, i8), &Span> = BTreeMap::new();
    for span in spans {
        let to = span.to.unwrap_or(coverage.to).min(coverage.to).as_second();
        for second in (span.from.max(coverage.from).as_second()..to).step_by(HOUR) {
            let Ok(at) = Timestamp::from_second(second) else { continue };
            let at = zone.to_datetime(at);
            let Some(day) = days.iter().position(|day| *day == at.date()) else { continue };
            let known = hours.entry((day, at.hour())).or_insert(span);
            if span.after.total() < known.after.total() {
                *known = span;
            }
        }
    }
    let mut runs: Vec<Run> = Vec::new();
    let mut last: Option<&Span> = None;
    for ((day, hour), span) in hours {
        let is_same = last.replace(span).is_some_and(|last| std::ptr::eq(last, span));
        match runs.last_mut() {
            Some(run) if is_same && run.day == day && run.to == hour => run.to = hour + 1,
            _ => runs.push(Run {
                day,
                from: hour,
                to: hour + 1,
                before: span.before.total(),
                after: span.after.total(),
                floor: span.floor,
                levels: levels_that_differ(&span.before, &span.after).join(", "),
            }),
        }
    }
    runs
}
