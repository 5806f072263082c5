//! Coverage: how many agents can serve each queue and skill in each hour, before and after the
//! changes, and where the changes leave too few. An agent can serve an hour that an assignment's
//! window covers wholly; a queue is served by whoever holds one of its skill groups.

mod crew;
mod guard;
mod hours;
mod said;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;

use self::crew::{Counting, Held, Presences, Served, Sides, SkillNumbers, Stage};
use self::guard::{Guard, Short};
use self::hours::{FOREVER, Hours, instant};
use self::said::Reading;
use super::Assignment;
use super::holders::{QUEUE, SKILL, groups, live, skill};
use crate::kinds::{Action, Checking, Impact, Kind, Proposal};
use crate::model::{
    Address, Coverage, Covered, Declared, Document, Levels, Link, Links, Recurrence, Remote,
    Roster, Span, Team,
};

/// What is always told, if it changes: the hours of so many days.
const WEEK: i64 = 7 * 24 * 3600;

/// The sort of who holds assignments.
const AGENT: &str = "agent";

fn is_skill(link: &Arc<Link>) -> bool {
    link.address.kind() == SKILL
}

/// An agent who serves otherwise than before, or whose assignments change, and what it holds.
struct Changed {
    /// The first part of the addresses of its assignments.
    head: Arc<str>,
    id: Option<Arc<str>>,
    held: Sides<Held>,
}

/// What the changes do to who can serve; none where they do not touch it.
pub(super) fn impact(checking: &Checking<'_>) -> Option<Impact> {
    let mut hours = Hours::from(checking.facts.now?, &checking.facts.timezone);
    let week = hours.from.saturating_add(WEEK);
    let proposals: Vec<&Proposal<'_>> = live(checking, Assignment.name()).collect();
    let mut reading = Reading::default();
    hours.to = last_hour(checking, &proposals, &hours, &mut reading).max(week);
    let mut skills = SkillNumbers::default();
    let mut served = served(checking, &proposals, &mut skills);
    if served.is_empty() {
        return None;
    }
    let mut presences = Presences::new(hours.clone(), reading);
    let counting = Counting::new(&mut presences, &mut served, skills.len());
    let (agents, changed, mut counting) = count(checking, &proposals, &mut skills, counting);
    let mut resources = Vec::new();
    let (mut breaches, mut later) = (Vec::new(), FOREVER);
    for index in 0..counting.served.len() {
        let mut stages = counting.stages(index);
        stages.retain(Stage::is_change);
        let guard = Guard { checking, hours: &hours, agents, changed: &changed, skills: &skills };
        let short = guard.short(&counting.served[index], &stages);
        if !short.is_empty() {
            breaches.push(guard.breach(&mut counting, index, &stages, &short));
        }
        if let Some(stage) = stages.iter().find(|stage| stage.to > week) {
            later = later.min(stage.from.max(week));
        }
        let spans = spans(&stages, week, &short);
        let served = &counting.served[index];
        if served.touched > 0 || !spans.is_empty() {
            let Served { address, agents, touched, .. } = served;
            let (agents, touched) = (*agents, *touched);
            let by = skills.names(served);
            resources.push(Covered { address: address.clone(), agents, touched, by, spans });
        }
    }
    resources.sort_by(|a, b| a.address.cmp(&b.address));
    let coverage = Coverage {
        timezone: zone_name(&checking.facts.timezone),
        from: instant(hours.from)?,
        to: instant(week)?,
        agents,
        resources,
        teams: teams(checking, &changed),
        later: instant(later),
    };
    // Who holds a skill that a queue asks for no more may be somebody that was not read.
    let drops_skills = |queue: &Proposal<'_>| {
        let (before, after) = (groups(queue.before).unwrap_or_default(), groups(queue.after));
        queue.action == Action::Update && after.is_some_and(|after| !before.is_subset(&after))
    };
    let wants_everybody = live(checking, QUEUE).any(drops_skills);
    let needed = [QUEUE].into_iter().chain(wants_everybody.then_some(AGENT));
    let unknown = needed.into_iter().find(|sort| checking.facts.of(sort).is_none());
    Some(Impact { coverage, breaches, unknown, wants_everybody })
}

/// Who could serve each queue in the hours of the next seven days, if the changes were applied.
pub(super) fn roster(checking: &Checking<'_>) -> Option<Roster> {
    let hours = Hours::from(checking.facts.now?, &checking.facts.timezone);
    let week = hours.from.saturating_add(WEEK);
    let hours = Hours { to: week, ..hours };
    let proposals: Vec<&Proposal<'_>> = live(checking, Assignment.name()).collect();
    let mut skills = SkillNumbers::default();
    let mut served = queues(checking, &mut skills, |_, _| true);
    let mut presences = Presences::new(hours, Reading::default());
    let counting = Counting::new(&mut presences, &mut served, skills.len());
    let (_, _, counting) = count(checking, &proposals, &mut skills, counting);
    let mut roster = Roster::default();
    for (index, served) in counting.served.iter().enumerate() {
        for stage in counting.stages(index) {
            if let (Some(from), Some(to)) = (instant(stage.from), instant(stage.to)) {
                roster.enter(&served.address, from, to, stage.after());
            }
        }
    }
    Some(roster)
}

fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

/// Where the last hour ends that a changed assignment covers or would cover. A queue that will ask
/// for other skills is looked at for as long as anybody is known to be there.
fn last_hour(
    checking: &Checking<'_>,
    proposals: &[&Proposal<'_>],
    hours: &Hours,
    reading: &mut Reading,
) -> i64 {
    let asks_otherwise = |queue: &Proposal<'_>| {
        queue.action == Action::Update && {
            let after = groups(queue.after);
            after.is_some() && after != groups(queue.before)
        }
    };
    if live(checking, QUEUE).any(asks_otherwise) {
        return FOREVER;
    }
    let mut last = i64::MIN;
    for proposal in proposals {
        for said in [reading.before(proposal), reading.after(proposal)].into_iter().flatten() {
            last = last.max(hours.within(said.from, said.to).map_or(last, |(_, to)| to));
        }
    }
    last
}

/// The skills that agents get, lose or hold otherwise, and the queues that these matter for or that
/// will ask for other ones.
fn served(
    checking: &Checking<'_>,
    proposals: &[&Proposal<'_>],
    skills: &mut SkillNumbers,
) -> Vec<Served> {
    let moved: BTreeSet<&Address> =
        proposals.iter().filter_map(|proposal| skill(proposal.links)).collect();
    let mut all = Vec::new();
    for skill in &moved {
        let own = BTreeSet::from([skills.enter(skill)]);
        let by = Sides { before: own.clone(), after: own };
        all.push(Served::new(skill, by));
    }
    all.extend(queues(checking, skills, |before, after| {
        before != after || before.iter().chain(after).any(|skill| moved.contains(skill))
    }));
    all
}

/// The queues that are of interest for what they ask for, before and after.
fn queues(
    checking: &Checking<'_>,
    skills: &mut SkillNumbers,
    is_of_interest: impl Fn(&BTreeSet<Address>, &BTreeSet<Address>) -> bool,
) -> Vec<Served> {
    let mut all = Vec::new();
    let observed = checking.observed.remotes.of_kind(QUEUE);
    let mut queues: BTreeMap<Address, Option<&Document>> =
        observed.map(|entry| (entry.address(), Some(&entry.value.document))).collect();
    let changes: Vec<&Proposal<'_>> = live(checking, QUEUE).collect();
    for change in &changes {
        queues.entry(change.address.clone()).or_insert(None);
    }
    let change_of: BTreeMap<&Address, &&Proposal<'_>> =
        changes.iter().map(|change| (change.address, change)).collect();
    for (queue, document) in queues {
        let before = groups(document).unwrap_or_default();
        let after = match change_of.get(&queue) {
            Some(change) if change.action == Action::Delete => BTreeSet::new(),
            Some(change) => groups(change.after).unwrap_or_else(|| before.clone()),
            None => before.clone(),
        };
        if is_of_interest(&before, &after) {
            let mut numbers = |groups: &BTreeSet<Address>| {
                groups.iter().map(|skill| skills.enter(skill)).collect::<BTreeSet<usize>>()
            };
            let by = Sides { before: numbers(&before), after: numbers(&after) };
            all.push(Served::new(&queue, by));
        }
    }
    all
}

/// Goes over the agents, one after the other.
struct Pass<'c, 'p, 's> {
    changes: BTreeMap<&'p Arc<str>, Vec<&'p Proposal<'p>>>,
    skills: &'s mut SkillNumbers,
    counting: Counting<'c>,
    changed: Vec<Changed>,
    agents: usize,
    /// What the agent at hand holds, and its id.
    held: Held,
    id: Option<Arc<str>>,
    /// Which of its declared windows come again.
    recurring: BTreeMap<Address, Arc<Recurrence>>,
}

