//! The main job, and what surrounds it.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use super::{APPLY, folder, many_queues, tenant};
use crate::support::port::{Port, SECRET, end, program};

#[test]
fn three_variables_and_a_folder_are_enough() {
    let (port, folder) = (Port::serve(&tenant(json!({}))), folder());
    let validated = port.run(folder.path(), &["validate", "desired"]);
    assert_eq!(validated.code, 0, "{validated:?}");
    assert_eq!(port.log(), Vec::new());
    let plan = port.run(folder.path(), &["plan", "desired", "--detailed-exitcode"]);
    assert_eq!(plan.code, 2, "{plan:?}");
    assert!(plan.out.contains("Plan: 2 to add, 1 to change, 0 to destroy."), "{plan:?}");
    let applied = port.run(folder.path(), &APPLY);
    assert_eq!(applied.code, 0, "{applied:?}");
    let told = "Apply complete! Resources: 2 added, 1 changed, 0 destroyed.";
    assert!(applied.out.contains(told), "{applied:?}");
    let plan = port.run(folder.path(), &["plan", "desired", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{plan:?}");
    assert!(plan.out.contains("No changes. The tenant matches the manifests."), "{plan:?}");
    let world = port.world();
    let main = world.table("queues").get("q-1").unwrap();
    assert_eq!((&main["capacity"], &main["colour"]), (&json!(20), &json!("red")));
}

#[test]
fn a_project_with_a_simulated_tenant_sends_nothing_to_the_variables_tenant() {
    let (port, folder) = (Port::serve(&tenant(json!({}))), folder());
    let project = "apiVersion: cxform/v1\nkind: Project\nmanifests: [desired]\n\
                   tenants: { sim: { url: 'sim:tenant.json' } }\n";
    folder.put("cxform.yaml", project);
    folder.put("tenant.json", &tenant(json!({})).to_string());
    for arguments in [&["validate"][..], &["plan"], &["apply", "--auto-approve"], &["doctor"]] {
        let ran = port.run(folder.path(), arguments);
        assert_eq!(ran.code, 0, "{arguments:?} {ran:?}");
    }
    assert_eq!(port.log(), Vec::new());
}

#[test]
fn secrets_are_in_no_output_and_in_no_file() {
    let faults = json!([{"method": "PUT", "what": {"status": {"code": 500, "retryAfter": 0}}}]);
    let (port, folder) = (Port::serve(&tenant(json!({"faults": faults}))), folder());
    let mut told = String::new();
    for arguments in [&["doctor"][..], &["plan", "desired", "--out", "plan.json"], &APPLY] {
        let traced = port.program(folder.path(), arguments).env("CXFORM_LOG", "trace").spawn();
        let ran = end(traced.unwrap());
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.err.contains("/api/v2/"), "nothing was traced: {ran:?}");
        told.push_str(&ran.out);
        told.push_str(&ran.err);
    }
    // A refused client is where a secret would be easiest to let slip.
    let known = json!({"clientId": "other", "clientSecret": "other"});
    port.world().behaviour.credentials = serde_json::from_value(known).unwrap();
    let refused =
        port.program(folder.path(), &["plan", "desired"]).env("CXFORM_LOG", "trace").spawn();
    let refused = end(refused.unwrap());
    assert_eq!(refused.code, 1, "{refused:?}");
    told.push_str(&refused.err);
    let mut folders = vec![folder.path().to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => told.push_str(&std::fs::read_to_string(path).unwrap()),
            }
        }
    }
    assert!(told.contains("plan_hash"), "the audit was not looked at");
    for secret in [SECRET, "token-1-", "token-2-", "token-3-"] {
        assert!(!told.contains(secret), "{secret}");
    }
}

#[test]
fn a_short_lived_token_is_renewed_by_one_request_at_a_time() {
    let faults = json!([{"method": "POST", "path": "/api/v2/queues", "times": "forever",
        "what": {"delay": {"ms": 150}}}]);
    let port = Port::serve(&tenant(json!({"tokenSeconds": 1, "faults": faults})));
    let folder = many_queues(30);
    let applied = port.run(folder.path(), &APPLY);
    assert_eq!(applied.code, 0, "{applied:?}");
    let log = port.log();
    let tokens = log.iter().filter(|logged| logged.path.ends_with("/oauth/token"));
    let times: Vec<i64> = tokens.map(|logged| logged.now_ms).collect();
    assert!(times.len() >= 2, "{times:?}");
    // A token of one second is used for half of it.
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 400), "{times:?}");
    let refused = log.iter().filter(|logged| logged.status == Some(401)).count();
    assert!(refused <= 5, "{refused}");
    let created = log.iter().filter(|l| l.status == Some(201)).count();
    assert_eq!(created, 30);
}

#[test]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_silence() {
    let (port, folder) = (Port::serve(&tenant(json!({}))), folder());
    if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        let mut plan = port.program(folder.path(), &["plan", "desired"]);
        let ran = end(plan.stdout(Stdio::from(full)).spawn().unwrap());
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.err.starts_with("error: "), "{ran:?}");
    }
    let mut plan = port.program(folder.path(), &["plan", "desired", "--format", "json"]);
    let mut plan = plan.spawn().unwrap();
    drop(plan.stdout.take());
    let ran = end(plan);
    assert_eq!(ran.err, "");
}

#[test]
fn the_program_starts_fast() {
    let folder = folder();
    let best = (0..10).map(|_| {
        let start = tokio::time::Instant::now();
        let ran = end(program(folder.path(), &["version"]).spawn().unwrap());
        assert_eq!(ran.code, 0, "{ran:?}");
        start.elapsed()
    });
    let best = best.min().unwrap();
    assert!(best < Duration::from_millis(60), "{best:?}");
}

#[test]
fn a_rule_is_lifted_for_the_plan_with_that_hash_only() {
    let (port, folder) = (Port::serve(&tenant(json!({}))), folder());
    let text = super::DESIRED.replace("Ana:", "Ben:");
    folder.put("desired/all.yaml", &text);
    let plan = port.run(folder.path(), &["plan", "desired", "--format", "json"]);
    assert_eq!(plan.code, 3, "{plan:?}");
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    let lift = |hash: &str| {
        let rule = format!("licence@{hash}");
        let arguments = [&APPLY[..], &["--override", &rule, "--reason", "ticket 4711"]].concat();
        port.run(folder.path(), &arguments)
    };
    let other = lift(&format!("sha256:{}", "0".repeat(64)));
    assert_eq!(other.code, 3, "{other:?}");
    assert!(port.log().iter().all(|l| l.status != Some(201)), "something was written");
    let lifted = lift(plan["hash"].as_str().unwrap());
    assert_eq!(lifted.code, 0, "{lifted:?}");
    let audits = std::fs::read_dir(folder.path().join(".cxform/audit")).unwrap();
    let audit = audits.map(|entry| entry.unwrap().path()).next().unwrap();
    let audit = std::fs::read_to_string(audit).unwrap();
    let first: Value = serde_json::from_str(audit.lines().next().unwrap()).unwrap();
    assert_eq!(first["event"], "start");
    assert_eq!(first["overrides"][0]["reason"], "ticket 4711", "{first}");
}
