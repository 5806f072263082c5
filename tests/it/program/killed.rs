//! An apply that is killed, again and again, at any moment: what became of its last writes is found
//! out by the next run, the audit stays whole, and in the end all is as the manifests say.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cxform::http::Method;
use serde_json::{Value, json};

use crate::support::Folder;
use crate::support::port::{Port, end};

const AGENTS: usize = 40;
const SKILLS: usize = 49;
const QUEUES: usize = 40;

/// 40 agents with 49 skills each, all of which change their level.
fn tenant() -> Value {
    let skills: Vec<Value> = (0..SKILLS).map(|n| json!({"id": format!("s-{n}")})).collect();
    let ids: Vec<&Value> = skills.iter().map(|skill| &skill["id"]).collect();
    let agents = (0..AGENTS).map(|n| {
        let licences = json!([{"licenseType": "agent"}]);
        json!({"id": format!("u-{n}"), "name": format!("agent {n}"), "licenses": licences})
    });
    let assignments = (0..AGENTS * SKILLS).map(|n| {
        json!({"id": format!("a-{n}"), "userId": format!("u-{}", n / SKILLS),
            "skillId": format!("s-{}", n % SKILLS), "level": 2,
            "availableFrom": "2035-01-08T08:00:00Z", "availableTo": "2035-01-08T17:00:00Z"})
    });
    json!({
        "apiVersion": "cxform/v1", "kind": "Tenant",
        "strategies": [{"id": "r-1", "status": "active", "skills": ids}],
        "agents": agents.collect::<Vec<_>>(), "assignments": assignments.collect::<Vec<_>>(),
        "skills": skills,
    })
}

fn folder(url: &str) -> Folder {
    let folder = Folder::new("killed");
    let queue = |n| {
        format!(
            "apiVersion: cxform/v1\nkind: Queue\nmetadata: {{ name: queue {n} }}\nspec: {{ capacity: 5 }}\n---\n"
        )
    };
    let queues: String = (0..QUEUES).map(queue).collect();
    let cells: Vec<String> = (0..SKILLS).map(|n| format!("s-{n}: 4")).collect();
    let rows: String =
        (0..AGENTS).map(|n| format!("    u-{n}: {{ {} }}\n", cells.join(", "))).collect();
    let matrix =
        "apiVersion: cxform/v1\nkind: SkillMatrix\nmetadata: { name: all }\nspec:\n  agents:\n";
    folder.put("desired/all.yaml", &format!("{queues}{matrix}{rows}"));
    folder.put(
        "cxform.yaml",
        &format!(
            "apiVersion: cxform/v1\nkind: Project\nmanifests: [desired]\ndefaultTenant: prod\n\
             tenants: {{ prod: {{ url: '{url}', requestsPerSecond: 100000, concurrency: 10 }} }}\n"
        ),
    );
    folder
}

/// A number below `end`, another one each time (splitmix64).
fn draw(state: &mut u64, end: u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) % end
}

