//! `policy.coverage` of the project file: the fewest agents for a queue in an hour.

use std::collections::BTreeSet;

use jiff::civil::Time;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::{Day, Finding, Floor, Floors, Node, Pattern, Place};

/// The fewest agents that may be left to serve a queue in an hour. A plan that leaves fewer, and
/// fewer than there are, is blocked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Coverage {
    /// For every queue and hour of which nothing else is said. Default: 1.
    #[serde(default)]
    pub min_agents: Option<u32>,
    /// For some queues or hours; the last one that fits counts.
    #[serde(default)]
    pub floors: Vec<SomeHours>,
}

/// The fewest agents for some queues, in some hours.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SomeHours {
    /// The name of the queue; `*` stands for any text: `Emergency*`. Without one, every queue.
    #[serde(default)]
    pub queue: Option<String>,
    /// How many agents.
    pub min_agents: u32,
    /// The days on which it holds, in the tenant's zone. Default: every day.
    #[serde(default)]
    pub days: Vec<Day>,
    /// From which time on such a day, `08:00`. Default: the whole day.
    #[serde(default)]
    pub from: Option<String>,
    /// Until which time, `18:00`; a time that is not after `from` is one of the next day.
    #[serde(default)]
    pub to: Option<String>,
}

impl Coverage {
    /// What it means; `root` is the whole project file.
    ///
    /// # Errors
    /// A queue or a time that is none, each with its place.
    pub fn floors(&self, root: &Node) -> Result<Floors, Vec<Finding>> {
        let place = |path: &str| root.nearest(&format!("/policy/coverage{path}")).place.clone();
        let mut floors = Floors::default();
        if let Some(fewest) = self.min_agents {
            floors.fewest = fewest;
            floors.place = Some(place("/minAgents"));
        }
        let mut findings = Vec::new();
        for (index, floor) in self.floors.iter().enumerate() {
            let own = format!("/floors/{index}");
            match floor.read(|field| place(&format!("{own}{field}"))) {
                Ok(floor) => floors.special.push(floor),
                Err(finding) => findings.push(*finding),
            }
        }
        if findings.is_empty() { Ok(floors) } else { Err(findings) }
    }
}

impl SomeHours {
    fn read(&self, place: impl Fn(&str) -> Place) -> Result<Floor, Box<Finding>> {
        let name = self.queue.as_deref().unwrap_or("*");
        let queues = Pattern::parse(&format!("queue/{name}")).map_err(|_| {
            let message = format!("policy.coverage: `{name}` is no name of a queue");
            let hint = "write the queue's name; `*` stands for any text";
            Box::new(Finding::error("pattern", &place("/queue"), message).hint(hint))
        })?;
        let time = |field: &str, text: &str| {
            text.parse::<Time>().map_err(|_| {
                let message = format!("policy.coverage: `{text}` is no time of a day");
                let finding = Finding::error("time", &place(field), message);
                Box::new(finding.hint("write it as \"08:00\""))
            })
        };
        let hours = match (&self.from, &self.to) {
            (None, None) => None,
            (from, to) => Some((
                from.as_deref().map_or(Ok(Time::midnight()), |text| time("/from", text))?,
                to.as_deref().map_or(Ok(Time::midnight()), |text| time("/to", text))?,
            )),
        };
        let days: BTreeSet<u8> = match self.days.is_empty() {
            true => (1..=7).collect(),
            false => self.days.iter().map(|day| *day as u8).collect(),
        };
        Ok(Floor { queues, fewest: self.min_agents, days, hours, place: place("/minAgents") })
    }
}
