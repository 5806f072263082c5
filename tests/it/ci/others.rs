//! GitLab CI and Azure Pipelines: their steps, one after the other.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::runner::yaml;
use super::scene::Scene;
use crate::support::Ran;
use crate::support::port::end;

/// Runs a script in a clone with these variables.
fn bash(scene: &Scene, clone: &str, script: &str, variables: &[(&str, String)]) -> Ran {
    let file = scene.store.path().join("script.sh");
    std::fs::write(&file, script).unwrap();
    let curl = Command::new("bash").args(["-c", "command -v curl"]).output().unwrap().stdout;
    let mut bash = Command::new("bash");
    bash.arg("-e").arg(&file).current_dir(scene.clones.path(clone)).env_clear();
    bash.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    bash.envs(scene.clones.variables())
        .env("CI_STORE", scene.store.path())
        .env("CURL", String::from_utf8(curl).unwrap().trim())
        .env("PATH", scene.path())
        .envs(variables.iter().map(|(name, value)| (*name, value)));
    end(bash.spawn().unwrap())
}

/// A job of GitLab in a clone, as its runner puts the lines together.
fn gitlab(scene: &Scene, clone: &str, job: &str, more: &[(&str, String)]) -> Ran {
    let document = yaml(&scene.clones.path(clone).join(".gitlab-ci.yml"));
    let lines = |value: &Value| {
        let lines = value.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned());
        lines.collect::<Vec<_>>().join("\n")
    };
    let script = format!(
        "{}\n{}",
        lines(&document["default"]["before_script"]),
        lines(&document[job]["script"])
    );
    let url = scene.clones.path("remote").display().to_string();
    let mut variables = vec![
        ("CI_BUILDS_DIR", scene.store.path().join("builds").display().to_string()),
        ("CI_PROJECT_URL", format!("file://{url}")),
        ("CI_DEFAULT_BRANCH", "main".to_owned()),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", scene.head("first")),
        ("GITLAB_CI", "true".to_owned()),
        ("CI_COMMIT_SHA", scene.head(clone)),
    ];
    for name in ["CXFORM_URL", "CXFORM_SHA256"] {
        variables.push((name, document["variables"][name].as_str().unwrap().to_owned()));
    }
    variables.extend(more.iter().cloned());
    bash(scene, clone, &script, &variables)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::copy(from, to).unwrap();
}

/// Runs a script in a clone with variables, which shall end so.
type Running<'a> = dyn FnMut(&str, &str, &[(&str, String)], u8) -> Ran + 'a;

#[test]
fn gitlab_from_a_merge_request_to_drift() {
    let Some(scene) = Scene::new("gitlab") else { return };
    let secrets = scene.secrets();
    let writer = [&secrets[..], &[("CXFORM_STATE_TOKEN", "t0ken".to_owned())]].concat();
    let mut jobs = BTreeSet::new();
    let mut run = |clone: &str, job: &str, variables: &[(&str, String)], code: u8| {
        jobs.insert(job.to_owned());
        let ran = gitlab(&scene, clone, job, variables);
        assert_eq!(ran.code, code, "{job}: {ran:?}");
        ran
    };
    let apply = |run: &mut Running<'_>, clone: &str| {
        scene.clone(clone);
        run(clone, "plan-merged", &writer, 0);
        let fresh = scene.clone(&format!("{clone}-apply"));
        copy(&scene.clones.path(clone).join("change.plan"), &fresh.join("change.plan"));
        run(&format!("{clone}-apply"), "apply", &writer, 0)
    };
    let applied = apply(&mut run, "first");
    assert!(applied.out.contains("Apply complete!"), "{applied:?}");
    assert_eq!((scene.capacity(), scene.audited()), (Some(10), (1, 1)));

    scene.declare("author", "change", 20);
    let request = scene.merged("request", "change");
    run("request", "plan", &secrets, 0);
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(request.join("plan.json")).unwrap()).unwrap();
    assert_eq!(report["update"], 1, "{report}");

    scene.clones.git("author", &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    apply(&mut run, "merged");
    assert_eq!((scene.capacity(), scene.audited()), (Some(20), (2, 2)));

    scene.clone("night");
    run("night", "drift", &writer, 0);
    scene.change_by_hand(77);
    let drifted = run("night", "drift", &writer, 2);
    assert!(drifted.out.contains("<!-- cxform:drift:prod -->"), "{drifted:?}");
    assert!(drifted.out.contains("77"), "{drifted:?}");
    run("night", "snapshot", &writer, 0);

    // A fork has a token of its own and no variable of ours.
    let api = scene.store.path().join("api");
    let artifact = api.join("projects/1/jobs/artifacts/main/raw/tenant.json");
    copy(&scene.clones.path("night/tenant.json"), &artifact);
    let asked = scene.port.log().len();
    let fork = [
        ("CI_API_V4_URL", format!("file://{}", api.display())),
        ("CI_MERGE_REQUEST_PROJECT_ID", "1".to_owned()),
        ("CI_JOB_TOKEN", "theirs".to_owned()),
    ];
    let planned = run("request", "plan-fork", &fork, 0);
    assert!(planned.out.contains("Plan: "), "{planned:?}");
    assert_eq!(scene.port.log().len(), asked);

    let document = yaml(&scene.clones.path("night/.gitlab-ci.yml"));
    let scripts = document.as_object().unwrap().iter().filter(|(_, job)| job["script"].is_array());
    assert_eq!(jobs, scripts.map(|(name, _)| name.clone()).collect());
    assert_eq!(document["apply"]["resource_group"], "production");
    assert_eq!(document["default"]["interruptible"], false);
}

