//! `--base`: what a request changes, apart from what had drifted before it.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Folder, Ran, cxform};

const PROJECT: &str = "apiVersion: cxform/v1
kind: Project
manifests: [desired]
tenants: { sim: { url: 'sim:tenant.json' } }
";

const DAY: &str = "apiVersion: cxform/v1
kind: AvailabilityWindow
metadata: { name: day }
spec: { from: '2035-01-08T08:00:00Z', to: '2035-01-08T17:00:00Z' }
---
";

fn queue(name: &str, capacity: u32) -> String {
    document(&format!("{{ name: {name} }}"), &format!("{{ capacity: {capacity} }}"))
}

fn document(metadata: &str, spec: &str) -> String {
    format!("apiVersion: cxform/v1\nkind: Queue\nmetadata: {metadata}\nspec: {spec}\n---\n")
}

fn matrix(spec: &str) -> String {
    format!(
        "{DAY}apiVersion: cxform/v1\nkind: SkillMatrix\nmetadata: {{ name: all }}\n\
         spec: {{ window: day, {spec} }}\n---\n"
    )
}

/// A tenant with these queues, and two agents who have one skill.
fn tenant(queues: &[(&str, u32)]) -> Value {
    let queue = |(name, capacity): &(&str, u32)| {
        let target = if *name == "main" { json!("q-old") } else { Value::Null };
        json!({"id": format!("q-{name}"), "name": name, "capacity": capacity, "priority": 5,
            "overflow": {"overflowTargetId": target}})
    };
    let assignment = |agent: &str| {
        json!({"id": format!("a-{agent}"), "userId": agent, "skillId": "s-1", "level": 3,
            "availableFrom": "2035-01-08T08:00:00Z", "availableTo": "2035-01-08T17:00:00Z"})
    };
    let agent = |id: &str, name: &str| json!({"id": id, "name": name, "licenses": [{"licenseType": "agent"}]});
    json!({
        "apiVersion": "cxform/v1", "kind": "Tenant",
        "skills": [{"id": "s-1", "name": "billing"}],
        "strategies": [{"id": "r-1", "status": "active", "skills": ["s-1"]}],
        "agents": [agent("u-1", "Ana"), agent("u-2", "Ben")],
        "queues": queues.iter().map(queue).collect::<Vec<_>>(),
        "assignments": [assignment("u-1"), assignment("u-2")],
    })
}

/// A repository whose branch `main` is the base.
struct Repository(Folder);

impl Repository {
    /// With these files below `desired`, and this tenant; none where there is no git, which is told.
    fn of(files: &[(&str, &str)], tenant: &Value) -> Option<Self> {
        if Command::new("git").arg("version").output().is_err() {
            return passed_over();
        }
        let repository = Self(Folder::new("based"));
        repository.0.put("cxform.yaml", PROJECT);
        repository.0.put("tenant.json", &tenant.to_string());
        repository.0.put(".gitignore", ".cxform/\n");
        repository.put(files);
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit();
        repository.git(&["checkout", "--quiet", "-b", "request"]);
        Some(repository)
    }

    fn put(&self, files: &[(&str, &str)]) {
        for (name, text) in files {
            self.0.put(&format!("desired/{name}"), text);
        }
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", "x"]);
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=tests", "-c", "user.email=tests@localhost"]);
        let ran = git.args(arguments).current_dir(self.0.path()).output().unwrap();
        assert!(ran.status.success(), "{arguments:?} {ran:?}");
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        cxform(self.0.path(), &[], arguments)
    }

    /// The changes of a plan as `REASON ADDRESS`, with `*` where it is drift and the rules that hold
    /// it. Tenant and snapshot tell the same.
    fn told(&self, arguments: &[&str]) -> Vec<String> {
        let told = |more: &[&str]| {
            let arguments = [&["plan", "--format", "json"], more, arguments].concat();
            let ran = self.run(&arguments);
            assert!([0, 3].contains(&ran.code), "{ran:?}");
            let plan: Value = serde_json::from_str(&ran.out).unwrap();
            let changes = plan["resource_changes"].as_array().unwrap().clone();
            changes.iter().map(line).collect::<Vec<String>>()
        };
        let (seen, live) = (told(&[]), told(&["--live", "tenant.json"]));
        assert_eq!(seen, live);
        seen
    }
}

#[allow(clippy::print_stderr, reason = "a test that is passed over says so")]
fn passed_over<T>() -> Option<T> {
    eprintln!("git is not installed: this test of --base is passed over");
    None
}

fn line(change: &Value) -> String {
    let text = |name: &str| change[name].as_str().unwrap().to_owned();
    let drifted = if change["drifted"] == json!(true) { "*" } else { "" };
    let held = change["held_by"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap());
    let held: String = held.map(|rule| format!(" !{rule}")).collect();
    format!("{}{drifted} {}{held}", text("reason"), text("address"))
}

