//! An apply that is followed: by events whose reader goes away, by monitoring.

use std::io::{BufRead as _, BufReader};

use serde_json::{Value, json};

use super::{APPLY, many_queues, tenant};
use crate::support::Folder;
use crate::support::port::{Port, end};

fn apply_with(events: &str) -> Vec<&str> {
    [&APPLY[..], &["--events", events]].concat()
}

/// The report of the folder's only run.
fn report(folder: &Folder) -> Value {
    let runs: Vec<_> = std::fs::read_dir(folder.path().join(".cxform/runs")).unwrap().collect();
    assert_eq!(runs.len(), 1);
    let run = runs.into_iter().next().unwrap().unwrap().path();
    serde_json::from_str(&std::fs::read_to_string(run.join("outcome.json")).unwrap()).unwrap()
}

#[test]
fn events_come_while_the_apply_runs() {
    let slow = json!({"faults": [{"method": "POST", "path": "/api/v2/queues", "times": "forever",
        "what": {"delay": {"ms": 100}}}]});
    let (port, folder) = (Port::serve(&tenant(slow)), many_queues(30));
    let mut apply = port.program(folder.path(), &apply_with("-")).spawn().unwrap();
    let lines = BufReader::new(apply.stdout.take().unwrap()).lines();
    let mut begun_before_all_was_done = false;
    let mut kinds = Vec::new();
    for line in lines {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let kind = line["type"].as_str().unwrap().to_owned();
        begun_before_all_was_done |=
            kind == "apply_start" && port.world().table("queues").len() < 31;
        kinds.push(kind);
    }
    let ran = end(apply);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(begun_before_all_was_done);
    for (kind, count) in [
        ("version", 1),
        ("planned_change", 30),
        ("apply_start", 30),
        ("apply_complete", 30),
        ("change_summary", 2),
        ("audit_head", 1),
    ] {
        assert_eq!(kinds.iter().filter(|found| *found == kind).count(), count, "{kind}");
    }
    assert!(ran.err.contains("Apply complete! Resources: 30 added,"), "{ran:?}");
}

#[test]
fn a_reader_that_goes_away_and_a_full_disk_do_not_stop_the_apply() {
    let check = |events: &str, close: bool, warning: &str| {
        let (port, folder) = (Port::serve(&tenant(json!({}))), many_queues(40));
        let mut apply = port.program(folder.path(), &apply_with(events)).spawn().unwrap();
        if close {
            drop(apply.stdout.take());
        }
        let ran = end(apply);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.err.matches("warning: ").count(), 1, "{ran:?}");
        assert!(ran.err.contains(warning), "{ran:?}");
        assert_eq!(port.world().table("queues").len(), 41);
        assert_eq!(report(&folder)["counts"], json!({"done": 40}));
    };
    check("-", true, "warning: the events did not all get through: standard output: Broken pipe");
    if std::path::Path::new("/dev/full").exists() {
        check(
            "/dev/full",
            false,
            "warning: the events did not all get through: /dev/full: No space",
        );
    }
}

#[test]
fn figures_are_for_people_for_machines_and_for_monitoring() {
    let busy = json!({"faults": [
        {"method": "POST", "path": "/api/v2/queues", "times": 3,
            "what": {"status": {"code": 429, "retryAfter": 0}}}]});
    let (port, folder) = (Port::serve(&tenant(busy)), many_queues(20));
    let project =
        "apiVersion: cxform/v1\nkind: Project\nmetrics: { prometheus: out/cxform.prom }\n";
    folder.put("cxform.yaml", project);
    folder.put("out/cxform.prom", "what the run before left\n");
    let ran = port.run(folder.path(), &APPLY);
    assert_eq!(ran.code, 0, "{ran:?}");
    let log = port.log();
    let told = format!("Requests: {}; sent again: 3; waited for the limit: ", log.len());
    assert!(ran.err.contains(&told), "{ran:?}");
    assert!(ran.err.contains("errors: 429 "), "{ran:?}");
    assert!(ran.err.contains("Latency p50/p95/p99: "), "{ran:?}");
    let report = report(&folder);
    assert_eq!(report["figures"]["requests"], log.len());
    assert_eq!(report["figures"]["errors"]["429"]["count"], 3);
    assert_eq!(report["figures"]["latency"]["writes"]["count"], 23);
    let metrics = std::fs::read_to_string(folder.path().join("out/cxform.prom")).unwrap();
    for expect in [
        "answers{tenant=\"default\",class=\"429\"} 3",
        "changes{tenant=\"default\",status=\"done\"} 20",
    ] {
        let line = format!("cxform_apply_{expect}\n");
        assert!(metrics.contains(&line), "{line}{metrics}");
    }
    // A file that cannot be written is a warning: the apply is done.
    folder.put("desired/all.yaml", super::DESIRED);
    let mut apply = port.program(folder.path(), &APPLY);
    apply.env("CXFORM_METRICS_FILE", "no/such/folder/cxform.prom");
    let ran = end(apply.spawn().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("warning: "), "{ran:?}");
    assert!(ran.err.contains("no/such/folder/cxform.prom cannot be written: No such"), "{ran:?}");
}
