//! Who can serve what, as the tenant is and as it would be: agents counted by when they are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::hours::{FOREVER, Hours, Presence, Stretch};
use super::said::{Reading, Said};
use crate::model::{Address, Document, Link, Links, Memo, Recurrence};

/// The number of a presence that never is.
const NEVER: u32 = 0;

/// What an agent holds: the number of a skill and of a presence.
pub(super) type Held = Vec<(usize, u32)>;

/// Presences by number, each once: half a million assignments have few different ones.
pub(super) struct Presences {
    hours: Hours,
    /// To the second.
    all: Vec<Presence>,
    /// The same in whole hours.
    whole: Vec<Presence>,
    numbers: BTreeMap<Presence, u32>,
    /// By where a document is in memory, and by where what comes again is, or 0: the many
    /// assignments that say the same mostly share both.
    of_documents: Memo<(usize, usize), u32>,
    pub(super) reading: Reading,
    unions: Memo<Vec<u32>, u32>,
}

impl Presences {
    pub(super) fn new(hours: Hours, reading: Reading) -> Self {
        let never = Presence::default();
        Self {
            hours,
            numbers: BTreeMap::from([(never.clone(), NEVER)]),
            all: vec![never.clone()],
            whole: vec![never],
            of_documents: Memo::default(),
            reading,
            unions: Memo::default(),
        }
    }

    /// The whole hours of a presence.
    pub(super) fn get(&self, number: u32) -> &Presence {
        &self.whole[number as usize]
    }

    /// A presence to the second.
    pub(super) fn exactly(&self, number: u32) -> &Presence {
        &self.all[number as usize]
    }

    /// Whether somebody is there in any whole hour.
    fn is_ever(&self, number: u32) -> bool {
        !self.get(number).stretches().is_empty()
    }

    fn number(&mut self, presence: Presence) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(presence.clone()).or_insert(next);
        if number == next {
            self.whole.push(presence.in_whole_hours(&self.hours));
            self.all.push(presence);
        }
        number
    }

    /// When an assignment that says so makes its agent serve; `recurs` where its window is one of
    /// many.
    pub(super) fn of(&mut self, said: &Said, recurs: Option<&Arc<Recurrence>>) -> u32 {
        let level = said.level.unwrap_or_default();
        let hours = match recurs {
            Some(recurs) => self.hours.again_and_again(recurs),
            None => self.hours.within(said.from, said.to).into_iter().collect(),
        };
        let stretches = hours.into_iter().map(|(from, to)| Stretch { from, to, level });
        self.number(Presence::of(&stretches.collect::<Vec<_>>()))
    }

    /// When an assignment that the tenant has makes its agent serve. What is one occurrence of the
    /// window that is declared will be followed by the others. What was read outlives this.
    pub(super) fn of_document(
        &mut self,
        document: &Document,
        recurs: Option<&Arc<Recurrence>>,
    ) -> u32 {
        let place = recurs.map_or(0, |recurs| Arc::as_ptr(recurs).addr());
        let key = (document.place(), place);
        if let Some(number) = self.of_documents.get(&key) {
            return number;
        }
        let said = self.reading.said(document);
        let is_one = |recurs: &&Arc<Recurrence>| {
            said.from.zip(said.to).is_some_and(|(from, to)| recurs.has(from, to))
        };
        let number = self.of(&said, recurs.filter(is_one));
        self.of_documents.put(key, number);
        number
    }

    /// When somebody is there in one of these ways.
    fn union(&mut self, numbers: &mut Vec<u32>) -> u32 {
        numbers.retain(|number| *number != NEVER);
        if let [] | [_] = numbers.as_slice() {
            return numbers.first().copied().unwrap_or(NEVER);
        }
        numbers.sort_unstable();
        numbers.dedup();
        if let Some(number) = self.unions.get(numbers.as_slice()) {
            return number;
        }
        let exact = |number: &u32| self.all[*number as usize].stretches().to_vec();
        let parts = numbers.iter().flat_map(exact);
        let presence = Presence::of(&parts.collect::<Vec<_>>());
        let number = self.number(presence);
        self.unions.put(numbers.clone(), number);
        number
    }
}

