//! `state: {git: BRANCH}`: clones that share a tenant through a branch of their remote.

use cxform::http::Method;
use cxform::world::Logged;
use serde_json::{Value, json};

use super::{APPLY, many_queues, tenant};
use crate::support::clones::Clones;
use crate::support::port::{Port, end};

/// The port's tenant by a name that is the same in every test.
pub(super) fn project(port: &Port, name: &str) -> String {
    format!(
        "apiVersion: cxform/v1\nkind: Project\ndefaultTenant: {name}\n\
         tenants: {{ {name}: {{ url: '{}' }} }}\nstate: {{ git: cxform-state }}\n",
        port.url()
    )
}

/// A repository with so many new queues, and its port.
pub(super) fn set_up(count: usize, behaviour: Value) -> Option<(Port, Clones)> {
    let (port, files) = (Port::serve(&tenant(behaviour)), many_queues(count));
    files.put("cxform.yaml", &project(&port, "prod"));
    Some((port, Clones::of(&files)?))
}

pub(super) fn slow_writes() -> Value {
    json!({"faults": [{"method": "POST", "path": "/api/v2/queues", "times": "forever",
        "what": {"delay": {"ms": 150}}}]})
}

pub(super) fn is_create(logged: &Logged) -> bool {
    logged.method == Method::Post && logged.path == "/api/v2/queues"
}

/// The branch's audit: how many lines of each event, and all of them sound.
pub(super) fn events(clones: &Clones, tenant: &str) -> (usize, usize, usize) {
    let audit = clones.on_branch(&format!("{tenant}/audit/{tenant}.jsonl")).unwrap();
    let verified = cxform::audit::verify(audit.as_bytes(), None);
    assert_eq!(verified.problems, [], "{audit}");
    let count = |event: &str| {
        let field = format!("\"event\":\"{event}\"");
        audit.lines().filter(|line| line.contains(&field)).count()
    };
    (count("start"), count("change"), count("end"))
}

