use std::collections::{BTreeMap, BTreeSet};

use super::people::People;
use super::{Generator, Output, Parameters, skill_name, skill_names};
use crate::kinds::collections;
use crate::model::digest_of;
use crate::world::{AssignmentRow, Behaviour, Snapshot, World};

fn parameters(agents: usize, skills: usize, changed: f64, seed: u64) -> Parameters {
    Parameters { agents, skills, changed, seed }
}

fn text(generator: &Generator, output: Output) -> String {
    let mut bytes = Vec::new();
    generator.write(output, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Every file by its path.
fn files(parameters: Parameters) -> BTreeMap<String, String> {
    let generator = Generator::new(parameters);
    generator.outputs().map(|output| (output.path(), text(&generator, output))).collect()
}

fn tenant(parameters: Parameters) -> Snapshot {
    let text = text(&Generator::new(parameters), Output::Tenant);
    serde_json::from_str(&text).unwrap()
}

fn assignments(parameters: Parameters) -> BTreeMap<String, AssignmentRow> {
    let rows = tenant(parameters).assignments.into_iter();
    rows.map(|row| (row.id.clone().unwrap(), row)).collect()
}

const TEAM: &str = "\
apiVersion: cxform/v1
kind: SkillMatrix
metadata:
  name: lisbon-1
spec:
  window: permanent
  agents:
    mehmet.farouk@brightwater.example: {billing: 4, returns: 3, orders: 4}
    hiroshi.dang@brightwater.example: {billing: 4, returns: 4, orders: 2}
";

/// Whoever changes these on purpose changes what everybody's seeds mean.
#[test]
fn the_bytes_are_the_same_in_every_version() {
    let generator = Generator::new(parameters(2, 3, 50.0, 7));
    assert_eq!(text(&generator, Output::Team(0)), TEAM);
    let all: String = files(parameters(230, 45, 5.0, 7)).into_values().collect();
    assert_eq!(
        digest_of(all.as_bytes()),
        "sha256:99eee654bc5c918bd9ea91750db952b3b6612b94139455b310e0ead1752208ef"
    );
}

#[test]
fn the_seed_decides_and_the_share_changes_the_tenant_alone() {
    let five = files(parameters(120, 4, 5.0, 1));
    assert_eq!(five, files(parameters(120, 4, 5.0, 1)));
    let other_seed = files(parameters(120, 4, 5.0, 2));
    let other_share = files(parameters(120, 4, 6.5, 1));
    let same = |other: &BTreeMap<String, String>| -> Vec<String> {
        five.iter().filter(|(path, text)| other[*path] == **text).map(|(p, _)| p.clone()).collect()
    };
    assert_eq!(same(&other_seed), ["desired-state/windows.yaml"]);
    let desired: Vec<&String> = five.keys().filter(|path| path.starts_with("desired")).collect();
    assert_eq!(same(&other_share).iter().collect::<Vec<_>>(), desired);
}

#[test]
fn exactly_the_share_differs() {
    for (agents, skills, changed, levels, missing) in [
        (30, 5, 0.0, 0, 0),
        (30, 5, 0.001, 1, 0),
        (30, 5, 10.0, 14, 1),
        (101, 7, 33.3, 212, 23),
        (20, 10, 100.0, 180, 20),
        (1, 1, 50.0, 1, 0),
    ] {
        let declared = assignments(parameters(agents, skills, 0.0, 3));
        let differing = assignments(parameters(agents, skills, changed, 3));
        assert_eq!(declared.len(), agents * skills);
        assert_eq!(declared.len() - differing.len(), missing, "{changed} % of {agents}×{skills}");
        let mut other_levels = 0;
        for (id, row) in &differing {
            let declared = &declared[id];
            assert!((1..=5).contains(&row.level));
            other_levels += usize::from(row.level != declared.level);
            assert_eq!(AssignmentRow { level: declared.level, ..row.clone() }, *declared);
        }
        assert_eq!(other_levels, levels, "{changed} % of {agents}×{skills}");
    }
}

#[test]
fn the_simulated_tenant_takes_it_and_limits_nothing() {
    for (agents, skills) in [(1, 1), (70, 45)] {
        let tenant = tenant(parameters(agents, skills, 5.0, 9));
        assert_eq!((tenant.agents.len(), tenant.skills.len()), (agents, skills));
        assert_eq!(tenant.strategies[0].skills.len(), skills);
        assert_eq!(tenant.behaviour, Some(Behaviour::default()));
        World::new(collections()).seed(&tenant).unwrap();
    }
}

#[test]
fn names_are_unique_where_they_must_be() {
    let people = People::new(5);
    let agents: Vec<_> = (0..30_000).map(|number| people.agent(number)).collect();
    let distinct = |of: fn(&super::people::Agent) -> &String| {
        agents.iter().map(of).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(distinct(|agent| &agent.id), agents.len());
    assert_eq!(distinct(|agent| &agent.email), agents.len());
    assert!(distinct(|agent| &agent.name) < agents.len(), "no address needed a number");
    let skills: BTreeSet<String> = (0..skill_names()).map(skill_name).collect();
    assert_eq!(skills.len(), 1000);
    let teams = Generator::new(parameters(1_000_000, 1, 0.0, 1)).outputs();
    assert_eq!(teams.map(Output::path).collect::<BTreeSet<_>>().len(), 20_004);
}

#[test]
fn levels_are_spread_as_people_are() {
    let mut counts = [0; 5];
    for row in tenant(parameters(500, 10, 0.0, 1)).assignments {
        counts[usize::try_from(row.level - 1).unwrap()] += 1;
    }
    assert!(counts.iter().all(|count| *count > 250), "{counts:?}");
    assert_eq!(counts.iter().max(), Some(&counts[2]), "{counts:?}");
}
