//! What a reader with two minutes sees first, and once.

use serde_json::{Value, json};

use super::super::markdown;
use super::{COMMANDS, COMMENT, assignment, change, plan, queue, read, told};
use crate::render::{Commands, Detail};

/// Queues of which several say the same.
fn queues() -> Vec<Value> {
    let update =
        |name: &str, paths: &[(&str, Value, Value)]| change(&queue(name), name, "update", paths);
    let rules = |value: i64| json!([{"type": "priority", "value": 1}, {"type": "capacity", "value": value}]);
    let mut all: Vec<Value> = Vec::new();
    for n in 0..9_i64 {
        let both =
            [("capacity", json!(n), json!(n + 100)), ("routingRules", rules(n), rules(n + 100))];
        all.push(update(&format!("Grow {n}"), &both));
    }
    for n in 0..7 {
        all.push(update(&format!("Less {n}"), &[("threshold", json!(80), json!(60))]));
    }
    all.push(update(
        "Unlike",
        &[("threshold", json!(80), json!(60)), ("target", json!("a"), json!(null))],
    ));
    all
}

#[test]
fn like_changes_are_told_once_and_after_what_is_unlike() {
    let told = told(&plan(queues()), COMMENT);
    let expect = "#### Changed: 17 queues\n\n```diff\n\
        ~ queue/Unlike  threshold: 80 -> 60; target: a -> none\n\
        ~ threshold: 80 -> 60  for 7 queues\n    \
            Less 0, Less 1, Less 2, Less 3, Less 4, Less 5, Less 6\n\
        ~ capacity: +100; routingRules[2].value: +100  for 9 queues\n    \
            Grow 0 0 -> 100, Grow 1 1 -> 101, Grow 2 2 -> 102, Grow 3 3 -> 103, Grow 4 4 -> 104, Grow 5 5 -> 105,\n    \
            Grow 6 6 -> 106, Grow 7 7 -> 107, Grow 8 8 -> 108\n```\n";
    assert!(told.contains(expect), "{told}");
    // Folded, each by itself; why is no news where it is the same of all.
    assert!(told.contains("\n~ queue/Grow 3  at desired/a.yaml:3:5\n-   capacity: 3\n"), "{told}");
    assert!(told.contains("\n-   routingRules[2].value: 3\n+   routingRules[2].value: 103\n"));
}

#[test]
fn what_drifted_stays_apart_from_what_changed() {
    let mut all = queues();
    for (change, drifted) in all.iter_mut().zip([true, false].into_iter().cycle()) {
        change["drifted"] = json!(drifted);
    }
    let mut plan = plan(all);
    plan["source"]["base"] = json!({"name": "main", "manifests_digest": ""});
    let told = told(&plan, COMMENT);
    let lines = told.split("```diff\n").nth(1).and_then(|rest| rest.split("\n```").next());
    let lines: Vec<&str> = lines.unwrap().lines().filter(|l| !l.starts_with(' ')).collect();
    let expect = [
        "# Changed since main:",
        "~ capacity: +100; routingRules[2].value: +100  for 4 queues",
        "~ threshold: 80 -> 60  for 4 queues",
        "# Not changed since main, but different in the tenant:",
        "~ queue/Unlike  threshold: 80 -> 60; target: a -> none",
        "~ threshold: 80 -> 60  for 3 queues",
        "~ capacity: +100; routingRules[2].value: +100  for 5 queues",
    ];
    assert_eq!(lines, expect, "{told}");
}

#[test]
fn a_commit_as_the_base_is_told_briefly_and_nobody_says_drift() {
    let mut all = queues();
    all[0]["drifted"] = json!(true);
    let count = all.len();
    let mut plan = plan(all);
    let commit = "92e6e7b20cf644219e64936adf3163ba3d8201d4";
    plan["source"]["base"] = json!({"name": commit, "commit": commit, "manifests_digest": ""});
    let told = told(&plan, COMMENT);
    let expect = [
        format!("`Since 92e6e7b20cf6: {} changed; 1 other differs in the tenant.`", count - 1),
        "# Changed since 92e6e7b20cf6:".to_owned(),
        "# Not changed since 92e6e7b20cf6, but different in the tenant:".to_owned(),
    ];
    for line in expect {
        assert!(told.lines().any(|own| own == line), "{line}\n{told}");
    }
    assert!(!told.contains(commit) && !told.contains("drift"), "{told}");
}

