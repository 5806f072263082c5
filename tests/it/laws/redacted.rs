//! With `--redact-agents` nobody is named, in no format and on no stream: of a plan, of what became of
//! it, and of drift.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::offline::{project, project_of};
use super::stage::law;
use crate::support::siem::Siem;
use crate::support::{Folder, Ran, cxform};
use cxform::model::Address;

/// Every way of telling a plan; drift is told as manifests, too.
const FORMATS: [&str; 6] = ["text", "json", "markdown", "html", "github", "gitlab"];
const DETAILS: [&str; 3] = ["summary", "changes", "full"];
/// Rules that say something about whatever changes.
const PROJECT: &str = "apiVersion: cxform/v1\nkind: Project\ndefaultTenant: sim\nmanifests: [desired]\n\
    policy: { checks: { deletePercent: off, levelJump: warn, coverage: warn }, levelJump: 0,\n\
    \x20 coverage: { minAgents: 100 } }\n\
    tenants: { sim: { url: 'sim:tenant.json' } }\n";
const KEY: (&str, &str) = ("CXFORM_REDACT_KEY", "a key that the tests share");
const AT: [&str; 4] = ["--at", "2035-01-01T00:00:00Z", "--timeline", "52w"];

/// All that the tenant calls its agents.
fn names(tenant: &Value) -> Vec<String> {
    let agents = tenant["agents"].as_array().unwrap().iter();
    let texts = agents.flat_map(|agent| ["id", "name", "email"].map(|field| agent[field].as_str()));
    texts.flatten().map(str::to_owned).collect()
}

/// Whether a text has a name as a whole word.
fn has(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    })
}

fn names_nobody(text: &str, names: &[String], what: &str) {
    let plain = text.replace("\\\"", "\"").replace("%2F", "/");
    for name in names {
        assert!(!has(text, name) && !has(&plain, name), "{what} names {name}:\n{text}");
    }
}

/// Runs a command that may be blocked.
fn run(folder: &Folder, arguments: &[&str]) -> Ran {
    let ran = cxform(folder.path(), &[KEY], arguments);
    assert!([0, 3].contains(&ran.code), "{arguments:?} {} {}", ran.out, ran.err);
    ran
}

#[test]
fn nobody_is_named_in_any_format() {
    law(12, |seed| async move {
        tokio::task::spawn_blocking(move || {
            let (folder, tenant, _) = project(seed);
            folder.put("cxform.yaml", PROJECT);
            let names = names(&tenant);
            let whole = cxform(folder.path(), &[], &[&["plan", "--out", "p"][..], &AT].concat());
            assert!([0, 3].contains(&whole.code), "{}", whole.err);
            for (format, detail) in FORMATS.iter().flat_map(|f| DETAILS.map(|d| (*f, d))) {
                let told = ["--format", format, "--detail", detail, "--redact-agents"];
                let planned = run(&folder, &[&["plan", "--out", "q"][..], &told, &AT].concat());
                let shown = run(&folder, &[&["show", "q"][..], &told].concat());
                let what = format!("{format} {detail}");
                names_nobody(&planned.out, &names, &what);
                names_nobody(&planned.err, &names, &what);
                names_nobody(&shown.err, &names, &what);
                assert_eq!(planned.out, shown.out, "{what}");
            }
            let saved = std::fs::read_to_string(folder.path().join("q")).unwrap();
            let plan: Value = serde_json::from_str(&saved).unwrap();
            let changes = plan["resource_changes"].as_array().unwrap();
            if let Some(change) = changes.iter().find(|change| change["kind"] == "assignment") {
                // The saved plan is whole, and would be noticed above.
                let (_, agent) = change["address"].as_str().unwrap().split_once('/').unwrap();
                let agent = agent.rsplit_once('/').unwrap().0.replace("%2F", "/");
                assert!(
                    names.contains(&agent) && has(&saved.replace("%2F", "/"), &agent),
                    "{saved}"
                );
            }
            let apply = ["apply", "--auto-approve", "--allow-delete", "--redact-agents"];
            let applied = run(&folder, &[&apply[..], &["--events", "e"]].concat());
            names_nobody(&applied.out, &names, "apply");
            names_nobody(&applied.err, &names, "apply, on standard error,");
            let events = std::fs::read_to_string(folder.path().join("e")).unwrap();
            names_nobody(&events, &names, "an event");
        })
        .await
        .unwrap();
    });
}