/// A queue or a skill, and by which skills agents serve it.
pub(super) struct Served {
    pub(super) address: Address,
    pub(super) by: Sides<BTreeSet<usize>>,
    /// How many agents there are of each presence.
    pub(super) tally: BTreeMap<u32, Sides<u32>>,
    pub(super) agents: usize,
    pub(super) touched: usize,
}

impl Served {
    pub(super) fn new(address: &Address, by: Sides<BTreeSet<usize>>) -> Self {
        Self { address: address.clone(), by, tally: BTreeMap::new(), agents: 0, touched: 0 }
    }
}

/// The same as the tenant is and as it would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sides<T> {
    pub(super) before: T,
    pub(super) after: T,
}

/// The skills that matter, by number.
#[derive(Default)]
pub(super) struct SkillNumbers {
    by_address: BTreeMap<Address, usize>,
    /// By where a link is in memory: those of one skill mostly share it. None for what does not
    /// matter.
    by_link: BTreeMap<usize, Option<usize>>,
}

impl SkillNumbers {
    pub(super) fn enter(&mut self, skill: &Address) -> usize {
        let next = self.by_address.len();
        *self.by_address.entry(skill.clone()).or_insert(next)
    }

    pub(super) fn len(&self) -> usize {
        self.by_address.len()
    }

    /// The skills of which an agent needs one for this, where it is no skill itself.
    pub(super) fn names(&self, served: &Served) -> Vec<Address> {
        let is_asked = |number: &usize| served.by.after.contains(number);
        let asked = self.by_address.iter().filter(|(_, number)| is_asked(number));
        asked.map(|(skill, _)| skill.clone()).filter(|skill| *skill != served.address).collect()
    }

    /// The number of a skill, if it matters.
    pub(super) fn of(&self, skill: &Address) -> Option<usize> {
        self.by_address.get(skill).copied()
    }

    /// The number of the skill that an assignment names, if it matters.
    pub(super) fn of_links(&mut self, links: &Links) -> Option<usize> {
        let link = links.iter().find(|link| super::is_skill(link))?;
        let place = Arc::as_ptr(link).cast::<Link>().addr();
        let by_address = &self.by_address;
        *self.by_link.entry(place).or_insert_with(|| by_address.get(&link.address).copied())
    }
}

/// Counts agents, one after the other.
pub(super) struct Counting<'a> {
    pub(super) presences: &'a mut Presences,
    pub(super) served: &'a mut [Served],
    /// Which of them each skill matters for, before and after.
    serves: Sides<Vec<Vec<usize>>>,
    /// Room that is used again: the presences of the agent at hand in each of them.
    room: Sides<Vec<Vec<u32>>>,
}

impl<'a> Counting<'a> {
    pub(super) fn new(
        presences: &'a mut Presences,
        served: &'a mut [Served],
        skills: usize,
    ) -> Self {
        let mut serves =
            Sides { before: vec![Vec::new(); skills], after: vec![Vec::new(); skills] };
        for (index, served) in served.iter().enumerate() {
            for skill in &served.by.before {
                serves.before[*skill].push(index);
            }
            for skill in &served.by.after {
                serves.after[*skill].push(index);
            }
        }
        let empty = vec![Vec::new(); served.len()];
        Self { presences, served, serves, room: Sides { before: empty.clone(), after: empty } }
    }

