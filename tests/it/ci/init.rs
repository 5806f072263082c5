//! `init`: what a project begins with.

use super::scene::FETCHING;
use crate::support::{Folder, cxform, root};

const IGNORED: &str = ".cxform/\n*.plan\nplan.html\nwfm.csv\ndrift.prom\n";

#[test]
fn a_project_to_begin_with_is_sound_and_plans() {
    let folder = Folder::new("init");
    let run = |arguments: &[&str]| cxform(folder.path(), &[], arguments);
    let begun = run(&["init", "team"]);
    assert_eq!(begun.code, 0, "{begun:?}");
    assert!(begun.out.contains("\n   cxform --chdir team plan\n2. Name your own"), "{begun:?}");
    assert!(begun.out.contains("Wrote team/.gitignore\n"), "{begun:?}");
    let in_team = |arguments: &[&str]| run(&[&["--chdir", "team"], arguments].concat());
    assert_eq!(in_team(&["validate"]).code, 0);
    let plan = in_team(&["plan"]);
    assert!(plan.out.ends_with("Plan: 3 to add, 0 to change, 0 to destroy.\n"), "{plan:?}");
    assert_eq!(in_team(&["apply", "--auto-approve"]).code, 0);
    assert_eq!(in_team(&["plan", "--detailed-exitcode"]).code, 0);
    assert_eq!(in_team(&["drift"]).code, 0);

    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("team/.gitignore"), IGNORED);
    let before = read("team/cxform.yaml");
    let again = run(&["init", "team"]);
    assert_eq!(again.code, 64, "{again:?}");
    assert!(again.err.contains("team/cxform.yaml is there already"), "{again:?}");
    assert_eq!(read("team/cxform.yaml"), before);
}

#[test]
fn nothing_is_written_where_one_file_is_in_the_way() {
    let folder = Folder::new("init-in-the-way");
    folder.put("desired-state/billing.yaml", "mine");
    let ran = cxform(folder.path(), &[], &["init"]);
    assert_eq!(ran.code, 64, "{ran:?}");
    assert!(ran.err.contains("desired-state/billing.yaml is there already"), "{ran:?}");
    assert!(!folder.path().join("cxform.yaml").exists());
    assert!(!folder.path().join(".gitignore").exists());
}

/// The CIs, each with a file that stands for its workflows.
const CIS: [(&str, &[&str]); 3] = [
    (
        "github",
        &[
            ".github/actions/cxform/action.yml",
            ".github/workflows/cxform-apply.yml",
            ".github/workflows/cxform-drift.yml",
            ".github/workflows/cxform-plan.yml",
        ],
    ),
    ("gitlab", &[".gitlab-ci.yml"]),
    ("azure", &[".azure/cxform.yml", "azure-pipelines.yml"]),
];

#[test]
fn workflows_are_those_of_the_examples_and_nothing_is_overwritten() {
    for (ci, files) in CIS {
        let folder = Folder::new("init-ci");
        folder.put(".git/HEAD", "");
        let run = |arguments: &[&str]| cxform(folder.path(), &[], arguments);
        let begun = run(&["init", "--ci", ci]);
        assert_eq!(begun.code, 0, "{begun:?}");
        assert!(!begun.out.contains("git init"), "{begun:?}");
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let is_example = |below: &str, file: &str| {
            let example = root().join("examples/ci").join(ci).join(file);
            let example = std::fs::read_to_string(example).unwrap();
            assert_eq!(read(&format!("{below}{file}")), example, "{file}");
        };
        for file in files {
            is_example("", file);
        }
        assert!(read("cxform.yaml").contains("\nstate: { git: cxform-state }\n"));
        // A project that is there keeps its files, and its workflows are written only once.
        let again = run(&["init", "--ci", ci]);
        assert_eq!(again.code, 64, "{again:?}");
        assert!(again.err.contains(&format!("{} is there already", files[0])), "{again:?}");
        assert!(again.err.contains("--workflows DIR"), "{again:?}");
        let beside = run(&["init", "--ci", ci, "--workflows", "merge"]);
        assert_eq!(beside.code, 0, "{beside:?}");
        assert!(beside.out.contains("1. Merge what is below merge into"), "{beside:?}");
        let (_, fetch) = FETCHING.into_iter().find(|(of, _)| *of == ci).unwrap();
        for (ran, below) in [(&begun, ""), (&beside, "merge/")] {
            let step = format!(". Fill in {below}{fetch}, since");
            assert!(ran.out.contains(&step), "{ran:?}");
        }
        for file in files {
            is_example("merge/", file);
        }
    }
}

