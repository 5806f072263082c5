//! A tenant that is held by a run which has died, or is taken for dead.

use std::time::Duration;

use serde_json::{Value, json};

use super::APPLY;
use super::shared::{events, is_create, project, set_up, slow_writes};
use crate::support::port::end;

const NOTHING_TO_DO: &str = "apiVersion: cxform/v1\nkind: AvailabilityWindow\nmetadata: { name: day }\n\
    spec: { from: '2035-01-01T08:00:00Z', to: '2035-01-01T17:00:00Z' }\n";

#[test]
fn a_killed_holder_is_taken_over_from_its_own_clone_when_stale_or_by_hand() {
    let Some((port, clones)) = set_up(30, slow_writes()) else { return };
    for name in ["a", "b", "c"] {
        clones.checkout(name);
    }
    let mut killed = clones.program(&port, "a", &APPLY).spawn().unwrap();
    port.wait_for(is_create);
    killed.kill().unwrap();
    killed.wait().unwrap();
    port.world().behaviour.faults.clear();
    let held = clones.on_branch("prod/holder.json").unwrap();
    let mut holder: Value = serde_json::from_str(&held).unwrap();
    let dead = holder["run"].as_str().unwrap().to_owned();
    let refused = clones.run(&port, "b", &APPLY);
    assert_eq!(refused.code, 1, "{refused:?}");
    // Where it ran, the lock tells at once that it is dead.
    let again = clones.run(&port, "a", &APPLY);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.err.contains(&format!("the run {dead} of ana on host-a")), "{again:?}");
    assert!(again.err.contains("did not end; it is taken over"), "{again:?}");
    assert_eq!(port.world().table("queues").len(), 31);
    assert_eq!(events(&clones, "prod").0, 2);

    // The machine of another one is gone: its journal is lost, and any change may have been sent.
    for name in ["plan.json", "start.json"] {
        let path = format!("prod/runs/{dead}/{name}");
        let content = clones.on_branch(&path).unwrap().replace(&dead, "gone");
        clones.put_on_branch(&format!("prod/runs/gone/{name}"), Some(&content));
    }
    holder["run"] = json!("gone");
    clones.put_on_branch("prod/holder.json", Some(&holder.to_string()));
    let refused = clones.run(&port, "b", &APPLY);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("held by the run gone of ana"), "{refused:?}");
    holder["since"] = json!("2020-01-01T00:00:00Z");
    clones.put_on_branch("prod/holder.json", Some(&holder.to_string()));
    let over = clones.run(&port, "b", &APPLY);
    assert_eq!(over.code, 0, "{over:?}");
    assert!(over.err.contains("since 2020-01-01T00:00:00Z did not end"), "{over:?}");
    let journal = clones.path("b/.cxform/runs/gone/journal.jsonl");
    assert!(std::fs::read_to_string(journal).unwrap().starts_with("{\"type\":\"lost\"}\n"));
    // How it began stood on the branch; what the tenant has of it was looked up.
    let audit = clones.on_branch("prod/audit/prod.jsonl").unwrap();
    let of_gone: Vec<Value> =
        audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_gone: Vec<&Value> = of_gone.iter().filter(|line| line["run"] == "gone").collect();
    assert_eq!(of_gone.len(), 32);
    assert_eq!((&of_gone[0]["event"], &of_gone[0]["settled_by"]), (&json!("start"), &json!("ana")));
    assert_eq!(of_gone[31]["result"], json!("cut-off"));
    assert_eq!(of_gone[31]["outcomes"], json!({"done": 30}));

    // By hand: whoever is sure removes the file.
    holder["since"] = json!("2999-01-01T00:00:00Z");
    clones.put_on_branch("prod/holder.json", Some(&holder.to_string()));
    assert_eq!(clones.run(&port, "c", &APPLY).code, 1);
    clones.put_on_branch("prod/holder.json", None);
    assert_eq!(clones.run(&port, "c", &APPLY).code, 0);
    assert_eq!(events(&clones, "prod").0, 5);
}

#[test]
fn a_run_that_takes_long_is_heard_of_and_stops_where_the_tenant_is_anothers() {
    let slow = json!({"faults": [{"method": "POST", "path": "/api/v2/queues", "times": "forever",
        "what": {"delay": {"ms": 3000}}}]});
    let Some((port, clones)) = set_up(100, slow) else { return };
    for name in ["a", "b"] {
        let project =
            project(&port, "prod").replace("cxform-state", "cxform-state, staleAfter: 1m");
        std::fs::write(clones.checkout(name).join("cxform.yaml"), project).unwrap();
    }
    std::fs::write(clones.path("b/desired/all.yaml"), NOTHING_TO_DO).unwrap();
    let first = clones.program(&port, "a", &APPLY).spawn().unwrap();
    port.wait_for(is_create);
    let waits = [&APPLY[..], &["--lock-timeout", "60s"]].concat();
    let mut second = clones.program(&port, "b", &waits).spawn().unwrap();
    let holder = || clones.on_branch("prod/holder.json").unwrap();
    let began = std::time::Instant::now();
    while !holder().contains("\"renewed\":") {
        assert!(began.elapsed() < Duration::from_secs(60), "nothing is heard of it");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(second.try_wait().unwrap(), None);
    // For a minute nothing is heard of it, as if its machine slept.
    let mut silent: Value = serde_json::from_str(&holder()).unwrap();
    silent["renewed"] = json!("2020-01-01T00:00:00Z");
    clones.put_on_branch("prod/holder.json", Some(&silent.to_string()));
    let second = end(second);
    assert_eq!(second.code, 0, "{second:?}");
    assert!(second.err.contains(", heard of at "), "{second:?}");
    assert!(second.err.contains("did not end; it is taken over"), "{second:?}");
    // It finishes what is under way, starts nothing more, and says why.
    let first = end(first);
    assert_eq!(first.code, 130, "{first:?}");
    assert!(first.err.contains("another run has taken the tenant over meanwhile"), "{first:?}");
    let made = port.world().table("queues").len();
    assert!((2..101).contains(&made), "{made}");
    let (starts, _, ends) = events(&clones, "prod");
    assert_eq!((starts, ends), (2, 2));
    assert_eq!(clones.on_branch("prod/holder.json"), None);
}

#[test]
fn a_run_that_is_taken_for_dead_and_lives_loses_no_line() {
    let Some((port, clones)) = set_up(100, slow_writes()) else { return };
    clones.checkout("a");
    clones.checkout("b");
    let slow = clones.program(&port, "a", &APPLY).spawn().unwrap();
    port.wait_for(is_create);
    clones.put_on_branch("prod/holder.json", None);
    std::fs::write(clones.path("b/desired/all.yaml"), NOTHING_TO_DO).unwrap();
    let other = clones.run(&port, "b", &APPLY);
    assert_eq!(other.code, 0, "{other:?}");
    port.world().behaviour.faults.clear();
    let slow = end(slow);
    assert_eq!(slow.code, 0, "{slow:?}");
    assert!(slow.err.contains("another run has taken the tenant over meanwhile"), "{slow:?}");
    // The branch tells how it began, and that it was taken for dead.
    assert_eq!(events(&clones, "prod").0, 2);
    let lines = clones
        .branch()
        .into_iter()
        .find(|path| path.starts_with("prod/runs/") && path.ends_with("/prod.jsonl"));
    let lines = clones.on_branch(&lines.unwrap()).unwrap();
    assert_eq!(cxform::audit::verify(lines.as_bytes(), None).problems, []);
    assert_eq!(lines.lines().count(), 102);
}