/// A project that tolerates some drift, in words that name people.
fn tolerant(names: &[String], leased: &[String]) -> String {
    let Some(first) =
        names.iter().filter_map(|name| name.chars().next()).find(|c| c.is_alphabetic())
    else {
        return PROJECT.to_owned();
    };
    let named = |index: usize| {
        let name = &names[index % names.len()];
        json!(format!("`{name}` is away, ask `{name}`"))
    };
    let lease = |address: &String, index: usize| {
        let (reason, owner) = (named(index), named(index + 1));
        format!(
            "{{ address: {}, until: 2036-01-01, reason: {reason}, owner: {owner} }}",
            json!(address)
        )
    };
    let leases: Vec<String> =
        leased.iter().take(2).enumerate().map(|(at, address)| lease(address, at)).collect();
    let ignored = json!(format!("assignment/{first}*/**"));
    PROJECT.replace(
        "policy: {",
        &format!("policy: {{ leases: [{}], ignore: [{ignored}],", leases.join(", ")),
    )
}

/// What each class of drift is called that some seed had.
type Classes = Arc<Mutex<BTreeSet<String>>>;

/// Looks for drift in every format, and for names in all that is told of it.
fn drift_names_nobody(folder: &Folder, tenant: &Value, look: &[&str], classes: &Classes) {
    let names = names(tenant);
    let port = Siem::free_port();
    let siem = Siem::listen(port, &[]);
    let hook = format!("http://127.0.0.1:{port}/hook");
    let look = [&["drift", "--at", "2035-01-01T00:00:00Z"][..], look].concat();
    let whole = cxform(folder.path(), &[], &[&look[..], &["--format", "json"]].concat());
    assert!([0, 2].contains(&whole.code), "{}", whole.err);
    let whole: Value = serde_json::from_str(&whole.out).unwrap();
    for item in whole["items"].as_array().unwrap() {
        classes.lock().unwrap().insert(item["class"].as_str().unwrap().to_owned());
    }
    for format in FORMATS.into_iter().chain(["yaml"]) {
        let more = ["--redact-agents", "--format", format, "--metrics", "m"];
        let more = [&more[..], &["--notify", &hook]].concat();
        let ran = cxform(folder.path(), &[KEY], &[&look[..], &more].concat());
        assert!([0, 2].contains(&ran.code), "{}", ran.err);
        names_nobody(&ran.out, &names, format);
        names_nobody(&ran.err, &names, format);
        // A name in another spelling is in no list: of a lease no word is told.
        assert!(!ran.out.contains("is away"), "{format}: {}", ran.out);
    }
    let metrics = std::fs::read_to_string(folder.path().join("m")).unwrap();
    names_nobody(&metrics, &names, "the figures");
    let posts = siem.posts();
    assert_eq!(posts.len(), usize::from(whole["drift"] == true));
    posts.iter().for_each(|post| names_nobody(&post.body, &names, "a notice"));
    assert!(posts.iter().all(|post| !post.body.contains("is away")), "a notice");
}

/// Plays drift over seeds, and returns what each class is called that some seed had.
fn drift_law(play: fn(u64, &Classes)) -> BTreeSet<String> {
    let classes = Classes::default();
    let seen = Arc::clone(&classes);
    law(12, move |seed| {
        let seen = Arc::clone(&seen);
        async move { tokio::task::spawn_blocking(move || play(seed, &seen)).await.unwrap() }
    });
    let classes = classes.lock().unwrap();
    classes.clone()
}

#[test]
fn drift_names_nobody_in_any_format() {
    let classes = drift_law(|seed, seen| {
        let (folder, tenant, _) = project(seed);
        let skills = tenant["skills"].as_array().unwrap().iter();
        let leased = skills.filter_map(|skill| skill["name"].as_str()).map(|skill| {
            let address = Address::new("skill", &[skill]).to_string();
            address.replacen("skill/", "assignment/*/", 1)
        });
        let leased: Vec<String> = leased.collect();
        folder.put("cxform.yaml", &tolerant(&names(&tenant), &leased));
        drift_names_nobody(&folder, &tenant, &["--all"], seen);
    });
    assert!(classes.len() >= 4, "{classes:?}");
}

/// Where no manifest names an agent nobody asks for them.
#[test]
fn drift_of_queues_alone_names_nobody() {
    let classes = drift_law(|seed, seen| {
        let (folder, tenant, files) = project_of(seed, |kind| kind == "Queue");
        if files.is_empty() {
            return;
        }
        folder.put("cxform.yaml", &tolerant(&names(&tenant), &["queue/*".to_owned()]));
        drift_names_nobody(&folder, &tenant, &[], seen);
    });
    assert!(classes.contains("leased"), "{classes:?}");
}