#[test]
fn an_apply_that_is_killed_at_any_moment_is_resumed_and_the_audit_is_whole() {
    let kills = std::env::var("KILLS").map_or(6, |text| text.parse().unwrap());
    let port = Port::serve(&tenant());
    let folder = folder(&port.url());
    let (mut seed, mut killed) = (u64::from(std::process::id()), 0);
    while killed < kills {
        let mut apply = port.program(folder.path(), &["apply", "--auto-approve"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(20 + draw(&mut seed, 900)));
        if apply.try_wait().unwrap().is_none() {
            killed += 1;
            apply.kill().unwrap();
            apply.wait().unwrap();
            continue;
        }
        // It came to its end before it was killed: somebody changes every level, and it begins again.
        for n in 0..AGENTS * SKILLS {
            port.world().edit("assignments", &format!("a-{n}"), &json!({"level": 2}));
        }
    }
    let last = end(port.program(folder.path(), &["apply", "--auto-approve"]).spawn().unwrap());
    assert_eq!(last.code, 0, "{}", &last.err);
    let plan = port.run(folder.path(), &["plan", "--detailed-exitcode"]);
    assert_eq!((plan.code, plan.out.contains("No changes.")), (0, true), "{plan:?}");
    let verified = port.run(folder.path(), &["audit", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    audited(&folder, &port);
}

/// Every write that the tenant carried out is in the audit once, and nothing else is said to be done.
fn audited(folder: &Folder, port: &Port) {
    let (mut done, mut ends, mut starts) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    let mut told = BTreeSet::new();
    let audit = std::fs::read_to_string(folder.path().join(".cxform/audit/prod.jsonl")).unwrap();
    for line in audit.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        match &*text("event") {
            "start" => assert!(starts.insert(text("run"))),
            "end" => assert!(ends.insert(text("run"))),
            _ => {
                let is_first = told.insert((text("run"), text("address"), text("action")));
                assert!(is_first, "twice: {line}");
                if text("result") == "done" {
                    *done.entry(text("action")).or_insert(0) += 1;
                }
            }
        }
    }
    assert_eq!(starts, ends);
    let mut carried_out = BTreeMap::new();
    for logged in port.log() {
        let is_write = logged.method != Method::Get && !logged.path.ends_with("/token");
        if is_write && logged.status.is_none_or(|status| status < 300) {
            let action = if logged.path.ends_with("/queues") { "create" } else { "update" };
            *carried_out.entry(action.to_owned()).or_insert(0) += 1;
        }
    }
    assert_eq!(done, carried_out);
    assert_eq!(done["create"], QUEUES);
}

/// The only run's folder, after an apply that was killed before its end.
fn killed_run(port: &Port, folder: &Folder) -> std::path::PathBuf {
    let mut apply = port.program(folder.path(), &["apply", "--auto-approve"]).spawn().unwrap();
    port.wait_for(|logged| logged.method == Method::Post && logged.path.ends_with("/queues"));
    apply.kill().unwrap();
    apply.wait().unwrap();
    let mut runs = std::fs::read_dir(folder.path().join(".cxform/runs")).unwrap();
    runs.next().unwrap().unwrap().path()
}

fn apply(port: &Port, folder: &Folder) {
    let ran = port.run(folder.path(), &["apply", "--auto-approve"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let verified = port.run(folder.path(), &["audit", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn a_torn_journal_and_a_settlement_that_is_cut_off_too_stop_nothing() {
    let port = Port::serve(&tenant());
    let folder = folder(&port.url());
    let run = killed_run(&port, &folder);
    let journal = run.join("journal.jsonl");
    let mut torn = std::fs::read_to_string(&journal).unwrap();
    torn.push_str("{\"type\":\"outc");
    std::fs::write(&journal, torn).unwrap();
    for _ in 0..3 {
        apply(&port, &folder);
        // As if the settlement had died just before its last step.
        std::fs::remove_file(run.join("outcome.json")).unwrap();
    }
    let text = std::fs::read_to_string(&journal).unwrap();
    let sound = |line: &str| serde_json::from_str::<Value>(line).is_ok();
    assert!(text.ends_with('\n') && text.lines().all(sound));
}

#[test]
fn an_inverse_is_for_rollback_alone() {
    let port = Port::serve(&tenant());
    let folder = folder(&port.url());
    apply(&port, &folder);
    let mut runs = std::fs::read_dir(folder.path().join(".cxform/runs")).unwrap();
    let inverse = runs.next().unwrap().unwrap().path().join("inverse.json");
    let inverse = inverse.to_str().unwrap();
    let queues = port.world().table("queues").len();
    let refused = port.run(folder.path(), &["apply", "--plan", inverse]);
    assert_eq!(refused.code, 64, "{refused:?}");
    assert!(refused.err.contains("cxform rollback"), "{refused:?}");
    assert_eq!(port.world().table("queues").len(), queues);
    let held = port.run(folder.path(), &["rollback", inverse, "--auto-approve"]);
    assert_eq!(held.code, 0, "{}", held.err);
    assert_eq!(port.world().table("queues").len(), queues);
    let row = port.world().table("assignments").get("a-0").cloned().unwrap();
    assert_eq!(row["level"], 2);
    // All 40 of its queues are more than 30 %: the guards of every plan hold here too.
    let all = ["rollback", inverse, "--auto-approve", "--allow-delete"];
    let blocked = port.run(folder.path(), &all);
    assert_eq!(blocked.code, 3, "{}", blocked.err);
}

#[test]
fn a_run_ends_once_however_often_it_is_settled() {
    let port = Port::serve(&tenant());
    let folder = folder(&port.url());
    apply(&port, &folder);
    let mut runs = std::fs::read_dir(folder.path().join(".cxform/runs")).unwrap();
    let run = runs.next().unwrap().unwrap();
    for _ in 0..2 {
        std::fs::remove_file(run.path().join("outcome.json")).unwrap();
        apply(&port, &folder);
    }
    let audit = std::fs::read_to_string(folder.path().join(".cxform/audit/prod.jsonl")).unwrap();
    let name = run.file_name().into_string().unwrap();
    let of_run = audit.lines().filter(|line| line.contains(&format!("\"run\":\"{name}\"")));
    let ends = of_run.filter(|line| line.contains("\"event\":\"end\"")).count();
    assert_eq!(ends, 1);
    let report = std::fs::read_to_string(run.path().join("outcome.json")).unwrap();
    assert!(report.contains("\"result\":\"complete\""), "{report}");
}
