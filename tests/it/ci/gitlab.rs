//! GitLab CI, from a merge request to an issue about drift.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Child;

use serde_json::{Value, json};

use super::runner::yaml;
use super::scene::Scene;
use crate::support::Ran;

/// The jobs that were run, and the variables of the project.
struct Runner<'s> {
    scene: &'s Scene,
    /// The commit that a merge request begins at.
    base: RefCell<String>,
    ran: RefCell<BTreeSet<String>>,
}

type Variables = [(&'static str, String)];

impl<'s> Runner<'s> {
    fn new(scene: &'s Scene) -> Self {
        Self { scene, base: RefCell::default(), ran: RefCell::default() }
    }

    /// A job in a clone, as its runner puts the lines together, which shall end so.
    fn job(&self, clone: &str, job: &str, more: &Variables, code: u8) -> Ran {
        let ran = self.job_while(clone, job, more, None);
        assert_eq!(ran.code, code, "{job}: {ran:?}");
        ran
    }

    fn job_while(
        &self,
        clone: &str,
        job: &str,
        more: &Variables,
        meanwhile: Option<&dyn Fn(&mut Child)>,
    ) -> Ran {
        self.ran.borrow_mut().insert(job.to_owned());
        let scene = self.scene;
        let document = yaml(&scene.clones.path(clone).join(".gitlab-ci.yml"));
        let lines = |value: &Value| {
            let lines = value.as_array().unwrap().iter().map(|line| line.as_str().unwrap());
            lines.collect::<Vec<_>>().join("\n")
        };
        let before = lines(&document["default"]["before_script"]);
        let script = format!("{before}\n{}", lines(&document[job]["script"]));
        let remote = scene.clones.path("remote").display().to_string();
        let mut variables = vec![
            ("TMPDIR", scene.store.path().display().to_string()),
            ("CI_PROJECT_URL", format!("file://{remote}")),
            ("CI_PROJECT_ID", "1".to_owned()),
            ("CI_API_V4_URL", "https://gitlab.invalid/api/v4".to_owned()),
            ("CI_DEFAULT_BRANCH", "main".to_owned()),
            ("CI_COMMIT_BRANCH", "main".to_owned()),
            ("CI_COMMIT_SHA", scene.head(clone)),
            ("CI_MERGE_REQUEST_IID", "5".to_owned()),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", self.base.borrow().clone()),
            ("GITLAB_CI", "true".to_owned()),
        ];
        for name in ["CXFORM_URL", "CXFORM_SHA256"] {
            variables.push((name, document["variables"][name].as_str().unwrap().to_owned()));
        }
        variables.extend(more.iter().cloned());
        scene.bash(clone, &script, &variables, meanwhile)
    }

    /// Plans main and applies that, each in a clone of its own.
    fn merge(&self, clone: &str, writer: &Variables) -> Ran {
        self.planned(clone, writer);
        self.job(&format!("{clone}-apply"), "apply", writer, 0)
    }

    /// Plans main; the plan is in the clone that is to apply it.
    fn planned(&self, clone: &str, writer: &Variables) {
        self.scene.clone(clone);
        self.job(clone, "plan-merged", writer, 0);
        let fresh = self.scene.clone(&format!("{clone}-apply"));
        copy(&self.scene.clones.path(clone).join("change.plan"), &fresh.join("change.plan"));
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::copy(from, to).unwrap();
}

/// The texts of our notes.
fn notes(scene: &Scene) -> Vec<String> {
    let notes = scene.kept("notes.json").as_array().cloned().unwrap_or_default();
    let ours = notes.iter().filter(|note| note["author"]["id"] == 7);
    ours.map(|note| note["body"].as_str().unwrap().to_owned()).collect()
}

/// The issues: state and text.
fn issues(scene: &Scene) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let issues = scene.kept("issues.json").as_array().cloned().unwrap_or_default();
    issues.iter().map(|issue| (text(&issue["state"]), text(&issue["description"]))).collect()
}

#[test]
fn from_a_merge_request_to_an_issue_about_drift() {
    let Some(scene) = Scene::new("gitlab") else { return };
    let runner = Runner::new(&scene);
    let reader = [&scene.secrets()[..], &[("CXFORM_NOTE_TOKEN", "n0te".to_owned())]].concat();
    let writer = [&reader[..], &[("CXFORM_STATE_TOKEN", "t0ken".to_owned())]].concat();
    let applied = runner.merge("first", &writer);
    assert!(applied.out.contains("Apply complete!"), "{applied:?}");
    assert_eq!((scene.capacity(), scene.audited()), (Some(10), (1, 1)));
    *runner.base.borrow_mut() = scene.head("first");

    // A merge request: one note, however often it is pushed to. A note of somebody who knows the
    // marker is not ours, and ours may be far down.
    let strange =
        |id| json!({"id": id, "author": {"id": 9}, "body": "<!-- cxform:plan:prod -->\nx"});
    let strange: Vec<Value> = (1..=130).map(strange).collect();
    scene.store.put("notes.json", &Value::from(strange.clone()).to_string());
    for (push, capacity) in [(1, 15), (2, 20)] {
        scene.declare(&format!("author-{push}"), "change", capacity);
        let clone = format!("request-{push}");
        let request = scene.merged(&clone, "change");
        let writes = scene.writes();
        let planned = runner.job(&clone, "plan", &reader, 0);
        assert_eq!(scene.writes(), writes);
        assert!(planned.out.contains("Plan: 0 to add, 1 to change, 0 to destroy."), "{planned:?}");
        let told = notes(&scene);
        let [note] = &told[..] else { panic!("{told:?}") };
        assert!(note.starts_with("<!-- cxform:plan:prod -->\n"), "{note}");
        assert!(note.contains("capacity") && note.contains(&capacity.to_string()), "{note}");
        let report = std::fs::read_to_string(request.join("plan.json")).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&report).unwrap()["update"], 1, "{report}");
    }
    assert_eq!(scene.kept("notes.json").as_array().unwrap()[..130], strange);

    // A plan that cannot be made is told in the note too, and the job fails.
    let broken = scene.clone("broken").join("desired-state/billing.yaml");
    std::fs::write(broken, "kind: Queue\n").unwrap();
    runner.job("broken", "plan", &reader, 1);
    assert!(notes(&scene)[0].contains("desired-state/billing.yaml"));

    // Without the token there is a plan and no note.
    let asked = scene.asked();
    runner.job("request-2", "plan", &scene.secrets(), 0);
    assert_eq!(scene.asked(), asked);

    // Merged, planned, and main moves on before it is approved: that plan is not applied any more.
    scene.clones.git("author-2", &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    runner.planned("late", &writer);
    scene.clones.git("author-2", &["commit", "--quiet", "--allow-empty", "-m", "more"]);
    scene.clones.git("author-2", &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    let late = runner.job("late-apply", "apply", &writer, 1);
    assert!(late.out.contains("main has moved on since this was planned"), "{late:?}");
    assert_eq!((scene.capacity(), scene.audited()), (Some(10), (1, 1)));
    runner.merge("merged", &writer);
    assert_eq!((scene.capacity(), scene.audited()), (Some(20), (2, 2)));
    // The same job once more finds everything done.
    runner.job("merged-apply", "apply", &writer, 0);
    assert_eq!(scene.capacity(), Some(20));

    // Nights: nothing, a change by hand, another and the same again, and then it is gone.
    scene.clone("night");
    let night = |capacity: u32| {
        scene.change_by_hand(capacity);
        runner.job("night", "drift", &reader, 0);
        issues(&scene)
    };
    assert_eq!(night(20), []);
    for capacity in [77, 78, 78] {
        let told = night(capacity);
        let [(state, body)] = &told[..] else { panic!("{told:?}") };
        assert_eq!(state, "opened");
        assert!(body.starts_with("<!-- cxform:drift:prod -->\n"), "{body}");
        assert!(body.contains("queue/Billing") && body.contains(&capacity.to_string()), "{body}");
    }
    let told = night(20);
    assert_eq!((told.len(), &*told[0].0), (1, "closed"), "{told:?}");
    assert_eq!(night(79).len(), 2);
    assert_eq!(scene.kept("issues.json")[1]["confidential"], "true");
    // Where it cannot be known, the job fails and the issue stays as it is; without the token the job
    // itself tells of drift.
    runner.job("night", "drift", &reader[2..], 1);
    assert!(issues(&scene)[1].1.contains("79"));
    let asked = scene.asked();
    let drifted = runner.job("night", "drift", &scene.secrets(), 2);
    assert!(drifted.out.contains("79") && scene.asked() == asked, "{drifted:?}");

    // A fork has a token of its own and no variable of ours.
    runner.job("night", "snapshot", &reader, 0);
    let api = scene.store.path().join("api");
    let artifact = api.join("projects/1/jobs/artifacts/main/raw/tenant.json");
    copy(&scene.clones.path("night/tenant.json"), &artifact);
    let asked = scene.port.log().len();
    let fork = [
        ("CI_API_V4_URL", format!("file://{}", api.display())),
        ("CI_MERGE_REQUEST_PROJECT_ID", "1".to_owned()),
        ("CI_JOB_TOKEN", "theirs".to_owned()),
    ];
    let planned = runner.job("request-2", "plan-fork", &fork, 0);
    assert!(planned.out.contains("Plan: "), "{planned:?}");
    assert_eq!(scene.port.log().len(), asked);

    let document = yaml(&scene.clones.path("night/.gitlab-ci.yml"));
    let scripts = document.as_object().unwrap().iter().filter(|(_, job)| job["script"].is_array());
    assert_eq!(*runner.ran.borrow(), scripts.map(|(name, _)| name.clone()).collect());
}

#[test]
fn an_apply_that_is_cancelled_is_recorded_and_the_next_one_goes_on() {
    let Some(scene) = Scene::new("gitlab") else { return };
    let runner = Runner::new(&scene);
    let writer = [&scene.secrets()[..], &[("CXFORM_STATE_TOKEN", "t0ken".to_owned())]].concat();
    scene.declare_many();
    runner.planned("cut", &writer);
    // The runner ends the shell; what it has started hears of it.
    let stop = |child: &mut Child| scene.signal(child, "-TERM");
    let cut = runner.job_while("cut-apply", "apply", &writer, Some(&stop));
    assert_eq!(cut.code, 143, "{cut:?}");
    assert!(cut.out.contains("lines, whole; head"), "{cut:?}");
    let made = scene.port.world().table("queues").len();
    assert!((1..61).contains(&made), "{made}");
    assert_eq!(scene.audited(), (1, 1));
    scene.port.world().behaviour.faults.clear();
    runner.merge("next", &writer);
    assert_eq!((scene.port.world().table("queues").len(), scene.audited()), (61, (2, 2)));
}
