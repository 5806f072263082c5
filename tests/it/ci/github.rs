//! GitHub Actions, from a pull request to an issue about drift.

use std::collections::BTreeSet;
use std::process::Child;

use serde_json::{Value, json};

use super::runner::{Runner, workflows, yaml};
use super::scene::Scene;

const PLAN: &str = "cxform-plan.yml";
const APPLY: &str = "cxform-apply.yml";
const DRIFT: &str = "cxform-drift.yml";

/// Both jobs of the apply workflow; whether there was something to apply.
fn merge(runner: &mut Runner<'_>, clone: &str) -> bool {
    runner.scene.clone(clone);
    let plan = runner.job(clone, APPLY, "plan").unwrap();
    assert!(plan.is_good(), "{plan:?}");
    let fresh = format!("{clone}-apply");
    runner.scene.clone(&fresh);
    let applied = runner.job(&fresh, APPLY, "apply");
    assert!(applied.as_ref().is_none_or(super::runner::Job::is_good), "{applied:?}");
    applied.is_some()
}

fn comments(scene: &Scene) -> Vec<Value> {
    scene.kept("comments.json").as_array().cloned().unwrap_or_default()
}

fn issues(scene: &Scene) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let issues = scene.kept("issues.json").as_array().cloned().unwrap_or_default();
    issues.iter().map(|issue| (text(&issue["state"]), text(&issue["body"]))).collect()
}

