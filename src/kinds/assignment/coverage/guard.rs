//! Where the changes leave fewer agents than the project wants, and fewer than there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Changed;
use super::crew::{Counting, Presences, Served, Sides, SkillNumbers, Stage};
use super::hours::{Hours, Presence, instant};
use crate::kinds::assignment::holders::{self, QUEUE};
use crate::kinds::{Action, Breach, Checking, Proposal};
use crate::model::{Address, Finding, Place};

/// The rule.
const RULE: &str = "coverage";
const EIGHT_DAYS: i64 = 8 * 24 * 3600;
/// So many of those who are missing are named.
const NAMED: usize = 5;

/// Hours in which too few are left.
#[derive(Clone, Debug)]
pub(super) struct Short {
    pub(super) from: i64,
    pub(super) to: i64,
    /// The fewest that there should be.
    pub(super) floor: u32,
    /// Where that is said; none for the default.
    place: Option<Place>,
}

/// What the guard looks at.
pub(super) struct Guard<'a> {
    pub(super) checking: &'a Checking<'a>,
    pub(super) hours: &'a Hours,
    /// How many agents were counted.
    pub(super) agents: usize,
    pub(super) changed: &'a [Changed],
    pub(super) skills: &'a SkillNumbers,
}

impl Guard<'_> {
    /// The hours in which a queue is left with too few. One that will not be needs nobody.
    pub(super) fn short(&self, served: &Served, stages: &[Stage]) -> Vec<Short> {
        let queue = &served.address;
        let is_deleted =
            || self.checking.proposal(queue).is_some_and(|p| !p.held && p.action == Action::Delete);
        if queue.kind() != QUEUE || is_deleted() {
            return Vec::new();
        }
        let varies = self.checking.floors.vary(queue);
        let floor = |hour| self.checking.floors.at(queue, hour, &self.hours.zone).0;
        let mut all: Vec<Short> = Vec::new();
        for stage in stages.iter().filter(|stage| stage.after() < stage.before()) {
            let whole = (stage.from, stage.to);
            // What is wanted of an hour is the same a week later, but for clocks that change.
            let week = (stage.from, stage.to.min(stage.from.saturating_add(EIGHT_DAYS)));
            let too_few = |(from, to): (i64, i64)| {
                let mut hours = self.hours.each(from, to);
                hours.any(|(from, _)| instant(from).is_some_and(|hour| stage.after() < floor(hour)))
            };
            let parts: Vec<(i64, i64)> = match varies {
                true if too_few(week) => self.hours.each(whole.0, whole.1).collect(),
                true => Vec::new(),
                false => vec![whole],
            };
            for (from, to) in parts {
                let Some(hour) = instant(from) else { continue };
                let (floor, place) = self.checking.floors.at(queue, hour, &self.hours.zone);
                if stage.after() >= floor {
                    continue;
                }
                match all.last_mut().filter(|last| last.to == from && last.floor == floor) {
                    Some(last) => last.to = to,
                    None => all.push(Short { from, to, floor, place: place.cloned() }),
                }
            }
        }
        all
    }

    /// What is to be said about a queue that is left short.
    pub(super) fn breach(
        &self,
        counting: &mut Counting<'_>,
        index: usize,
        stages: &[Stage],
        short: &[Short],
    ) -> Breach {
        let queue = counting.served[index].address.clone();
        let missing = self.missing(counting, index, short);
        let causes = self.causes(counting, index, &missing, short);
        let first = causes.first().and_then(|cause| self.checking.proposal(cause));
        let place = first.map(|proposal| proposal.place.clone()).unwrap_or_default();
        let names: Vec<String> = missing.iter().map(|changed| self.name_of(changed)).collect();
        let finding = Finding::error(RULE, &place, self.message(&queue, stages, short, &names));
        let hint = "keep enough agents in these hours, or set another policy.coverage";
        Breach { finding: finding.about(&queue).hint(hint), causes }
    }

    /// The agents who could serve the queue in hours that are too short, and could not any more.
    fn missing(&self, counting: &mut Counting<'_>, index: usize, short: &[Short]) -> Vec<&Changed> {
        let mut is_missing = |changed: &&Changed| {
            let sides = counting.of_agent(index, &changed.held.before, &changed.held.after);
            short.iter().any(|short| sides.before.misses(short.from, short.to, &sides.after))
        };
        self.changed.iter().filter(|changed| is_missing(changed)).collect()
    }

    /// The changes that take hours from who is missing, and the queue's own where it asks for other
    /// skills.
    fn causes(
        &self,
        counting: &Counting<'_>,
        index: usize,
        missing: &[&Changed],
        short: &[Short],
    ) -> Vec<Address> {
        let served = &counting.served[index];
        let by_head: BTreeMap<&Arc<str>, &Changed> =
            missing.iter().map(|changed| (&changed.head, *changed)).collect();
        let takes = |proposal: &&Proposal<'_>| {
            let changed = by_head.get(proposal.address.head())?;
            let skill = self.skills.of(holders::skill(proposal.links)?)?;
            let is_asked = served.by.before.contains(&skill);
            let held = presence_of(counting.presences, &changed.held, skill);
            let is_gone = |short: &Short| held.before.misses(short.from, short.to, held.after);
            (is_asked && short.iter().any(is_gone)).then_some(())
        };
        let own = self.checking.proposals.iter().filter(|p| !p.held && p.action != Action::Create);
        let own = own.filter(|proposal| takes(proposal).is_some());
        let of_queue = self
            .checking
            .proposal(&served.address)
            .filter(|proposal| !proposal.held && served.by.before != served.by.after);
        own.chain(of_queue).map(|proposal| proposal.address.clone()).collect()
    }

    fn name_of(&self, changed: &Changed) -> String {
        match &changed.id {
            Some(id) => self.checking.facts.label_of("agent", id),
            None => changed.head.split('/').nth(1).unwrap_or_default().to_owned(),
        }
    }

    fn message(
        &self,
        queue: &Address,
        stages: &[Stage],
        short: &[Short],
        names: &[String],
    ) -> String {
        let Some(worst) = short.first() else { return String::new() };
        let stage = stages.iter().find(|stage| stage.from <= worst.from && worst.from < stage.to);
        let (before, after) = stage.map_or((0, 0), |stage| (stage.before(), stage.after()));
        let more = match short.len() - 1 {
            0 => String::new(),
            1 => " and once more".to_owned(),
            more => format!(" and {more} more times"),
        };
        let who = match names.len().saturating_sub(NAMED) {
            _ if names.is_empty() => "it asks for other skills".to_owned(),
            0 => format!("missing: {}", names.join(", ")),
            more => format!("missing: {} and {more} more", names[..NAMED].join(", ")),
        };
        let origin = match &worst.place {
            Some(Place { file, line: 0, .. }) => format!("policy.coverage in {file}"),
            Some(Place { file, line, .. }) => format!("policy.coverage in {file}:{line}"),
            None => "the default of policy.coverage.minAgents".to_owned(),
        };
        format!(
            "the queue `{}` would have {after} of at least {} ({before} now) {}{more}; {who}; {} \
             counted; the floor is {origin}",
            queue.segment(0),
            agents(worst.floor as usize),
            self.told(worst),
            agents(self.agents)
        )
    }

    /// Hours in the tenant's zone: `on Mon 2035-01-08 08:00-17:00 (Europe/Berlin)`.
    fn told(&self, short: &Short) -> String {
        let zone = &self.hours.zone;
        let local = |time: Timestamp| zone.to_datetime(time);
        let name = super::zone_name(zone);
        let Some(from) = instant(short.from).map(local) else { return String::new() };
        let day = from.strftime("%a %Y-%m-%d %H:%M");
        match instant(short.to).map(local) {
            None => format!("from {day} ({name}) on"),
            Some(to) if to.date() == from.date() => {
                format!("on {day}-{} ({name})", to.strftime("%H:%M"))
            }
            Some(to) => format!("from {day} to {} ({name})", to.strftime("%a %Y-%m-%d %H:%M")),
        }
    }
}

fn agents(count: usize) -> String {
    format!("{count} agent{}", if count == 1 { "" } else { "s" })
}

/// When an agent can serve by one skill, before and after, to the second: what is taken from one
/// skill may break an hour that several serve together.
fn presence_of<'p>(
    presences: &'p Presences,
    held: &Sides<super::Held>,
    skill: usize,
) -> Sides<&'p Presence> {
    let of = |held: &super::Held| {
        let number = held.iter().find(|(own, _)| *own == skill).map(|(_, number)| *number);
        presences.exactly(number.unwrap_or_default())
    };
    Sides { before: of(&held.before), after: of(&held.after) }
}