/// Assignments of many agents to two skills, of whom some get better and some worse.
fn matrix() -> Value {
    let moved = |n: i64, skill: &str, before: i64, after: i64| {
        assignment(&format!("Agent {n:02}"), skill, "update", before, after)
    };
    let better = (0..30).map(|n| moved(n, "billing", 3, 4));
    let worse = (10..20).map(|n| moved(n, "sales", 5, 4));
    plan(better.chain(worse).collect())
}

#[test]
fn worse_comes_first_and_what_is_left_out_is_said_once() {
    let told = told(&matrix(), COMMENT);
    let title = "#### Grouped changes: 40 assignments, of 30 agents in all, by skill\n";
    assert!(told.contains(title), "{told}");
    let worse = told.find("~ skill sales  level: 5 -> 4 (worse)  for 10 agents\n").unwrap();
    assert!(worse < told.find("~ skill billing  level: 3 -> 4 (better)  for 30 agents\n").unwrap());
    assert!(!told.contains(" more"), "{told}");
    let left_out = "> Left out: 24 names of grouped changes. All of it: `cxform plan --detail full`\n\n\
                    Plan: 0 to add, 40 to change, 0 to destroy.\n";
    assert!(told.ends_with(left_out), "{told}");
    let none = Commands { whole: None, ..COMMANDS };
    let told = markdown(&read(&matrix()), Detail::Changes, COMMENT, none);
    assert!(told.contains("All of it: the same command with `--detail full`\n"), "{told}");
}

#[test]
fn what_is_held_is_said_not_to_be_done_and_named_in_full() {
    let mut plan = matrix();
    for change in plan["resource_changes"].as_array_mut().unwrap() {
        change["held_by"] = json!(["depends-on-held"]);
    }
    let told = told(&plan, COMMENT);
    let (open, folded) = told.split_once("<summary>All of them by name</summary>").unwrap();
    assert!(open.contains("#### Held, and not applied: 40 assignments\n\nNothing of this is done"));
    assert!(open.contains("! 30 assignments of skill billing  "), "{told}");
    assert!(!open.contains("Agent 29") && folded.contains("Agent 29"), "{told}");
}

#[test]
fn a_plan_that_cannot_be_applied_says_so_first() {
    let mut plan = plan(queues());
    plan["source"]["live"] = json!("tenant.json");
    let text = told(&plan, COMMENT);
    let first = text.find("**This plan cannot be applied**").unwrap();
    assert!(first < text.find("####").unwrap(), "{text}");
}

#[test]
fn levels_that_run_out_are_in_the_open() {
    let covered = |address: &str, before: Value, after: Value| {
        let span = json!({"from": "2035-01-08T00:00:00Z", "to": "2035-01-15T00:00:00Z",
            "before": before, "after": after});
        json!({"address": address, "agents": 900, "touched": 9, "spans": [span]})
    };
    let mut plan = matrix();
    plan["coverage"] = json!({"timezone": "UTC", "from": "2035-01-08T00:00:00Z",
    "to": "2035-01-15T00:00:00Z", "agents": 900, "resources": [
        covered("queue/A", json!({"3": 100, "4": 602}), json!({"3": 660, "4": 42})),
        covered("queue/B", json!({"4": 10, "5": 343}), json!({"4": 353})),
        // Who rises is not lost, and a half is not more than a half.
        covered("queue/C", json!({"3": 800}), json!({"5": 800})),
        covered("queue/D", json!({"2": 10, "3": 20}), json!({"2": 20, "3": 10})),
    ]});
    let told = told(&plan, COMMENT);
    let rows = "| `queue/B` | 5 | `all of the time` | 343 | 0 | ⚠ none left |\n\
                | `queue/A` | 4 | `all of the time` | 602 | 42 |  |\n\nA queue counts whoever holds ";
    assert!(told.contains(rows), "{told}");
    assert!(told.find(rows) < told.find("<details>"), "{told}");
}
