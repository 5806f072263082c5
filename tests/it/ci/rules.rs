//! What holds for every workflow that is ready to copy.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::runner::{workflows, yaml};
use crate::support::root;

/// Each string of a document with the keys that lead to it.
fn strings(value: &Value, keys: &mut Vec<String>, take: &mut dyn FnMut(&[String], &str)) {
    match value {
        Value::String(text) => take(keys, text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, keys, take)),
        Value::Object(fields) => {
            for (key, value) in fields {
                keys.push(key.clone());
                strings(value, keys, take);
                keys.pop();
            }
        }
        _ => {}
    }
}

/// The scripts of a document: each stops at its first mistake, and puts no secret on a command line.
fn scripts(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    strings(document, &mut Vec::new(), &mut |keys, text| {
        if keys.iter().any(|key| ["run", "script", "before_script", "bash"].contains(&&**key)) {
            assert!(text.starts_with("set -euo pipefail\n"), "{text}");
            assert_eq!(shown(text), Vec::<String>::new(), "{text}");
            found.push(text.to_owned());
        }
    });
    found
}

/// The secrets that a script may put on a command line: all that it names, but where the shell itself
/// takes them (a file that is printed, a question whether they are there) or git's helper, later.
fn shown(script: &str) -> Vec<String> {
    let is_plain = |inner: &str| !inner.contains(['(', '`', ';', '|', '&', '\n']);
    let only_echoes = |inner: &str| {
        let commands = inner.split(';').map(str::trim).filter(|command| !command.is_empty());
        commands.into_iter().all(|command| command.starts_with("echo ") && is_plain(command))
    };
    let script = without(script, "@<(printf ", ")", &is_plain);
    let script = without(&script, "[ -n ", " ]", &is_plain);
    let script = without(&script, "credential.helper '!f() {", "}; f'", &only_echoes);
    let names = script.split('$').skip(1).map(|rest| {
        let rest = rest.trim_start_matches(['{', '#', '!']);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        &rest[..end.unwrap_or(rest.len())]
    });
    let is_secret = |name: &&str| {
        ["TOKEN", "SECRET"].iter().any(|kind| {
            name.strip_suffix(kind).is_some_and(|before| before.is_empty() || before.ends_with('_'))
        })
    };
    names.filter(is_secret).map(str::to_owned).collect()
}

/// A script without what stands between these, where that is as it must be.
fn without(script: &str, open: &str, close: &str, is_sound: &dyn Fn(&str) -> bool) -> String {
    let mut parts = script.split(open);
    let mut left = parts.next().unwrap().to_owned();
    for part in parts {
        match part.split_once(close).filter(|(inner, _)| is_sound(inner)) {
            Some((_, after)) => left += after,
            None => left += part,
        }
    }
    left
}

#[test]
fn a_secret_on_a_command_line_is_found() {
    for (script, expect) in [
        ("curl --header \"Authorization: Bearer $TOKEN\" x", &["TOKEN"][..]),
        ("curl -H \"JOB-TOKEN: ${CI_JOB_TOKEN}\" x", &["CI_JOB_TOKEN"]),
        ("cxform --secret=\"${CXONE_CLIENT_SECRET:-}\"", &["CXONE_CLIENT_SECRET"]),
        ("git push https://x:$STATE_TOKEN@host; echo ${#SECRET}", &["STATE_TOKEN", "SECRET"]),
        ("git config credential.helper \"!f() { echo password=$A_TOKEN; }; f\"", &["A_TOKEN"]),
        ("git config credential.helper '!f() { curl $A_TOKEN; }; f'", &["A_TOKEN"]),
        ("git config credential.helper '!f() { echo \"password=$A_TOKEN\"; }; f'", &[]),
        ("curl --header @<(printf 'Bearer %s' \"$TOKEN\") x", &[]),
        ("curl --header @<(printf 'Bearer %s' \"$TOKEN\") \"$TOKEN\"", &["TOKEN"]),
        ("curl --header @<(printf '%s' \"$(curl $TOKEN)\")", &["TOKEN"]),
        ("if [ -n \"${A_TOKEN:-}\" ]; then curl x; fi", &[]),
        ("[ -n x ] && curl $A_TOKEN", &["A_TOKEN"]),
        ("[ -n \"$(curl $A_TOKEN)\" ]", &["A_TOKEN"]),
        ("echo $TOKENS $SECRETARY $MYTOKEN", &[]),
    ] {
        assert_eq!(shown(script), expect, "{script}");
    }
}

fn example(file: &str) -> (Value, String) {
    let file = root().join("examples/ci").join(file);
    (yaml(&file), std::fs::read_to_string(file).unwrap())
}

