//! `tenant.json`: a row a line, as the tenant tells it.

use std::io::{Result, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::people::agent_id;
use super::queues::{self, Queue, THRESHOLD};
use super::random::{Purpose, Random, Sample};
use super::{Generator, Parameters, TEAM, skill_id, skill_name, window_of};
use crate::world::{
    AgentRow, AssignmentRow, LicenceRow, OverflowRow, QueueRow, RuleRow, SkillRow, StrategyRow,
};

/// What comes before the tables: nothing limits how fast the tenant is read.
const HEAD: &str = r#"{
"apiVersion": "cxform/v1",
"kind": "Tenant",
"metadata": {"name": "brightwater"},
"behaviour": {"requestsPerSecond": 0, "concurrency": 0}"#;

pub(super) fn write(generator: &Generator, to: &mut impl Write) -> Result<()> {
    let Parameters { agents, skills, .. } = generator.parameters;
    to.write_all(HEAD.as_bytes())?;
    table(to, "skills", (0..skills).map(skill))?;
    table(to, "strategies", [strategy(skills)])?;
    table(to, "agents", (0..agents).map(|number| agent(generator, number)))?;
    table(to, "queues", queue_rows(&generator.parameters))?;
    table(to, "assignments", assignments(generator))?;
    to.write_all(b"\n}\n")
}

fn table<T: Serialize>(
    to: &mut impl Write,
    name: &str,
    rows: impl IntoIterator<Item = T>,
) -> Result<()> {
    write!(to, ",\n\"{name}\": [")?;
    for (index, row) in rows.into_iter().enumerate() {
        to.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *to, &row)?;
    }
    to.write_all(b"\n]")
}

fn skill(number: usize) -> SkillRow {
    SkillRow { id: skill_id(number), name: Some(skill_name(number)), extra: Map::new() }
}

/// The one strategy, by which calls for all skills are routed.
fn strategy(skills: usize) -> StrategyRow {
    StrategyRow {
        id: "r-1".to_owned(),
        name: Some("Best available agent".to_owned()),
        status: "active".to_owned(),
        skills: (0..skills).map(|number| skill_id(number).into()).collect(),
        extra: Map::new(),
    }
}

fn agent(generator: &Generator, number: usize) -> AgentRow {
    let agent = generator.people.agent(number);
    let mut random = Random::new(generator.parameters.seed, Purpose::Licences, number);
    let licence = LicenceRow {
        license_type: random.pick(&["agent", "routing"]).to_owned(),
        status: Some("active".to_owned()),
        extra: Map::new(),
    };
    AgentRow {
        id: agent.id,
        name: Some(agent.name),
        email: Some(agent.email),
        state: Some("active".to_owned()),
        licenses: vec![licence],
        extra: Map::new(),
    }
}

/// The queues of the manifests, and one that nobody manages.
fn queue_rows(parameters: &Parameters) -> Vec<QueueRow> {
    let unmanaged = Queue {
        name: "Head Office".to_owned(),
        description: "Calls for the head office, looked after by its own people".to_owned(),
        capacity: 1,
        priority: 5,
        overflows: false,
        skills: Vec::new(),
    };
    let all = queues::queues(parameters).into_iter().chain([unmanaged]);
    all.enumerate().map(|(number, queue)| queue_row(number, queue)).collect()
}

/// The general queue is the first: the others overflow into its id.
fn queue_row(number: usize, queue: Queue) -> QueueRow {
    let id = |number: usize| format!("q-{:03}", number + 1);
    let rule = |rule_type: &str, value: usize| RuleRow {
        rule_type: rule_type.to_owned(),
        value: Value::from(value),
        extra: Map::new(),
    };
    QueueRow {
        id: id(number),
        name: queue.name,
        description: Some(queue.description),
        queue_type: Some("standard".to_owned()),
        capacity: i64::try_from(queue.capacity).ok(),
        priority: i64::try_from(queue.priority).ok(),
        overflow: Some(OverflowRow {
            overflow_type: Some("queue".to_owned()),
            overflow_target_id: queue.overflows.then(|| id(0)),
            overflow_threshold: Some(THRESHOLD.into()),
            extra: Map::new(),
        }),
        skill_groups: Some(queue.skills.into_iter().map(skill_id).collect()),
        routing_rules: Some(vec![
            rule("priority", queue.priority),
            rule("capacity", queue.capacity),
        ]),
        extra: Map::from_iter([("serviceLevel".to_owned(), json!({"percent": 80, "seconds": 20}))]),
    }
}

/// The assignments as the manifests declare them, apart from those that differ.
fn assignments(generator: &Generator) -> impl Iterator<Item = AssignmentRow> {
    let Parameters { skills, seed, .. } = generator.parameters;
    let mut differences = Differences::new(&generator.parameters);
    (0..generator.parameters.assignments()).filter_map(move |number| {
        let (agent, skill) = (number / skills, number % skills);
        let declared = generator.level(agent, skill);
        let level = match differences.next() {
            None => declared,
            Some(Difference::Level) => other_level(declared, seed, number),
            Some(Difference::Missing) => return None,
        };
        let window = window_of(agent / TEAM);
        Some(AssignmentRow {
            id: Some(format!("a-{:07}", number + 1)),
            user_id: agent_id(agent),
            skill_id: skill_id(skill),
            level,
            available_from: window.from.to_owned(),
            available_to: window.to.to_owned(),
            last_modified: None,
            extra: Map::new(),
        })
    })
}

/// A level next to the declared one.
fn other_level(declared: i64, seed: u64, number: usize) -> i64 {
    match declared {
        1 => 2,
        5 => 4,
        level => level + Random::new(seed, Purpose::Drift, number).pick(&[-1, 1]),
    }
}

/// How an assignment differs from its declaration.
enum Difference {
    /// It has another level.
    Level,
    /// It is not there.
    Missing,
}

/// Which assignments differ, one after the other.
struct Differences {
    changed: Sample,
    missing: Sample,
}

impl Differences {
    fn new(parameters: &Parameters) -> Self {
        let random = |purpose| Random::new(parameters.seed, purpose, 0);
        let changed = parameters.changed_assignments();
        let missing = parameters.missing_assignments();
        Self {
            changed: Sample::new(random(Purpose::Changed), changed, parameters.assignments()),
            missing: Sample::new(random(Purpose::Missing), missing, changed),
        }
    }

    /// How the next assignment differs, if it does.
    fn next(&mut self) -> Option<Difference> {
        if !self.changed.takes_next() {
            return None;
        }
        Some(if self.missing.takes_next() { Difference::Missing } else { Difference::Level })
    }
}
