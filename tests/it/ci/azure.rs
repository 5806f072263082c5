//! Azure Pipelines, from a pull request to a work item about drift.

use std::collections::BTreeSet;
use std::process::Child;

use serde_json::{Value, json};

use super::runner::yaml;
use super::scene::Scene;
use super::stages::{MAIN, Runner, Steps, run};

fn good(steps: &Steps) {
    assert!(steps.iter().all(|(_, ran)| ran.code == 0), "{steps:?}");
}

/// The work items: state, title and text.
fn items(scene: &Scene) -> Vec<[String; 3]> {
    let items = scene.kept("items.json").as_array().cloned().unwrap_or_default();
    let text = |item: &Value, field: &str| item["fields"][field].as_str().unwrap().to_owned();
    let fields = ["System.State", "System.Title", "System.Description"];
    items.iter().map(|item| fields.map(|field| text(item, field))).collect()
}

#[test]
fn from_a_pull_request_to_a_work_item_about_drift() {
    let Some(scene) = Scene::new("azure") else { return };
    let mut runner = Runner::new(&scene);
    let merge = |clone: &str, stages: &[&str]| {
        let done = runner.pipeline(clone, &mut run("IndividualCI", MAIN, ""));
        assert_eq!(done.keys().map(String::as_str).collect::<Vec<_>>(), stages, "{done:?}");
        done.values().for_each(good);
    };
    merge("first", &["apply", "plan"]);
    assert_eq!((scene.capacity(), scene.audited()), (Some(10), (1, 1)));
    assert!(scene.store.path().join("artifacts/cxform-audit-$(System.JobAttempt)").exists());

    // A pull request: one thread. One of somebody who knows the marker is not ours.
    let person = json!([{"id": 1, "comments": [
        {"author": {"id": "mallory"}, "content": "<!-- cxform:plan:prod -->\nall is well"}]}]);
    scene.store.put("threads.json", &person.to_string());
    let request = || run("PullRequest", "refs/pull/7/merge", "False");
    for (push, capacity) in [(1, 15), (2, 20)] {
        scene.declare(&format!("author-{push}"), "change", capacity);
        let clone = format!("request-{push}");
        scene.merged(&clone, "change");
        let writes = scene.writes();
        good(&runner.stage(&clone, "request", &mut request(), None).unwrap());
        assert!(runner.stage(&clone, "fork", &mut request(), None).is_none());
        assert_eq!(scene.writes(), writes);
        let threads = scene.kept("threads.json");
        let [stranger, ours] = &threads.as_array().unwrap()[..] else { panic!("{threads}") };
        assert_eq!(*stranger, person[0]);
        let body = ours["comments"][0]["content"].as_str().unwrap();
        assert!(body.starts_with("<!-- cxform:plan:prod -->\n"), "{body}");
        assert!(body.contains(&capacity.to_string()), "{body}");
    }
    let other = runner.pipeline("other", &mut run("Manual", "refs/heads/other", ""));
    assert!(other.is_empty(), "no other branch is planned or applied: {other:?}");

    // Main moves on before the plan is approved: it is not applied any more.
    scene.clones.git("author-2", &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    scene.clone("late");
    scene.clone("late-apply");
    let mut late = run("IndividualCI", MAIN, "");
    good(&runner.stage("late", "plan", &mut late, None).unwrap());
    scene.clones.git("author-2", &["commit", "--quiet", "--allow-empty", "-m", "more"]);
    scene.clones.git("author-2", &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    let refused = runner.stage("late-apply", "apply", &mut late, None).unwrap();
    assert!(refused.iter().all(|(name, _)| name != "Apply"), "{refused:?}");
    assert!(
        refused[1].1.code == 1 && refused[1].1.out.contains("main has moved on"),
        "{refused:?}"
    );
    assert_eq!(scene.capacity(), Some(10));
    merge("merged", &["apply", "plan"]);
    assert_eq!((scene.capacity(), scene.audited()), (Some(20), (2, 2)));
    // Where there is nothing to do, nobody is asked to approve it.
    merge("again", &["plan"]);

    // Nights: nothing, a change by hand, another and the same again, and then it is gone.
    let night = |runner: &Runner<'_>, capacity: u32| {
        scene.change_by_hand(capacity);
        let clone = format!("night-{capacity}-{}", scene.port.log().len());
        let mut done = runner.pipeline(&clone, &mut run("Schedule", MAIN, ""));
        assert_eq!(done.len(), 1);
        done.remove("drift").unwrap()
    };
    good(&night(&runner, 20));
    assert!(items(&scene).is_empty());
    for capacity in [77, 78, 78] {
        good(&night(&runner, capacity));
        let told = items(&scene);
        let [[state, title, body]] = &told[..] else { panic!("{told:?}") };
        assert_eq!((&**state, &**title), ("To Do", "The tenant has drifted (cxform:drift:prod)"));
        assert!(body.contains("queue/Billing") && body.contains(&capacity.to_string()), "{body}");
    }
    assert_eq!(
        scene.kept("items.json")[0]["multilineFieldsFormat"]["System.Description"],
        "Markdown"
    );
    good(&night(&runner, 20));
    assert_eq!((items(&scene).len(), &*items(&scene)[0][0]), (1, "Done"));
    good(&night(&runner, 79));
    assert_eq!(items(&scene).len(), 2);
    // Where it cannot be known, the job fails and the item stays as it is.
    runner.has_secrets = false;
    let unknown = night(&runner, 80);
    assert_eq!(unknown.last().unwrap().1.code, 1, "{unknown:?}");
    assert!(items(&scene)[1][2].contains("79"));
    runner.has_secrets = true;

    // A fork: the night's snapshot, and neither secrets nor a request to the tenant.
    let mut allowed = run("Schedule", MAIN, "");
    allowed.insert("CXFORM_SNAPSHOT".to_owned(), "true".to_owned());
    let shot = runner.pipeline("shot", &mut allowed);
    let shot = &shot["drift"].last().unwrap().1;
    assert!(
        shot.code == 0 && shot.out.contains("##vso[build.addbuildtag]cxform-snapshot"),
        "{shot:?}"
    );
    let mut fork = run("PullRequest", "refs/pull/8/merge", "True");
    scene.declare("stranger", "foreign", 30);
    scene.merged("fork", "foreign");
    let asked = (scene.port.log().len(), scene.asked());
    assert!(runner.stage("fork", "request", &mut fork, None).is_none());
    good(&runner.stage("fork", "fork", &mut fork, None).unwrap());
    let plan = std::fs::read_to_string(scene.clones.path("fork/plan.md")).unwrap();
    assert!(plan.contains("30"), "{plan}");
    assert_eq!((scene.port.log().len(), scene.asked()), asked);

    // Where all is held, nobody is asked to approve it.
    scene.abandon("gone");
    let held = runner.pipeline("held", &mut run("IndividualCI", MAIN, ""));
    assert!(held.len() == 1 && held.contains_key("plan"), "{held:?}");
    // By hand it can be deleted, and the rule that blocks that lifted.
    let by_hand = |parameters: &[(&str, &str)]| {
        let mut run = run("Manual", MAIN, "");
        for (name, value) in parameters {
            run.insert(format!("parameters.{name}"), (*value).to_owned());
        }
        run
    };
    let delete = ("allowDelete", "True");
    scene.clone("blocked");
    let blocked = runner.stage("blocked", "plan", &mut by_hand(&[delete]), None).unwrap();
    assert_eq!(blocked[1].1.code, 3, "{blocked:?}");
    let report = std::fs::read_to_string(scene.clones.path("blocked/plan.md")).unwrap();
    let lifted = Scene::lifting(&report);
    let mut lifted = by_hand(&[delete, ("override", &lifted), ("reason", "it is sold")]);
    runner.pipeline("lifted", &mut lifted).values().for_each(good);
    assert_eq!(scene.capacity(), None);
    assert!(scene.has_reason("it is sold"));

    // No step was left out.
    let mut all = BTreeSet::new();
    for stage in yaml(&scene.clones.path("fork/azure-pipelines.yml"))["stages"].as_array().unwrap()
    {
        for job in stage["jobs"].as_array().unwrap() {
            let deploy = &job["strategy"]["runOnce"]["deploy"]["steps"];
            let steps = if deploy.is_array() { deploy } else { &job["steps"] };
            for step in steps.as_array().unwrap() {
                let name = match step["template"].is_string() {
                    true => "Fetch cxform",
                    false if step["bash"].is_string() => step["displayName"].as_str().unwrap(),
                    false => continue,
                };
                all.insert(format!("{} {name}", stage["stage"].as_str().unwrap()));
            }
        }
    }
    assert_eq!(*runner.ran.borrow(), all);
}

#[test]
fn what_could_not_be_planned_is_not_applied() {
    let Some(scene) = Scene::new("azure") else { return };
    let runner = Runner::new(&scene);
    let push = |clone: &str| {
        scene.clones.git(clone, &["commit", "--quiet", "--all", "-m", clone]);
        scene.clones.git(clone, &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    };
    let file = scene.clone("breaks").join("desired-state/billing.yaml");
    let sound = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, "kind: Queue\n").unwrap();
    push("breaks");
    let broken = runner.pipeline("broken", &mut run("IndividualCI", MAIN, ""));
    assert_eq!(broken.keys().collect::<Vec<_>>(), ["plan"], "{broken:?}");
    assert_eq!(broken["plan"].last().unwrap().1.code, 1, "{broken:?}");

    // Nor where it was planned, and the stage failed after that: the plan may not have been kept.
    std::fs::write(scene.clone("mends").join("desired-state/billing.yaml"), sound).unwrap();
    push("mends");
    let mut mended = run("IndividualCI", MAIN, "");
    scene.clone("mended");
    good(&runner.stage("mended", "plan", &mut mended, None).unwrap());
    let mut lost = mended.clone();
    let result = lost.insert("dependencies.plan.result".to_owned(), "Failed".to_owned());
    assert_eq!(result.as_deref(), Some("Succeeded"));
    scene.clone("mended-apply");
    assert!(runner.stage("mended-apply", "apply", &mut lost, None).is_none());
    assert_eq!((scene.capacity(), scene.writes()), (None, 0));
    good(&runner.stage("mended-apply", "apply", &mut mended, None).unwrap());
    assert_eq!(scene.capacity(), Some(10));
}

#[test]
fn an_apply_that_is_cancelled_is_recorded_and_the_next_one_goes_on() {
    let Some(scene) = Scene::new("azure") else { return };
    let runner = Runner::new(&scene);
    scene.declare_many();
    let mut cut = run("IndividualCI", MAIN, "");
    scene.clone("cut");
    good(&runner.stage("cut", "plan", &mut cut, None).unwrap());
    scene.clone("cut-apply");
    let stop = |child: &mut Child| scene.signal(child, "-INT");
    let steps = runner.stage("cut-apply", "apply", &mut cut, Some(&stop)).unwrap();
    let codes: Vec<_> = steps.iter().map(|(name, ran)| (&**name, ran.code)).collect();
    assert_eq!(codes[2..], [("Apply", 130), ("Verify the audit", 0)], "{steps:?}");
    let made = scene.port.world().table("queues").len();
    assert!((1..61).contains(&made), "{made}");
    assert_eq!(scene.audited(), (1, 1));
    scene.port.world().behaviour.faults.clear();
    runner.pipeline("next", &mut run("IndividualCI", MAIN, "")).values().for_each(good);
    assert_eq!((scene.port.world().table("queues").len(), scene.audited()), (61, (2, 2)));
}