#[test]
fn no_workflow_of_github_gives_more_than_it_must() {
    let files = workflows();
    assert_eq!(files.len(), 3);
    let action = root().join("examples/ci/github/.github/actions/cxform/action.yml");
    let mut pins: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files.iter().chain([&action]) {
        let (document, text) = (yaml(file), std::fs::read_to_string(file).unwrap());
        // An expression is pasted into a script as it is: whoever names a branch would run it.
        assert!(scripts(&document).iter().all(|script| !script.contains("${{")), "{file:?}");
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("- uses: ")) {
            let Some((name, pin)) = line.split_once('@') else {
                assert!(line.starts_with("./"), "{file:?}: {line}");
                continue;
            };
            let (commit, version) = pin.split_once(" # v").unwrap();
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_commit && version.split('.').count() == 3, "{file:?}: {line}");
            pins.entry(name.to_owned()).or_default().insert(pin.to_owned());
        }
        assert!(!text.contains("pull_request_target") && !text.contains("write-all"), "{file:?}");
        if *file == action {
            continue;
        }
        assert_eq!(document["permissions"], json!({}), "{file:?}");
        assert!(document["concurrency"]["group"].is_string(), "{file:?}");
        for (name, job) in document["jobs"].as_object().unwrap() {
            assert!(job["timeout-minutes"].is_u64(), "{file:?} {name}");
            let writes = job["permissions"].as_object().unwrap().iter();
            let writes: Vec<_> =
                writes.filter(|(_, may)| *may == "write").map(|(to, _)| &**to).collect();
            let expect: &[&str] = match &**name {
                "apply" => &["contents"],
                "drift" => &["issues"],
                "plan" if file.ends_with("cxform-plan.yml") => &["pull-requests"],
                _ => &[],
            };
            assert_eq!(writes, expect, "{file:?} {name}");
            for step in job["steps"].as_array().unwrap() {
                let is_checkout =
                    step["uses"].as_str().is_some_and(|uses| uses.contains("/checkout@"));
                let keeps = &step["with"]["persist-credentials"];
                assert!(!is_checkout || keeps.is_boolean(), "{file:?} {name}");
            }
        }
    }
    assert!(pins.values().all(|pins| pins.len() == 1), "one version of each: {pins:?}");

    let plan = &yaml(&files[2])["jobs"];
    assert!(!plan["fork"].to_string().contains("secrets."), "a fork gets no secret");
    let (fork, own) = (plan["fork"]["if"].as_str().unwrap(), plan["plan"]["if"].as_str().unwrap());
    assert_eq!(fork.replace("!=", "=="), own);
    let apply = yaml(&files[0]);
    assert_eq!(apply["concurrency"]["cancel-in-progress"], false);
    assert_eq!(apply["jobs"]["apply"]["environment"], "production");
    let steps = apply["jobs"]["apply"]["steps"].as_array().unwrap();
    let always: Vec<_> = steps.iter().filter(|step| step["if"] == "always()").collect();
    assert_eq!(always.len(), 2, "the audit is verified, and a copy of it kept, whatever happened");
}

#[test]
fn no_job_of_gitlab_gives_more_than_it_must() {
    let (document, text) = example("gitlab/.gitlab-ci.yml");
    scripts(&document);
    let default = &document["default"];
    assert_eq!(text.matches("image:").count(), 1);
    let image = default["image"].as_str().unwrap();
    assert!(image.contains(':') && !image.contains("latest"), "{image}");
    assert_eq!(default["interruptible"], false);
    let jobs: Vec<_> = document.as_object().unwrap().iter().collect();
    let jobs: Vec<_> = jobs.into_iter().filter(|(_, job)| job["script"].is_array()).collect();
    for (name, job) in &jobs {
        // In no pipeline that nobody thought of, and what it leaves is not for everybody.
        assert_eq!(job["rules"].as_array().unwrap().len(), 1, "{name}");
        let leaves = job["artifacts"].is_object() && **name != "snapshot";
        assert!(!leaves || job["artifacts"]["access"] == "developer", "{name}");
        // The variables of those who can write are for the environment alone.
        assert_eq!(job["environment"] == "production", **name == "apply", "{name}");
        // What is begun is finished, but for the plan of a request that was pushed to again.
        let may = job["interruptible"] == true;
        assert_eq!(may, name.starts_with("plan") && **name != "plan-merged", "{name}");
    }
    let apply = &document["apply"];
    assert_eq!(apply["rules"][0]["when"], "manual");
    assert_eq!(
        (&apply["resource_group"], &apply["interruptible"]),
        (&json!("production"), &json!(false))
    );
    assert_eq!(apply["artifacts"]["when"], "always");
    assert_eq!(apply["timeout"], "2 hours", "not cut off by what the project allows a job");
    assert_eq!(apply["needs"], json!(["plan-merged"]));

    // A fork's request is never planned with our variables.
    let rule = |name: &str| document[name]["rules"][0]["if"].as_str().unwrap().to_owned();
    assert!(
        rule("plan")
            .contains("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID")
    );
    assert_eq!(rule("plan-fork").replace("!=", "=="), rule("plan"));
    let fork = document["plan-fork"].to_string();
    assert!(
        !["CXONE", "NOTE_TOKEN", "STATE_TOKEN"].iter().any(|name| fork.contains(name)),
        "{fork}"
    );
}

