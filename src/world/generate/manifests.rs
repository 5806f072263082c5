//! `cxform.yaml` and `desired-state/`: what the tenant should be.

use std::io::{Result, Write};

use serde_json::Value;

use super::queues::{self, GENERAL, THRESHOLD};
use super::{Generator, Parameters, TEAM, WINDOWS, Window, skill_name, team_name, window_of};

/// The project file.
pub(super) fn project(parameters: &Parameters, to: &mut impl Write) -> Result<()> {
    let Parameters { agents, skills, changed, seed } = parameters;
    let assignments = parameters.assignments();
    let differing = parameters.changed_assignments();
    let licensed = agents + agents / 10;
    write!(
        to,
        "\
# A generated contact centre with a simulated tenant.
#
#   agents {agents}, skills {skills}, assignments {assignments}; the tenant differs in {differing}
#
# The same files come from
#
#   cxform sim generate --agents {agents} --skills {skills} --changed {changed} --seed {seed} --out FOLDER
apiVersion: cxform/v1
kind: Project

manifests: [desired-state]
defaultTenant: sim

tenants:
  # A tenant inside the program, seeded from tenant.json. It needs no network and no credentials.
  # `cxform sim reset` makes it as its seed says again.
  sim:
    dialect: v2
    url: \"sim:tenant.json\"
    # It has no limits: these are high, so that it is read as fast as this machine can.
    requestsPerSecond: 1000000
    concurrency: 64
    licensedAgents: {licensed}
    timezone: Europe/Berlin
"
    )
}

/// The availability windows.
pub(super) fn windows(to: &mut impl Write) -> Result<()> {
    for (index, Window { name, from, to: until }) in WINDOWS.iter().enumerate() {
        head(to, index, "AvailabilityWindow", name)?;
        write!(to, "  from: \"{from}\"\n  to: \"{until}\"\n")?;
    }
    Ok(())
}

/// The queues.
pub(super) fn queues(generator: &Generator, to: &mut impl Write) -> Result<()> {
    for (index, queue) in queues::queues(&generator.parameters).into_iter().enumerate() {
        let target = if queue.overflows { GENERAL } else { "null" };
        let skills: Vec<String> = queue.skills.iter().map(|skill| skill_text(*skill)).collect();
        let (capacity, priority) = (queue.capacity, queue.priority);
        head(to, index, "Queue", &queue.name)?;
        write!(
            to,
            "  description: {}
  type: standard
  capacity: {capacity}
  priority: {priority}
  overflow: {{ type: queue, target: {target}, threshold: {THRESHOLD} }}
  skillGroups: [{}]
  routingRules:
    - {{ type: priority, value: {priority} }}
    - {{ type: capacity, value: {capacity} }}
",
            queue.description,
            skills.join(", "),
        )?;
    }
    Ok(())
}

/// The skill matrix of a team: a row an agent.
pub(super) fn team(generator: &Generator, number: usize, to: &mut impl Write) -> Result<()> {
    let Parameters { agents, skills, .. } = generator.parameters;
    let skills: Vec<String> = (0..skills).map(skill_text).collect();
    head(to, 0, "SkillMatrix", &team_name(number))?;
    write!(to, "  window: {}\n  agents:\n", window_of(number).name)?;
    for agent in number * TEAM..agents.min((number + 1) * TEAM) {
        write!(to, "    {}: {{", generator.people.agent(agent).email)?;
        for (skill, text) in skills.iter().enumerate() {
            let comma = if skill == 0 { "" } else { ", " };
            write!(to, "{comma}{text}: {}", generator.level(agent, skill))?;
        }
        to.write_all(b"}\n")?;
    }
    Ok(())
}

/// What a manifest begins with; those of a file after the first are set off from it.
fn head(to: &mut impl Write, index: usize, kind: &str, name: &str) -> Result<()> {
    let line = if index == 0 { "" } else { "---\n" };
    write!(to, "{line}apiVersion: cxform/v1\nkind: {kind}\nmetadata:\n  name: {name}\nspec:\n")
}

fn skill_text(skill: usize) -> String {
    scalar(&skill_name(skill))
}

/// Text as a YAML scalar, quoted where it is more than words.
fn scalar(text: &str) -> String {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-'));
    if is_plain { text.to_owned() } else { Value::from(text).to_string() }
}