#[test]
fn each_change_tells_who_moved() {
    let base = [
        document("{ name: main }", "{ capacity: 10, overflow: { target: old } }"),
        queue("both", 10) + &queue("drifted", 20) + &queue("gone", 10) + &queue("old", 10),
        queue("moved", 10) + &queue("never", 10) + &queue("wanted", 7),
    ];
    let there = [("main", 10), ("both", 11), ("drifted", 19), ("gone", 10), ("old", 10)];
    let there = [&there[..], &[("moved", 10), ("other", 1)]].concat();
    let Some(repository) = Repository::of(&[("q.yaml", &base.concat())], &tenant(&there)) else {
        return;
    };
    let head = [
        document("{ name: main }", "{ capacity: 20, overflow: { target: new } }"),
        queue("both", 20) + &queue("drifted", 20) + &queue("added", 5) + &queue("wanted", 7),
        document("{ name: new, renamedFrom: old }", "{ capacity: 10 }"),
    ];
    repository.put(&[("q.yaml", &head.concat()), ("deep/moved.yaml", &queue("moved", 10))]);
    let expect = [
        "config queue/added",
        "both queue/both",
        "drift* queue/drifted",
        "removed queue/gone !allow-delete",
        "config queue/main",
        "renamed queue/new",
        "drift* queue/wanted",
    ];
    assert_eq!(repository.told(&["--base", "main"]), expect);
    // Without a base nobody knows, and nothing is removed.
    let unknown = ["differs", "differs", "differs", "differs", "renamed", "differs"];
    let told = repository.told(&[]);
    let reasons: Vec<&str> = told.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(reasons, unknown);
    assert!(!told.iter().any(|line| line.contains("gone")), "{told:?}");

    let text = repository.run(&["plan", "--base", "main", "--allow-delete"]).out;
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is not in {text}"));
    let order = [
        "Changed since main:",
        "+ queue/added  will be created: the request adds it",
        "~ queue/both  will be changed: the request changes it, and the tenant differs from the base too",
        "- queue/gone  will be deleted: the request removes it",
        "at main:desired/q.yaml:",
        "~ queue/main  will be changed: the request changes it",
        "> queue/new  will be renamed",
        "Not changed since main, but different in the tenant:",
        "~ queue/drifted  will be changed: the request leaves it, and the tenant differs",
        "+ queue/wanted  will be created: the request leaves it, and the tenant has none",
        "5 changed; 2 others differ in the tenant.",
        "Plan: 2 to add, 4 to change, 1 to destroy.",
    ];
    assert!(order.map(at).is_sorted(), "{text}");
    // What is applied is applied with the same base.
    let applied = repository.run(&["apply", "--base", "main", "--auto-approve", "--allow-delete"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    assert!(applied.out.contains("2 added, 4 changed, 1 destroyed"), "{applied:?}");
    let ran = repository.run(&["plan", "--base", "main", "--detailed-exitcode"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn assignments_go_with_their_rows_and_tables_are_part_of_the_base() {
    let table = matrix("table: levels.csv");
    let base = [("m.yaml", &*table), ("levels.csv", "agent,billing\nAna,3\nBen,3\n")];
    let Some(repository) = Repository::of(&base, &tenant(&[])) else { return };
    assert_eq!(repository.told(&["--base", "main"]), [""; 0]);
    // Nobody names Ben any more: only the base tells that he is to be looked at.
    repository.put(&[("levels.csv", "agent,billing\nAna,4\n")]);
    let removed = "removed assignment/u-2/billing !allow-delete";
    assert_eq!(repository.told(&["--base", "main"]), ["config assignment/u-1/billing", removed]);
    // No matrix at all, and no queue that would need the agents.
    repository.put(&[("m.yaml", &queue("main", 5))]);
    let told = repository.told(&["--base", "main", "--only", "assignment/**"]);
    assert_eq!(told, ["removed assignment/u-1/billing !allow-delete", removed]);
}

#[test]
fn which_manifests_there_were_the_base_says_itself() {
    let there = tenant(&[("one", 1), ("two", 2), ("draft", 5)]);
    let base = [("a.yaml", &*(queue("one", 1) + &queue("two", 2)))];
    let Some(repository) = Repository::of(&base, &there) else { return };
    // A folder that the base has and does not list.
    repository.0.put("drafts/a.yaml", &queue("draft", 5));
    repository.commit();
    repository.git(&["branch", "--force", "main"]);
    repository.git(&["mv", "desired", "wanted"]);
    repository.0.put("wanted/a.yaml", &queue("one", 3));
    let lists = |folders: &str| {
        repository.0.put("cxform.yaml", &PROJECT.replace("[desired]", folders));
    };
    lists("[wanted, drafts]");
    let told = ["config queue/one", "removed queue/two !allow-delete"];
    assert_eq!(repository.told(&["--base", "main"]), told);
    let ran = repository.run(&["plan", "--base", "main"]);
    assert_eq!(ran.err, "");
    // What the command line names is meant in both.
    let ran = repository.run(&["plan", "--base", "main", "wanted"]);
    assert!(ran.err.contains("warning: the base main has no manifest"), "{ran:?}");
    // As a folder.
    repository.git(&["worktree", "add", "--quiet", "before", "main"]);
    lists("[wanted]");
    assert_eq!(repository.told(&["--base", "./before"]), told);
    // A project file that cannot be read lists nothing.
    repository.0.put("before/cxform.yaml", "kind: [");
    repository.git(&["-C", "before", "mv", "desired", "wanted"]);
    assert_eq!(repository.told(&["--base", "./before"]), told);
    let ran = repository.run(&["plan", "--base", "./before"]);
    assert!(ran.err.contains("warning: before/cxform.yaml cannot be read; what the"), "{ran:?}");
}

#[test]
fn what_was_said_before_and_is_not_yet_so_is_no_part_of_the_request() {
    let absent = queue("ghost", 1).replace("spec:", "state: absent\nspec:");
    let renamed = document("{ name: new, renamedFrom: old }", "{ capacity: 10 }");
    let rows = matrix("scope: exclusive, agents: { Ana: {} }");
    let base = [("q.yaml", &*(absent.clone() + &renamed)), ("m.yaml", &rows)];
    let there = tenant(&[("ghost", 1), ("old", 10), ("linked", 5)]);
    let Some(repository) = Repository::of(&base, &there) else { return };
    let lags = [
        "exclusive* assignment/u-1/billing !allow-delete",
        "absent* queue/ghost !allow-delete",
        "renamed* queue/new",
    ];
    assert_eq!(repository.told(&["--base", "main"]), lags);
    // The same, where this request says it first; what a link led to is declared, too.
    repository.git(&["checkout", "--quiet", "--orphan", "first"]);
    repository.put(&[("m.yaml", ""), ("q.yaml", &queue("old", 10))]);
    repository.0.put("linked.txt", &queue("linked", 5));
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, repository.0.path().join("desired").join(name)).unwrap();
    };
    link("../linked.txt", "in.yaml");
    link("/dev/null", "out.yaml");
    repository.commit();
    for name in ["in.yaml", "out.yaml"] {
        std::fs::remove_file(repository.0.path().join("desired").join(name)).unwrap();
    }
    repository.put(&[("q.yaml", &(absent + &renamed)), ("m.yaml", &rows)]);
    let news = [
        "exclusive assignment/u-1/billing !allow-delete",
        "absent queue/ghost !allow-delete",
        "removed queue/linked !allow-delete",
        "renamed queue/new",
    ];
    assert_eq!(repository.told(&["--base", "first"]), news);
    let ran = repository.run(&["plan", "--base", "first"]);
    assert!(ran.err.contains("warning: first:desired/out.yaml is a link that leads"), "{ran:?}");
}

#[test]
fn what_is_removed_is_held_where_it_may_be_declared_elsewhere_and_where_it_is_protected() {
    let base = [("a.yaml", &*(queue("one", 1) + &queue("two", 2))), ("b.yaml", &queue("three", 3))];
    let there = tenant(&[("one", 1), ("two", 2), ("three", 3)]);
    let Some(repository) = Repository::of(&base, &there) else { return };
    repository.put(&[("a.yaml", &queue("one", 1))]);
    let told = |arguments: &[&str]| repository.told(&[&["--base", "main"], arguments].concat());
    assert_eq!(told(&["--allow-delete"]), ["removed queue/two"]);
    assert_eq!(told(&["desired/a.yaml", "--allow-delete"]), ["removed queue/two !partial"]);
    assert_eq!(told(&["desired/b.yaml"]), [""; 0]);
    repository.0.put("cxform.yaml", &format!("{PROJECT}policy: {{ protect: ['queue/t*'] }}\n"));
    assert_eq!(told(&["--allow-delete"]), ["removed queue/two !protect"]);
}

#[test]
fn a_base_that_cannot_be_used_is_named_with_the_way_out() {
    let wrong = [("q.yaml", "apiVersion: cxform/v1\nkind: Queue\nmetadata: [\n")];
    let Some(repository) = Repository::of(&wrong, &tenant(&[])) else { return };
    repository.put(&[("q.yaml", &queue("main", 5))]);
    let ran = repository.run(&["plan", "--base", "main"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("main:desired/q.yaml:"), "{ran:?}");
    assert!(ran.err.contains("is part of the base main"), "{ran:?}");
    assert!(ran.err.contains("or leave out --base"), "{ran:?}");
    for (name, told) in [
        ("nowhere", "--base nowhere: there is no such commit or folder"),
        ("", "a value is required for '--base"),
        ("-x", "--base -x: there is no such commit or folder"),
        ("last", "--base last: the audit of sim tells of no complete apply"),
        (".git", "--base .git: there is no .git/desired"),
    ] {
        let ran = repository.run(&["plan", &format!("--base={name}")]);
        assert_eq!(ran.code, 64, "{ran:?}");
        assert!(ran.err.contains(told), "{ran:?}");
    }
    let ran = repository.run(&["apply", "--plan", "p.json", "--base", "main"]);
    assert_eq!(ran.code, 64, "{ran:?}");
}

#[test]
fn a_folder_and_the_last_apply_are_bases_too() {
    let base = [("q.yaml", &*(queue("kept", 10) + &queue("gone", 10)))];
    let there = tenant(&[("kept", 9), ("gone", 9)]);
    let Some(repository) = Repository::of(&base, &there) else { return };
    repository.0.fill_in(&repository.0.path().join("desired"), "before/desired");
    repository.put(&[("q.yaml", &queue("kept", 10))]);
    let told = repository.told(&["--base", "before"]);
    assert_eq!(told, ["removed queue/gone !allow-delete", "drift* queue/kept"]);
    let text = repository.run(&["plan", "--base", "./before"]).out;
    assert!(text.contains("at before/desired/q.yaml:"), "{text}");

    // A part is no complete apply; what follows is.
    let apply = ["apply", "--auto-approve"];
    let part = [&apply[..], &["--only", "queue/kept"]].concat();
    repository.git(&["checkout", "--quiet", "main", "--", "desired"]);
    assert_eq!(repository.run(&part).code, 0);
    assert_eq!(repository.run(&["plan", "--base", "last"]).code, 64);
    assert_eq!(repository.run(&apply).code, 0);
    repository.put(&[("q.yaml", &queue("kept", 20))]);
    repository.commit();
    let planned = || {
        let plan = repository.run(&["plan", "--base", "last", "--format", "json"]);
        let plan: Value = serde_json::from_str(&plan.out).unwrap();
        let changes: Vec<String> =
            plan["resource_changes"].as_array().unwrap().iter().map(line).collect();
        (changes, plan)
    };
    let (changes, plan) = planned();
    assert_eq!(changes, ["removed queue/gone !allow-delete", "config queue/kept"]);
    assert_eq!(plan["source"]["base"]["name"], json!("last"));
    assert_eq!(plan["source"]["base"]["commit"].as_str().map(str::len), Some(40));

    // What is withheld of it stays owed: nothing but the base before it would tell.
    let based = [&apply[..], &["--base", "last"]].concat();
    assert_eq!(repository.run(&based).code, 0);
    assert_eq!(planned().0, ["removed queue/gone !allow-delete"]);
    assert_eq!(repository.run(&[&based[..], &["--allow-delete"]].concat()).code, 0);
    assert_eq!(planned().0, [""; 0]);
}

#[test]
fn a_shallow_clone_works_or_says_how_to_deepen_it() {
    let Some(repository) = Repository::of(&[("q.yaml", &queue("main", 10))], &tenant(&[])) else {
        return;
    };
    repository.put(&[("q.yaml", &queue("main", 20))]);
    repository.commit();
    let url = format!("file://{}", repository.0.path().display());
    repository.git(&["clone", "--quiet", "--depth=1", "--branch=request", &url, "clone"]);
    let clone = repository.0.path().join("clone");
    let plan = |base: &str| cxform(&clone, &[], &["plan", "--base", base]);
    for (base, fetch) in [
        ("HEAD~1", "git fetch --unshallow"),
        ("main", "git fetch --depth=1 origin main:refs/remotes/origin/main"),
        ("origin/main", "git fetch --depth=1 origin main:refs/remotes/origin/main"),
    ] {
        let ran = plan(base);
        assert_eq!(ran.code, 64, "{ran:?}");
        assert!(ran.err.contains("this clone is shallow"), "{ran:?}");
        assert!(ran.err.contains(&format!("run `{fetch}`")), "{ran:?}");
        assert!(ran.err.contains("fetch-depth: 0"), "{ran:?}");
    }
    repository.git(&[
        "-C",
        "clone",
        "fetch",
        "--quiet",
        "--depth=1",
        "origin",
        "main:refs/remotes/origin/main",
    ]);
    for base in ["main", "origin/main"] {
        let ran = plan(base);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.out.contains("1 changed."), "{ran:?}");
    }
}