#[test]
fn no_stage_of_azure_gives_more_than_it_must() {
    let (document, _) = example("azure/azure-pipelines.yml");
    let (template, _) = example("azure/.azure/cxform.yml");
    for script in scripts(&document).iter().chain(&scripts(&template)) {
        // A macro is pasted into a script as an expression is. Ours are commands of the shell.
        for called in script.split("$(").skip(1) {
            let word = called.split(|c: char| !c.is_alphanumeric() && c != '.').next().unwrap();
            let is_command =
                word.starts_with(|c: char| c.is_ascii_lowercase()) && !word.contains('.');
            assert!(is_command && !script.contains("${{"), "{script}");
        }
    }
    assert_eq!(
        (&document["pr"], &document["lockBehavior"]),
        (&json!("none"), &json!("sequential"))
    );
    let mut kept = Vec::new();
    for stage in document["stages"].as_array().unwrap() {
        let name = stage["stage"].as_str().unwrap();
        assert!(stage["condition"].is_string(), "{name}");
        for job in stage["jobs"].as_array().unwrap() {
            assert!(job["timeoutInMinutes"].is_string(), "{name}");
            let groups = job["variables"].as_array().into_iter().flatten();
            let groups: Vec<_> = groups.filter_map(|given| given["group"].as_str()).collect();
            let expect: &[&str] = match name {
                "fork" => &[],
                "apply" => &["cxform-apply"],
                _ => &["cxform-plan"],
            };
            assert_eq!(groups, expect, "{name}");
            let deploy = &job["strategy"]["runOnce"]["deploy"]["steps"];
            let steps = if deploy.is_array() { deploy } else { &job["steps"] };
            for step in steps.as_array().unwrap() {
                assert!(step["continueOnError"].is_null(), "{name}");
                let task = step["task"].as_str();
                assert!(task.is_none_or(|task| task.contains('@')), "{name}: {task:?}");
                if step["checkout"].is_string() {
                    let keeps = step["persistCredentials"].as_str().unwrap() == "true";
                    kept.push((name, keeps));
                }
            }
        }
    }
    let expect = [("request", false), ("fork", false), ("plan", true), ("apply", true)];
    assert_eq!(kept, [&expect[..], &[("drift", true), ("drift", false)]].concat());

    let stage = |name: &str| {
        let stages = document["stages"].as_array().unwrap();
        stages.iter().find(|stage| stage["stage"] == name).unwrap()
    };
    let fork = stage("fork").to_string();
    assert!(!fork.contains("CXONE") && !fork.contains("AccessToken"), "{fork}");
    let on_main = "eq(variables['Build.SourceBranch'], 'refs/heads/main')";
    assert!(stage("plan")["condition"].as_str().unwrap().contains(on_main));
    let apply = &stage("apply")["jobs"][0];
    assert_eq!(
        (&stage("apply")["dependsOn"], &apply["environment"]),
        (&json!("plan"), &json!("cxform-production"))
    );
    assert_eq!(
        (&apply["timeoutInMinutes"], &apply["cancelTimeoutInMinutes"]),
        (&json!("120"), &json!("10"))
    );
    // Without these the agent kills a cancelled step after ten seconds, whatever the job is given.
    let milliseconds = |name: &str| {
        let given = apply["variables"].as_array().unwrap().iter().find(|one| one["name"] == name);
        let value = given.unwrap_or_else(|| panic!("there is no {name}"))["value"].as_str();
        value.unwrap().parse::<u64>().unwrap()
    };
    let (int, term) =
        (milliseconds("PROCESS_SIGINT_TIMEOUT"), milliseconds("PROCESS_SIGTERM_TIMEOUT"));
    assert!(int >= 300_000 && term >= 60_000, "{int} {term}");
    assert!(int + term < 10 * 60_000, "both are over before the job is cut off");
    let steps = apply["strategy"]["runOnce"]["deploy"]["steps"].as_array().unwrap();
    let always: Vec<_> = steps.iter().filter(|step| step["condition"] == "always()").collect();
    assert_eq!(always.len(), 2, "the audit is verified, and a copy of it kept, whatever happened");
}