#[test]
fn from_a_pull_request_to_an_issue_about_drift() {
    let Some(scene) = Scene::new("github") else { return };
    let mut runner = Runner::new(&scene);
    assert!(merge(&mut runner, "first"));
    assert_eq!((scene.capacity(), scene.audited()), (Some(10), (1, 1)));

    // A pull request: one comment, which says what changes, however often it is pushed to. A comment
    // of somebody who knows the marker is not ours.
    let person = json!([{"id": 1, "state": "open", "user": {"login": "mallory"},
        "body": "<!-- cxform:plan:prod -->\nall is well"}]);
    scene.store.put("comments.json", &person.to_string());
    for (push, capacity) in [(1, 15), (2, 20)] {
        scene.declare(&format!("author-{push}"), "change", capacity);
        let clone = format!("request-{push}");
        runner.means("github.event.pull_request.base.sha", &scene.head("first"));
        scene.merged(&clone, "change");
        let writes = scene.writes();
        assert!(runner.job(&clone, PLAN, "fork").is_none());
        let planned = runner.job(&clone, PLAN, "plan").unwrap();
        assert!(planned.is_good(), "{planned:?}");
        assert_eq!(scene.writes(), writes);
        let told = comments(&scene);
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[0]["body"], person[0]["body"]);
        let body = told[1]["body"].as_str().unwrap();
        assert!(body.starts_with("<!-- cxform:plan:prod -->\n"), "{body}");
        assert!(body.contains("capacity") && body.contains(&capacity.to_string()), "{body}");
        assert!(body.trim_end().ends_with("Plan: 0 to add, 1 to change, 0 to destroy."), "{body}");
        assert!(planned.summary.contains("1 to change"), "{planned:?}");
    }

    // A plan that cannot be made is told in the comment too, and the check fails.
    scene.clone("broken");
    std::fs::write(scene.clones.path("broken/desired-state/billing.yaml"), "kind: Queue\n")
        .unwrap();
    let broken = runner.job("broken", PLAN, "plan").unwrap();
    assert_eq!((broken.code("Plan"), broken.code("Comment")), (1, 0), "{broken:?}");
    assert!(comments(&scene)[1]["body"].as_str().unwrap().contains("desired-state/billing.yaml"));

    // Merged, planned, and main moves on before it is approved: that plan is not applied any more.
    scene.clones.git("author-1", &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    scene.clone("late");
    scene.clone("late-apply");
    assert!(runner.job("late", APPLY, "plan").unwrap().is_good());
    let next = ["push", "--quiet", "--force", "origin", "HEAD:refs/heads/main"];
    scene.clones.git("author-2", &next);
    let late = runner.job("late-apply", APPLY, "apply").unwrap();
    assert!(late.steps[1].1.out.contains("main has moved on since this was planned"), "{late:?}");
    assert!(late.steps.iter().all(|(name, _)| name != "Apply"), "{late:?}");
    assert_eq!((scene.capacity(), scene.audited()), (Some(10), (1, 1)));

    // Merged and approved: exactly that, recorded on the branch. Once more there is nothing to do.
    assert!(merge(&mut runner, "merged"));
    assert_eq!((scene.capacity(), scene.audited()), (Some(20), (2, 2)));
    // The same job once more, as after a failure: everything is done already.
    assert!(runner.job("merged-apply", APPLY, "apply").unwrap().is_good());
    assert_eq!((scene.capacity(), scene.audited()), (Some(20), (3, 3)));
    assert!(scene.store.path().join("artifacts/cxform-state-1/audit/prod.jsonl").exists());
    assert!(!merge(&mut runner, "again"));

    // Nights: nothing, a change by hand, the same one, and then it is gone.
    let mut night = |capacity: u32| {
        scene.change_by_hand(capacity);
        let clone = format!("night-{capacity}-{}", scene.port.log().len());
        scene.clone(&clone);
        let looked = runner.job(&clone, DRIFT, "drift").unwrap();
        assert!(looked.is_good(), "{looked:?}");
        issues(&scene)
    };
    assert_eq!(night(20), []);
    for capacity in [77, 78, 78] {
        let told = night(capacity);
        let [(state, body)] = &told[..] else { panic!("{told:?}") };
        assert_eq!(state, "open");
        assert!(body.starts_with("<!-- cxform:drift:prod -->\n"), "{body}");
        assert!(body.contains("queue/Billing") && body.contains(&capacity.to_string()), "{body}");
    }
    let told = night(20);
    assert_eq!((told.len(), &*told[0].0), (1, "closed"), "{told:?}");
    assert_eq!(night(79).len(), 2);

    // Where it cannot be known, the job fails and the issue stays as it is.
    runner.means("secrets.CXONE_CLIENT_SECRET", "");
    scene.clone("unknown");
    let looked = runner.job("unknown", DRIFT, "drift").unwrap();
    assert!(!looked.is_good(), "{looked:?}");
    assert!(issues(&scene)[1].1.contains("79"));
    runner.means("secrets.CXONE_CLIENT_SECRET", crate::support::port::SECRET);

    // A fork: the night's snapshot, and neither secrets nor a request to the tenant.
    scene.clone("snapshot");
    assert!(runner.job("snapshot", DRIFT, "snapshot").unwrap().is_good());
    runner.contexts.retain(|name, _| !name.starts_with("secrets.") && !name.starts_with("vars."));
    runner.means("github.event.pull_request.head.repo.full_name", "stranger/routing");
    runner.means("github.event.pull_request.base.sha", &scene.head("author-2"));
    scene.declare("stranger", "foreign", 30);
    scene.merged("fork", "foreign");
    let asked = scene.port.log().len();
    assert!(runner.job("fork", PLAN, "plan").is_none());
    let planned = runner.job("fork", PLAN, "fork").unwrap();
    assert!(planned.is_good(), "{planned:?}");
    assert!(planned.summary.contains("30"), "{planned:?}");
    assert_eq!(scene.port.log().len(), asked);

    // Where all is held, nobody is asked to approve it. By hand it can be deleted, and a rule lifted.
    scene.abandon("gone");
    let mut by_hand = Runner::new(&scene);
    assert!(!merge(&mut by_hand, "held"));
    by_hand.means("inputs.allow-delete", "true");
    scene.clone("blocked");
    let blocked = by_hand.job("blocked", APPLY, "plan").unwrap();
    assert_eq!(blocked.code("Plan"), 3, "{blocked:?}");
    by_hand.means("inputs.override", &Scene::lifting(&blocked.summary));
    by_hand.means("inputs.reason", "it is sold");
    assert!(merge(&mut by_hand, "lifted"));
    assert_eq!(scene.capacity(), None);
    assert!(scene.has_reason("it is sold"));

    // No step was left out.
    let mut all = BTreeSet::from(["action".to_owned()]);
    for file in workflows() {
        let name = file.file_name().unwrap().to_str().unwrap();
        for (job, told) in yaml(&file)["jobs"].as_object().unwrap() {
            let steps = told["steps"].as_array().unwrap().iter();
            let shell = steps.filter(|step| step["run"].is_string());
            all.extend(
                shell.map(|step| format!("{name} {job} {}", step["name"].as_str().unwrap())),
            );
        }
    }
    assert_eq!(runner.ran, all);
}