impl Pass<'_, '_, '_> {
    /// One assignment of the agent at hand, as it is declared and as it is.
    fn enter(&mut self, address: Address, declared: Option<&Declared>, remote: Option<&Remote>) {
        let recurs = declared.and_then(|declared| declared.recurs.as_ref());
        let changes = self.changes.get(address.head());
        let will_change =
            || changes.is_some_and(|own| own.iter().any(|own| *own.address == address));
        if let Some(remote) = remote {
            if self.id.is_none() {
                self.id = agent_of(&remote.links);
            }
            if let Some(skill) = self.skills.of_links(&remote.links) {
                let presences = &mut *self.counting.presences;
                // What is not brought to its next occurrence, held say, is there once.
                let is_current = |reading: &mut Reading| {
                    declared.is_some_and(|own| reading.is_same_window(&remote.document, own))
                };
                let goes_on =
                    recurs.filter(|_| is_current(&mut presences.reading) || will_change());
                self.held.push((skill, presences.of_document(&remote.document, goes_on)));
            }
        }
        if let Some(recurs) = recurs.filter(|_| will_change()) {
            self.recurring.insert(address, Arc::clone(recurs));
        }
    }

    /// The agent at hand is done; `head` is the first part of its addresses.
    fn end(&mut self, head: &Arc<str>) {
        self.agents += 1;
        let mut before = std::mem::take(&mut self.held);
        let recurring = std::mem::take(&mut self.recurring);
        let id = self.id.take();
        let own = self.changes.remove(head);
        before.sort_unstable();
        let mut after: BTreeMap<usize, u32> = before.iter().copied().collect();
        for proposal in own.iter().flatten() {
            let Some(skill) = self.skills.of_links(proposal.links) else { continue };
            after.remove(&skill);
            let presences = &mut *self.counting.presences;
            if let Some(said) = presences.reading.after(proposal) {
                after.insert(skill, presences.of(&said, recurring.get(proposal.address)));
            }
        }
        let after: Held = after.into_iter().collect();
        let changes = own.is_some();
        let differs = self.counting.count(&before, changes.then_some(&after));
        if changes || differs {
            let links = own.iter().flatten().map(|proposal| proposal.links);
            let id = id.or_else(|| links.into_iter().find_map(agent_of));
            let held = Sides { before, after };
            self.changed.push(Changed { head: Arc::clone(head), id, held });
        } else {
            self.held = before;
            self.held.clear();
        }
    }
}

/// The id of the agent that an assignment names.
fn agent_of(links: &Links) -> Option<Arc<str>> {
    links.iter().find(|link| link.address.kind() == AGENT)?.id.clone()
}

/// Counts every agent that was read, and those that get their first assignment.
fn count<'c>(
    checking: &Checking<'_>,
    proposals: &[&Proposal<'_>],
    skills: &mut SkillNumbers,
    counting: Counting<'c>,
) -> (usize, Vec<Changed>, Counting<'c>) {
    let mut changes: BTreeMap<&Arc<str>, Vec<&Proposal<'_>>> = BTreeMap::new();
    for proposal in proposals {
        changes.entry(proposal.address.head()).or_default().push(proposal);
    }
    let (changed, held, id, recurring) = Default::default();
    let mut pass = Pass { changes, skills, counting, changed, agents: 0, held, id, recurring };
    let mut at: Option<Arc<str>> = None;
    for (address, declared, remote) in checking.desired.joined(&checking.observed.remotes) {
        if address.kind() != Assignment.name() {
            continue;
        }
        if at.as_ref() != Some(address.head())
            && let Some(done) = at.replace(Arc::clone(address.head()))
        {
            pass.end(&done);
        }
        pass.enter(address, declared, remote);
    }
    if let Some(done) = at {
        pass.end(&done);
    }
    (pass.agents, pass.changed, pass.counting)
}

/// The hours that are told: what changes within the week, and later what is too short.
fn spans(stages: &[Stage], week: i64, short: &[Short]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for stage in stages {
        let own = short.iter().filter(|short| short.from < stage.to && stage.from < short.to);
        let mut edges: BTreeSet<i64> =
            own.clone().flat_map(|short| [short.from, short.to]).collect();
        edges.extend([stage.from, stage.to, week]);
        edges.retain(|edge| (stage.from..=stage.to).contains(edge));
        for (from, to) in edges.iter().zip(edges.iter().skip(1)) {
            let floor = own.clone().find(|short| short.from <= *from && *to <= short.to);
            let floor = floor.map(|short| short.floor);
            if *from >= week && floor.is_none() {
                continue;
            }
            let Some(begin) = instant(*from) else { continue };
            let span = Span {
                from: begin,
                to: instant(*to),
                before: Levels::of(stage.counts.before.clone()),
                after: Levels::of(stage.counts.after.clone()),
                floor,
            };
            match spans.last_mut().filter(|last| last.is_continued_by(&span)) {
                Some(last) => last.to = span.to,
                None => spans.push(span),
            }
        }
    }
    spans
}

/// The teams of whom somebody changes.
fn teams(checking: &Checking<'_>, changed: &[Changed]) -> Vec<Team> {
    let moved = changed.iter().filter(|changed| changed.held.before != changed.held.after);
    let changed: BTreeSet<&Arc<str>> = moved.map(|changed| &changed.head).collect();
    let team = |(name, members): (&String, &BTreeSet<Arc<str>>)| {
        let touched = members.iter().filter(|member| changed.contains(member)).count();
        (touched > 0).then(|| Team { name: name.clone(), agents: members.len(), touched })
    };
    checking.desired.teams().filter_map(team).collect()
}

#[cfg(test)]
mod tests;