#[test]
fn a_run_leaves_its_records_on_the_branch_and_the_clone_as_it_was() {
    let Some((port, clones)) = set_up(3, json!({})) else { return };
    clones.checkout("a");
    let before = clones.repository("a");
    let ran = clones.run(&port, "a", &APPLY);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(clones.repository("a"), before);
    let paths = clones.branch();
    let [audit, inverse, journal, outcome, plan, start] = &paths[..] else { panic!("{paths:?}") };
    assert_eq!(audit, "prod/audit/prod.jsonl");
    for (path, end) in [
        (inverse, "inverse.json"),
        (journal, "journal.jsonl"),
        (outcome, "outcome.json"),
        (plan, "plan.json"),
        (start, "start.json"),
    ] {
        assert!(path.starts_with("prod/runs/") && path.ends_with(end), "{path}");
    }
    assert_eq!(events(&clones, "prod"), (1, 3, 1));
    // The whole plan was there before the first request, with who holds the tenant.
    let log = clones.git("remote.git", &["log", "--reverse", "--format=%s", "cxform-state"]);
    let run = plan.split('/').nth(2).unwrap();
    assert_eq!(log, format!("prod: {run} starts\nprod: {run} ends\n"));
    let first = clones.git("remote.git", &["show", "cxform-state~1:prod/holder.json"]);
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!((&first["actor"], &first["host"]), (&json!("ana"), &json!("host-a")));
    clones.git("remote.git", &["show", &format!("cxform-state~1:{plan}")]);

    // Another machine goes on with the same chain, and reads it without an apply.
    clones.checkout("b");
    let listed = clones.run(&port, "b", &["audit", "list"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    assert_eq!(listed.out.lines().count(), 5, "{listed:?}");
    let ran = clones.run(&port, "b", &APPLY);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(events(&clones, "prod"), (2, 3, 2));
    // Where the remote cannot be reached, the copy is read, and that is told.
    std::fs::rename(clones.path("remote.git"), clones.path("elsewhere.git")).unwrap();
    let verified = clones.run(&port, "b", &["audit", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    assert!(verified.out.contains("7 lines, whole"), "{verified:?}");
    assert!(verified.err.contains("this is the copy in the state folder"), "{verified:?}");
}

#[test]
fn of_two_clones_one_waits_or_stops_with_the_others_name() {
    let Some((port, clones)) = set_up(100, slow_writes()) else { return };
    clones.checkout("a");
    clones.checkout("b");
    let first = clones.program(&port, "a", &APPLY).spawn().unwrap();
    port.wait_for(is_create);
    let asked = port.log().len();
    let second = clones.run(&port, "b", &APPLY);
    assert_eq!(second.code, 1, "{second:?}");
    let told = "error: the tenant prod is held by the run ";
    assert!(second.err.starts_with(told), "{second:?}");
    assert!(second.err.contains(" of ana on host-a since "), "{second:?}");
    assert!(second.err.contains("prod/holder.json is removed"), "{second:?}");
    // It had asked the tenant for nothing; what came meanwhile was the first one's.
    let others = port.log().into_iter().skip(asked).filter(|logged| !is_create(logged)).count();
    assert_eq!(others, 0);
    let waits = [&APPLY[..], &["--lock-timeout", "60s"]].concat();
    let waiting = clones.program(&port, "b", &waits).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    port.world().behaviour.faults.clear();
    let waited = end(waiting);
    assert_eq!(waited.code, 0, "{waited:?}");
    assert!(waited.err.contains("Waiting for the run "), "{waited:?}");
    let first = end(first);
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(events(&clones, "prod"), (2, 100, 2));
    assert_eq!(clones.on_branch("prod/holder.json"), None);
}

#[test]
fn two_clones_that_claim_at_once_come_one_after_the_other() {
    let Some((port, clones)) = set_up(10, json!({})) else { return };
    let names = ["a", "b", "c"];
    let waits = [&APPLY[..], &["--lock-timeout", "60s"]].concat();
    let start = |name: &&str| {
        clones.checkout(name);
        clones.program(&port, name, &waits)
    };
    let programs: Vec<_> = names.iter().map(start).collect();
    let runs: Vec<_> = programs.into_iter().map(|mut run| run.spawn().unwrap()).collect();
    for run in runs {
        let ran = end(run);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let (starts, changes, ends) = events(&clones, "prod");
    assert_eq!((starts, ends), (3, 3));
    assert!(changes >= 10, "{changes}");
    assert_eq!(port.world().table("queues").len(), 11);
    assert_eq!(clones.on_branch("prod/holder.json"), None);
}

#[test]
fn two_tenants_on_one_branch_do_not_hinder_each_other() {
    let Some((port, clones)) = set_up(10, json!({})) else { return };
    let other = Port::serve(&tenant(json!({})));
    clones.checkout("a");
    let second = clones.checkout("b");
    std::fs::write(second.join("cxform.yaml"), project(&other, "live")).unwrap();
    let runs = [(&port, "a"), (&other, "b")];
    let runs = runs.map(|(port, clone)| clones.program(port, clone, &APPLY).spawn().unwrap());
    for run in runs {
        let ran = end(run);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    assert_eq!(events(&clones, "prod"), (1, 10, 1));
    assert_eq!(events(&clones, "live"), (1, 10, 1));
}

#[test]
fn a_push_that_is_refused_at_the_start_sends_nothing() {
    let Some((port, clones)) = set_up(3, json!({})) else { return };
    clones.checkout("a");
    clones.refuse(true);
    let ran = clones.run(&port, "a", &APPLY);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("[remote rejected] (pre-receive hook declined): closed today"),
        "{ran:?}"
    );
    assert!(ran.err.contains("`permissions: {contents: write}`"), "{ran:?}");
    assert!(!port.log().iter().any(is_create));
    clones.refuse(false);
    let ran = clones.run(&port, "a", &APPLY);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(events(&clones, "prod"), (1, 3, 1));
    // A remote that cannot be reached is told before the tenant is asked for anything.
    let asked = port.log().len();
    std::fs::rename(clones.path("remote.git"), clones.path("elsewhere.git")).unwrap();
    let ran = clones.run(&port, "a", &APPLY);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("the state branch cxform-state of origin cannot be fetched"),
        "{ran:?}"
    );
    assert_eq!(port.log().len(), asked);
}

#[test]
fn what_could_not_be_pushed_at_the_end_is_pushed_by_the_next_run() {
    let Some((port, clones)) = set_up(30, slow_writes()) else { return };
    clones.checkout("a");
    let run = clones.program(&port, "a", &APPLY).spawn().unwrap();
    port.wait_for(is_create);
    clones.refuse(true);
    let ran = end(run);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("Resources: 30 added"), "{ran:?}");
    assert!(ran.err.contains("WARNING: the state branch cxform-state of origin"), "{ran:?}");
    assert!(ran.err.contains("run `cxform apply` from here again"), "{ran:?}");
    assert!(clones.on_branch("prod/holder.json").is_some());
    clones.refuse(false);
    let next = clones.run(&port, "a", &APPLY);
    assert_eq!(next.code, 0, "{next:?}");
    assert!(next.out.contains("No changes."), "{next:?}");
    assert_eq!(events(&clones, "prod"), (2, 30, 2));
    let outcomes = clones.branch().into_iter().filter(|path| path.ends_with("outcome.json"));
    assert_eq!(outcomes.count(), 2);
}

#[test]
fn audits_that_went_on_each_by_itself_stop_the_run() {
    let Some((port, clones)) = set_up(3, json!({})) else { return };
    clones.checkout("a");
    let b = clones.checkout("b");
    assert_eq!(clones.run(&port, "a", &APPLY).code, 0);
    assert_eq!(clones.run(&port, "b", &APPLY).code, 0);
    let audit = ".cxform/audit/prod.jsonl";
    let text = std::fs::read_to_string(b.join(audit)).unwrap();
    let shorter: Vec<&str> = text.lines().take(2).collect();
    // This clone has one line of the branch less, and one of its own.
    std::fs::write(b.join(audit), shorter.join("\n") + "\n").unwrap();
    let offline = "apiVersion: cxform/v1\nkind: Project\ndefaultTenant: prod\n\
                   tenants: { prod: { url: 'URL' } }\n";
    std::fs::write(b.join("cxform.yaml"), offline.replace("URL", &port.url())).unwrap();
    assert_eq!(clones.run(&port, "b", &APPLY).code, 0);
    std::fs::write(b.join("cxform.yaml"), project(&port, "prod")).unwrap();
    let asked = port.log().len();
    let apart = clones.run(&port, "b", &APPLY);
    assert_eq!(apart.code, 1, "{apart:?}");
    assert!(apart.err.contains("went on, each by itself"), "{apart:?}");
    assert!(apart.err.contains("move it out of the state folder and keep it"), "{apart:?}");
    assert_eq!(port.log().len(), asked);
    std::fs::rename(b.join(audit), b.join("kept.jsonl")).unwrap();
    let settled = clones.run(&port, "b", &APPLY);
    assert_eq!(settled.code, 0, "{settled:?}");
    assert_eq!(events(&clones, "prod").0, 3);
}

#[test]
fn the_branch_keeps_the_last_runs_and_the_last_look_at_drift() {
    let Some((port, clones)) = set_up(1, json!({})) else { return };
    clones.checkout("a");
    assert_eq!(clones.run(&port, "a", &APPLY).code, 0);
    let old: Vec<String> = (10..35).map(|n| format!("prod/runs/1999-{n}/outcome.json")).collect();
    let mut files: Vec<(&str, &str)> = old.iter().map(|path| (path.as_str(), "{}")).collect();
    files.push(("prod/drift.json", "{\"drift\":1}"));
    clones.put_all_on_branch(&files);
    clones.checkout("b");
    assert_eq!(clones.run(&port, "b", &APPLY).code, 0);
    let paths = clones.branch();
    let is_kept = |path: &&String| path.ends_with("outcome.json");
    let kept: Vec<&String> = paths.iter().filter(is_kept).collect();
    assert_eq!(kept.len(), 20, "{kept:?}");
    assert_eq!(kept[0], &old[old.len() - 18]);
    assert_eq!(events(&clones, "prod").0, 2);
    let drift = std::fs::read_to_string(clones.path("b/.cxform/drift.json")).unwrap();
    assert_eq!(drift, "{\"drift\":1}");
}

#[test]
fn a_long_file_is_on_the_branch_in_pieces() {
    let Some((port, clones)) = set_up(1, json!({})) else { return };
    let long = vec![b'x'; (32 << 20) + 1];
    let file = clones.checkout("a").join(".cxform/drift.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, &long).unwrap();
    assert_eq!(clones.run(&port, "a", &APPLY).code, 0);
    assert_eq!(clones.on_branch("prod/drift.json+001").as_deref(), Some("x"));
    clones.checkout("b");
    assert_eq!(clones.run(&port, "b", &APPLY).code, 0);
    let brought = std::fs::read(clones.path("b/.cxform/drift.json")).unwrap();
    assert!(brought == long);
}

#[test]
fn a_line_that_a_crash_left_half_written_does_not_part_the_audits() {
    let Some((port, clones)) = set_up(1, json!({})) else { return };
    let audit = clones.checkout("a").join(".cxform/audit/prod.jsonl");
    assert_eq!(clones.run(&port, "a", &APPLY).code, 0);
    let text = std::fs::read_to_string(&audit).unwrap();
    std::fs::write(&audit, text + "{\"address\":").unwrap();
    for starts in [2, 3] {
        let ran = clones.run(&port, "a", &APPLY);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(events(&clones, "prod").0, starts);
    }
    clones.checkout("b");
    assert_eq!(clones.run(&port, "b", &APPLY).code, 0);
    let aside = clones.path("b/.cxform/audit/prod.jsonl.torn");
    assert_eq!(std::fs::read_to_string(aside).unwrap(), "{\"address\":\n");
}

#[test]
fn a_branch_that_somebody_deleted_is_made_again_from_the_state_folder() {
    let Some((port, clones)) = set_up(1, json!({})) else { return };
    clones.checkout("a");
    assert_eq!(clones.run(&port, "a", &APPLY).code, 0);
    clones.git("remote.git", &["branch", "--quiet", "-D", "cxform-state"]);
    assert_eq!(clones.run(&port, "a", &APPLY).code, 0);
    assert_eq!(events(&clones, "prod"), (2, 1, 2));
}

#[test]
fn the_doctor_tells_of_the_branch() {
    let Some((port, clones)) = set_up(3, json!({})) else { return };
    let clone = clones.checkout("a");
    let told = clones.run(&port, "a", &["doctor"]);
    assert!(told.out.contains("cxform-state of origin"), "{told:?}");
    assert!(told.out.contains("nobody holds the tenant"), "{told:?}");
    let text = project(&port, "prod").replace("cxform-state", "cxform-state, remote: upstream");
    std::fs::write(clone.join("cxform.yaml"), text).unwrap();
    let told = clones.run(&port, "a", &["doctor"]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.out.contains("`git remote add upstream URL`, or name another one"), "{told:?}");
}