#[test]
fn a_queue_whose_manifest_is_gone_is_deleted_by_hand_although_the_rest_was_applied() {
    let Some(scene) = Scene::new("github") else { return };
    let fax = "apiVersion: cxform/v1\nkind: Queue\nmetadata: { name: Fax }\n\
               spec: { capacity: 10, priority: 5 }\n";
    std::fs::write(scene.clone("adds").join("desired-state/fax.yaml"), fax).unwrap();
    scene.clones.git("adds", &["add", "--all"]);
    scene.clones.git("adds", &["commit", "--quiet", "-m", "fax"]);
    scene.clones.git("adds", &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    let has_fax = || {
        let world = scene.port.world();
        world.table("queues").rows().any(|(_, row)| row["name"] == "Fax")
    };
    let mut runner = Runner::new(&scene);
    assert!(merge(&mut runner, "first"));
    assert!(has_fax());

    // One merge takes a manifest away and changes another queue: the first is held, the rest is done.
    scene.clone("removes");
    scene.clones.git("removes", &["rm", "--quiet", "desired-state/fax.yaml"]);
    scene.clones.git("removes", &["commit", "--quiet", "-m", "no fax"]);
    scene.clones.git("removes", &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    scene.declare("changes", "main", 15);
    assert!(merge(&mut runner, "merged"));
    assert_eq!((scene.capacity(), has_fax(), scene.audited()), (Some(15), true, (2, 2)));

    // Once more there is nothing to do that is not held; but what is held is not forgotten.
    scene.clone("again");
    let again = runner.job("again", APPLY, "plan").unwrap();
    assert!(again.is_good() && again.summary.contains("queue/Fax"), "{again:?}");

    // By hand, on machines that know of no run but from the branch, it is deleted, and nothing else.
    runner.means("inputs.allow-delete", "true");
    assert!(merge(&mut runner, "by-hand"), "nothing is planned to be deleted");
    assert_eq!((scene.capacity(), has_fax(), scene.audited()), (Some(15), false, (3, 3)));
    assert!(!merge(&mut runner, "last"));
}

/// An apply of many changes is cut off after its first ones; then the audit is whole, and the next
/// merge brings the rest.
fn cut_off(signal: &str, code: u8) {
    let Some(scene) = Scene::new("github") else { return };
    scene.declare_many();
    let mut runner = Runner::new(&scene);
    scene.clone("plan");
    assert!(runner.job("plan", APPLY, "plan").unwrap().is_good());
    scene.clone("apply");
    let stop = |child: &mut Child| scene.signal(child, signal);
    let applied = runner.job_while("apply", APPLY, "apply", Some(("Apply", &stop))).unwrap();
    assert_eq!((applied.code("Apply"), applied.code("Verify the audit")), (code, 0), "{applied:?}");
    let made = scene.port.world().table("queues").len();
    assert!((1..61).contains(&made), "{made}");

    scene.port.world().behaviour.faults.clear();
    // Of a run that was killed nobody knows that it is dead, but by its age, or who frees the tenant.
    assert_eq!(scene.clones.on_branch("prod/holder.json").is_some(), signal == "-KILL");
    if signal == "-KILL" {
        scene.clones.put_on_branch("prod/holder.json", None);
    }
    assert!(merge(&mut runner, "next"));
    assert_eq!(scene.port.world().table("queues").len(), 61);
    // Of a machine that is gone the branch has how its run began; what the tenant got is looked up.
    assert_eq!(scene.audited(), (2, 2));
    assert!(!merge(&mut runner, "last"));
}

#[test]
fn an_apply_that_is_cancelled_is_recorded_and_the_next_one_goes_on() {
    cut_off("-TERM", 143);
    cut_off("-INT", 130);
}

#[test]
fn an_apply_that_is_killed_is_settled_by_the_next_one() {
    cut_off("-KILL", 137);
}