    /// Counts one agent; `after` is none for one whose assignments stay as they are. Whether
    /// anything is served otherwise than before comes back.
    pub(super) fn count(&mut self, before: &Held, after: Option<&Held>) -> bool {
        let mut differs = false;
        let mut reached: Vec<usize> = Vec::new();
        for (skill, presence) in before {
            for index in &self.serves.before[*skill] {
                self.room.before[*index].push(*presence);
                reached.push(*index);
            }
        }
        for (skill, presence) in after.unwrap_or(before) {
            for index in &self.serves.after[*skill] {
                self.room.after[*index].push(*presence);
                reached.push(*index);
            }
        }
        reached.sort_unstable();
        reached.dedup();
        for index in reached {
            let before = self.presences.union(&mut self.room.before[index]);
            let now = self.presences.union(&mut self.room.after[index]);
            self.room.before[index].clear();
            self.room.after[index].clear();
            let presences = &*self.presences;
            let is_other = before != now && presences.get(before) != presences.get(now);
            differs |= is_other;
            let served = &mut self.served[index];
            served.agents += usize::from(presences.is_ever(before) || presences.is_ever(now));
            served.touched += usize::from(is_other);
            for (number, is_after) in [(before, false), (now, true)] {
                if number == NEVER {
                    continue;
                }
                let count = served.tally.entry(number).or_default();
                *(if is_after { &mut count.after } else { &mut count.before }) += 1;
            }
        }
        differs
    }

    /// How many there are in one of them, from one edge to the next.
    pub(super) fn stages(&self, index: usize) -> Vec<Stage> {
        stages(&self.served[index].tally, self.presences)
    }

    /// When an agent serves one of them, before and after.
    pub(super) fn of_agent(
        &mut self,
        index: usize,
        before: &Held,
        after: &Held,
    ) -> Sides<Presence> {
        let mut union = |held: &Held, by: &BTreeSet<usize>| {
            let own = held.iter().filter(|(skill, _)| by.contains(skill));
            let mut numbers: Vec<u32> = own.map(|(_, presence)| *presence).collect();
            let number = self.presences.union(&mut numbers);
            self.presences.get(number).clone()
        };
        let by = &self.served[index].by;
        Sides { before: union(before, &by.before), after: union(after, &by.after) }
    }
}

/// How many there are of each level, from one edge to the next.
pub(super) struct Stage {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) counts: Sides<BTreeMap<u8, u32>>,
}

impl Stage {
    pub(super) fn is_change(&self) -> bool {
        self.counts.before != self.counts.after
    }

    pub(super) fn before(&self) -> u32 {
        self.counts.before.values().sum()
    }

    pub(super) fn after(&self) -> u32 {
        self.counts.after.values().sum()
    }
}

/// The stages of a tally in which anybody is there, before or after.
fn stages(tally: &BTreeMap<u32, Sides<u32>>, presences: &Presences) -> Vec<Stage> {
    let mut edges: BTreeMap<i64, BTreeMap<u8, Sides<i64>>> = BTreeMap::new();
    for (number, count) in tally {
        let (before, after) = (i64::from(count.before), i64::from(count.after));
        for Stretch { from, to, level } in presences.get(*number).stretches() {
            for (at, sign) in [(*from, 1), (*to, -1)] {
                let step = edges.entry(at).or_default().entry(*level).or_default();
                step.before += sign * before;
                step.after += sign * after;
            }
        }
    }
    let mut now: BTreeMap<u8, Sides<i64>> = BTreeMap::new();
    let mut stages: Vec<Stage> = Vec::new();
    let ends: Vec<i64> = edges.keys().copied().skip(1).chain([FOREVER]).collect();
    for ((from, steps), to) in edges.into_iter().zip(ends) {
        for (level, step) in steps {
            let count = now.entry(level).or_default();
            count.before += step.before;
            count.after += step.after;
        }
        if now.values().all(|count| count.before == 0 && count.after == 0) {
            continue;
        }
        let count = |side: fn(&Sides<i64>) -> i64| {
            let known = now.iter().map(|(level, count)| (*level, side(count)));
            known
                .filter_map(|(level, count)| Some((level, u32::try_from(count).ok()?)))
                .filter(|(_, count)| *count > 0)
                .collect::<BTreeMap<u8, u32>>()
        };
        let counts = Sides { before: count(|c| c.before), after: count(|c| c.after) };
        match stages.last_mut().filter(|last| last.to == from && last.counts == counts) {
            Some(last) => last.to = to,
            None => stages.push(Stage { from, to, counts }),
        }
    }
    stages
}
