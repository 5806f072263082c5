//! What changes do to the agents who can serve queues and skills, hour by hour: plain values.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Address;

/// What the changes of a plan do to coverage: who can serve each hour before and after them. Only
/// what changes is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The IANA name of the tenant's zone, in which hours are whole and reports are written.
    pub timezone: String,
    /// The first whole hour from the plan's time on.
    pub from: Timestamp,
    /// Seven days later: what is told ends here, but for hours that a guard names.
    pub to: Timestamp,
    /// How many agents were counted.
    pub agents: usize,
    /// The queues and skills whose coverage or agents the changes touch, by address.
    pub resources: Vec<Covered>,
    /// The teams (groups of agents) of whom the changes touch somebody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<Team>,
    /// The first hour after `to` in which something changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<Timestamp>,
}

/// One queue or skill whose coverage changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// The queue or skill.
    pub address: Address,
    /// How many agents can serve it at some time, before or after.
    pub agents: usize,
    /// Of how many of these an assignment to it changes.
    pub touched: usize,
    /// The skills of which an agent needs one; none for a skill itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Address>,
    /// The hours in which the changes matter, in order; neighbours differ.
    pub spans: Vec<Span>,
}

/// How many of a team the changes touch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// The group's name.
    pub name: String,
    /// How many agents are in it.
    pub agents: usize,
    /// Of how many of these an assignment changes.
    pub touched: usize,
}

/// Whole hours in which the same agents can serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Where the first hour begins.
    pub from: Timestamp,
    /// Where the last hour ends; none where no end is known.
    pub to: Option<Timestamp>,
    /// Who can serve as the tenant is.
    pub before: Levels,
    /// Who could serve if the changes were applied.
    pub after: Levels,
    /// The fewest that there should be, where the guard complains about these hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<u32>,
}

/// How many agents can serve each queue, hour by hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster(BTreeMap<Address, Vec<(Timestamp, Timestamp, u32)>>);

impl Roster {
    /// So many agents from one time to another.
    pub fn enter(&mut self, queue: &Address, from: Timestamp, to: Timestamp, agents: u32) {
        if agents > 0 {
            self.0.entry(queue.clone()).or_default().push((from, to, agents));
        }
    }

    /// The hours in which anybody can serve a queue, each by its beginning.
    pub fn hours(&self, queue: &Address) -> impl Iterator<Item = (Timestamp, u32)> {
        const HOUR: i64 = 3600;
        self.0.get(queue).into_iter().flatten().flat_map(|(from, to, agents)| {
            let seconds = (from.as_second()..to.as_second()).step_by(HOUR as usize);
            let hours = seconds.filter_map(|second| Timestamp::from_second(second).ok());
            hours.map(|hour| (hour, *agents))
        })
    }
}

/// How many agents there are of each proficiency level; 0 stands for a level that is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Levels(BTreeMap<u8, u32>);

impl Span {
    /// Whether another one begins where this one ends, and says the same.
    #[must_use]
    pub fn is_continued_by(&self, next: &Self) -> bool {
        self.to == Some(next.from)
            && (&self.before, &self.after, self.floor) == (&next.before, &next.after, next.floor)
    }
}

impl Levels {
    /// Of counts by level.
    #[must_use]
    pub fn of(counts: impl IntoIterator<Item = (u8, u32)>) -> Self {
        Self(counts.into_iter().filter(|(_, count)| *count > 0).collect())
    }

    /// How many agents there are.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.0.values().sum()
    }

    /// How many there are of a level.
    #[must_use]
    pub fn at(&self, level: u8) -> u32 {
        self.0.get(&level).copied().unwrap_or_default()
    }

    /// How many there are of a level or a higher one.
    #[must_use]
    pub fn at_least(&self, level: u8) -> u32 {
        self.0.range(level..).map(|(_, count)| count).sum()
    }

    /// The levels of which there are any, the lowest first.
    pub fn known(&self) -> impl Iterator<Item = u8> {
        self.0.keys().copied()
    }
}