#[test]
fn workflows_at_the_git_root_name_the_project_below_it() {
    for (ci, files) in CIS {
        let folder = Folder::new("init-below");
        folder.put(".git/HEAD", "");
        folder.put("team/.gitignore", "*.log");
        let begun = cxform(folder.path(), &[], &["init", "team", "--ci", ci]);
        assert_eq!(begun.code, 0, "{begun:?}");
        let added = "Added to team/.gitignore: .cxform/ *.plan plan.html wfm.csv drift.prom\n";
        assert!(begun.out.contains(added), "{begun:?}");
        let kept = "Leave CXFORM_CONFIG in the workflows: it names team/cxform.yaml.";
        assert!(begun.out.contains(kept), "{begun:?}");
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("team/.gitignore"), format!("*.log\n{IGNORED}"));
        for text in files.iter().map(|file| read(file)) {
            let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
            let config = serde_json::json!("team/cxform.yaml");
            // The file that only fetches the program knows no project.
            let is_fetch = !text.contains("cxform plan") && !text.contains("cxform drift");
            let named = ["env", "variables"].map(|key| value[key].clone());
            let is_named = named.iter().any(|variables| {
                let listed = variables.as_array().is_some_and(|all| {
                    all.iter().any(|one| one["name"] == "CXFORM_CONFIG" && one["value"] == config)
                });
                listed || variables["CXFORM_CONFIG"] == config
            });
            assert!(is_fetch || is_named, "{text}");
            assert!(!text.contains(" .cxform/") && !text.contains("[.cxform/"), "{text}");
        }
    }
}

#[test]
fn the_project_of_a_ci_is_for_a_real_tenant() {
    let folder = Folder::new("init-real");
    let run = |arguments: &[&str]| cxform(folder.path(), &[], arguments);
    let begun = run(&["init", "--ci", "github"]);
    assert!(begun.out.contains("\n1. This is in no git repository yet"), "{begun:?}");
    let plan = run(&["plan"]);
    assert_eq!(plan.code, 1, "{plan:?}");
    assert!(plan.err.contains("CXONE_CLIENT_ID"), "{plan:?}");
    let tried = run(&["--tenant", "sim", "plan"]);
    assert!(tried.out.ends_with("Plan: 3 to add, 0 to change, 0 to destroy.\n"), "{tried:?}");
    assert_eq!(tried.err, "");
    // A CI that uses the simulated one all the same is told on each run, and so is who reads the plan.
    let options = ["--tenant", "sim", "plan", "--format", "markdown"];
    let pretended = cxform(folder.path(), &[("CI", "true")], &options);
    assert!(pretended.err.contains("this CI only pretends: the tenant sim"), "{pretended:?}");
    assert!(pretended.out.contains("**The tenant is simulated**"), "{pretended:?}");
}

#[test]
fn a_branch_that_no_workflow_runs_for_is_told() {
    for (ci, branch, is_told) in [
        ("github", "master", true),
        ("azure", "master", true),
        ("gitlab", "master", false),
        ("github", "main", false),
    ] {
        let folder = Folder::new("init-branch");
        folder.put(".git/HEAD", &format!("ref: refs/heads/{branch}\n"));
        let begun = cxform(folder.path(), &[], &["init", "--ci", ci]);
        assert_eq!(begun.out.contains("   git branch --move main\n"), is_told, "{begun:?}");
    }
}

#[test]
fn a_project_that_is_there_is_told_what_it_lacks_for_a_ci() {
    let told = |project: &str| {
        let folder = Folder::new("init-lacks");
        folder.put("cxform.yaml", &format!("apiVersion: cxform/v1\nkind: Project\n{project}"));
        let begun = cxform(folder.path(), &[], &["init", "--ci", "gitlab"]);
        assert_eq!(begun.code, 0, "{begun:?}");
        (begun.out.contains("state: { git: cxform-state }"), begun.out.contains("only pretend"))
    };
    let sim = "defaultTenant: sim\ntenants: { sim: { url: 'sim:t.yaml' } }\n";
    assert_eq!(told(sim), (true, true));
    assert_eq!(told(&format!("{sim}state: {{ git: audit }}\n")), (false, true));
    assert_eq!(told("tenants: { prod: { url: 'https://x' } }\n"), (true, false));
}