/// Runs the steps of a stage of Azure; the codes of those that were run.
fn azure(scene: &Scene, clone: &str, stage: &str, more: &[(&str, String)]) -> Vec<(String, Ran)> {
    let folder = scene.clones.path(clone);
    let document = yaml(&folder.join("azure-pipelines.yml"));
    let stages = document["stages"].as_array().unwrap();
    let job = &stages.iter().find(|told| told["stage"] == stage).unwrap()["jobs"][0];
    let inner = &job["strategy"]["runOnce"]["deploy"]["steps"];
    let steps = if inner.is_array() { inner } else { &job["steps"] };
    let pipeline = scene.store.path().join("pipeline");
    let mut variables: Vec<(&str, String)> = vec![
        ("AGENT_TEMPDIRECTORY", scene.store.path().join("agent").display().to_string()),
        ("PIPELINE_WORKSPACE", pipeline.display().to_string()),
        ("TF_BUILD", "True".to_owned()),
        ("BUILD_SOURCEVERSION", scene.head(clone)),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main".to_owned()),
        ("SYSTEM_COLLECTIONURI", "https://azure.invalid/acme/".to_owned()),
        ("SYSTEM_TEAMPROJECTID", "p-1".to_owned()),
        ("BUILD_REPOSITORY_ID", "r-1".to_owned()),
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", "7".to_owned()),
    ];
    variables.extend(more.iter().cloned());
    let mut ran: Vec<(String, Ran)> = Vec::new();
    for step in steps.as_array().unwrap() {
        let is_good = ran.iter().all(|(_, ran)| ran.code == 0);
        if !is_good && step["condition"].is_null() {
            continue;
        }
        let step = match step["template"].as_str() {
            Some(template) => yaml(&folder.join(template))["steps"][0].clone(),
            None => step.clone(),
        };
        if step["publish"] == "change.plan" {
            copy(&folder.join("change.plan"), &pipeline.join("cxform-plan/change.plan"));
        }
        let Some(script) = step["bash"].as_str() else { continue };
        let mut all = variables.clone();
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap();
            match value {
                // A secret is there only where a step asks for it.
                "$(CXONE_CLIENT_SECRET)" => {
                    all.push(("CXONE_CLIENT_SECRET", scene.secrets()[2].1.clone()))
                }
                "$(System.AccessToken)" => all.push(("TOKEN", "t0ken".to_owned())),
                value => all.push((name, value.to_owned())),
            }
        }
        let path = scene.store.path().join("agent/cxform").display().to_string();
        let script = format!("PATH={path}:$PATH\n{script}");
        let done = bash(scene, clone, &script, &all);
        ran.push((step["displayName"].as_str().unwrap().to_owned(), done));
    }
    ran
}

#[test]
fn azure_from_a_pull_request_to_drift() {
    let Some(scene) = Scene::new("azure") else { return };
    scene.program("curl", include_str!("curl.sh"));
    // Secrets are mapped by steps; all else of a variable group is there.
    let group: Vec<(&str, String)> = scene.secrets()[..2].to_vec();
    let good = |ran: &[(String, Ran)]| assert!(ran.iter().all(|(_, ran)| ran.code == 0), "{ran:?}");
    let merge = |clone: &str| {
        scene.clone(clone);
        good(&azure(&scene, clone, "plan", &group));
        let fresh = format!("{clone}-apply");
        scene.clone(&fresh);
        let applied = azure(&scene, &fresh, "apply", &group);
        good(&applied);
        assert_eq!(applied.len(), 3, "{applied:?}");
    };
    merge("first");
    assert_eq!((scene.capacity(), scene.audited()), (Some(10), (1, 1)));
    for (push, capacity) in [(1, 15), (2, 20)] {
        scene.declare(&format!("author-{push}"), "change", capacity);
        let clone = format!("request-{push}");
        scene.merged(&clone, "change");
        let planned = azure(&scene, &clone, "request", &group);
        good(&planned);
        assert_eq!(planned.len(), 3, "{planned:?}");
        let threads = scene.kept("threads.json");
        let [thread] = &threads["value"].as_array().unwrap()[..] else { panic!("{threads}") };
        let body = thread["comments"][0]["content"].as_str().unwrap();
        assert!(body.starts_with("<!-- cxform:plan:prod -->\n"), "{body}");
        assert!(body.contains(&capacity.to_string()), "{body}");
    }
    scene.clones.git("author-2", &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    merge("merged");
    assert_eq!((scene.capacity(), scene.audited()), (Some(20), (2, 2)));
    scene.clone("night");
    good(&azure(&scene, "night", "drift", &group));
    scene.change_by_hand(77);
    let drifted = azure(&scene, "night", "drift", &group);
    assert_eq!(drifted[1].1.code, 2, "{drifted:?}");
    let told = std::fs::read_to_string(scene.clones.path("night/drift.md")).unwrap();
    assert!(told.contains("queue/Billing") && told.contains("77"), "{told}");
}
