//! Many changes in bad weather: none fails.

use std::sync::Arc;

use cxform::plan::OutcomeStatus;
use serde_json::{Value, json};

use super::life::{Fate, Life};
use super::process::{self, Ended, Task};
use super::runner::in_simulated_time;
use super::scene::Scene;
use super::schedule::plain;
use super::trouble::Trouble;
use crate::cases::tenant::Tenant;
use crate::cases::{self, read};

const AGENTS: usize = 100;
const SKILLS: usize = 50;

/// Agents with every skill, all at level 2.
fn tenant() -> Tenant {
    let skills: Vec<Value> = (0..SKILLS).map(|n| json!({"id": format!("s-{n}")})).collect();
    let ids: Vec<&Value> = skills.iter().map(|skill| &skill["id"]).collect();
    let licences = json!([{"licenseType": "agent"}]);
    let agents = (0..AGENTS).map(|n| json!({"id": format!("u-{n}"), "licenses": licences}));
    let assignments = (0..AGENTS * SKILLS).map(|n| {
        json!({"id": format!("a-{n}"), "userId": format!("u-{}", n / SKILLS),
            "skillId": format!("s-{}", n % SKILLS), "level": 2,
            "availableFrom": "2035-01-08T08:00:00Z", "availableTo": "2035-01-08T17:00:00Z"})
    });
    let snapshot = json!({
        "apiVersion": "cxform/v1", "kind": "Tenant",
        "strategies": [{"id": "r-1", "status": "active", "skills": ids}],
        "agents": agents.collect::<Vec<_>>(), "assignments": assignments.collect::<Vec<_>>(),
        "skills": skills,
    });
    Tenant { snapshot, licensed: Vec::new(), active: Vec::new() }
}

fn manifest() -> String {
    let cells: Vec<String> = (0..SKILLS).map(|n| format!("s-{n}: 4")).collect();
    let row = |n| format!("    u-{n}: {{ {} }}\n", cells.join(", "));
    let rows: String = (0..AGENTS).map(row).collect();
    format!(
        "apiVersion: cxform/v1\nkind: SkillMatrix\nmetadata: {{ name: all }}\nspec:\n  agents:\n{rows}"
    )
}

#[test]
fn with_refusals_and_broken_answers_no_change_fails_and_the_limit_is_kept() {
    in_simulated_time(async {
        let world = cases::world(&tenant());
        let first = cases::rows(&world);
        let scene = Scene::new(world, first, Trouble::drizzle(4));
        let items = Arc::new(read(&[("all.yaml".to_owned(), manifest())]));
        let task = Task { items, manner: plain(), again: None, seed: 4 };
        let Ended::Applied(applied) = process::run(&Life::begin(&scene, Fate::Peace), &task).await
        else {
            panic!("nothing was applied")
        };
        let is_done = |status| matches!(status, OutcomeStatus::Done);
        assert_eq!(applied.outcomes.len(), AGENTS * SKILLS);
        assert_eq!(applied.outcomes.iter().find(|outcome| !is_done(outcome.status)), None);
        assert_eq!(scene.lock().wrong, [""; 0]);
        assert!(scene.lock().tally["429"] > 80 && scene.lock().tally["reset"] > 5);
        scene.lock().trouble.ends();
        let next = process::run(&Life::begin(&scene, Fate::Peace), &task).await;
        assert!(matches!(next, Ended::Empty));
    });
}
