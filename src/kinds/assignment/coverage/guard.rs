//! Where the changes leave fewer agents than the project wants, and fewer than there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::Changed;
use super::crew::{Counting, Served, Stage};
use super::hours::{Hours, instant};
use crate::kinds::assignment::holders::QUEUE;
use crate::kinds::{Action, Breach, Checking};
use crate::model::{Address, Finding, Place};

/// The rule.
const RULE: &str = "coverage";
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
        let mut all: Vec<Short> = Vec::new();
        for stage in stages.iter().filter(|stage| stage.after() < stage.before()) {
            let whole = [(stage.from, stage.to)];
            let parts: Vec<(i64, i64)> = match varies {
                true => self.hours.each(stage.from, stage.to).collect(),
                false => whole.to_vec(),
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
        let causes = self.causes(&queue, &missing);
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

    /// The changes of who is missing; where the queue itself asks for others, its own.
    fn causes(&self, queue: &Address, missing: &[&Changed]) -> Vec<Address> {
        let heads: BTreeSet<&Arc<str>> = missing.iter().map(|changed| &changed.head).collect();
        let own = self.checking.proposals.iter().filter(|p| heads.contains(p.address.head()));
        let own = own.filter(|p| !p.held && p.action != Action::Create);
        let of_queue = self.checking.proposal(queue).filter(|proposal| !proposal.held);
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
