//! `sim generate`: a project of any size that plans and applies like one that people wrote.

use std::path::Path;

use crate::support::{Folder, Ran, cxform};

fn generate(folder: &Folder, arguments: &[&str]) -> Ran {
    let all = [&["sim", "generate", "--out", "big"], arguments].concat();
    cxform(folder.path(), &[], &all)
}

fn run(folder: &Folder, arguments: &[&str]) -> Ran {
    cxform(&folder.path().join("big"), &[], arguments)
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(self::files(&path)),
            false => files.push(std::fs::read_to_string(path).unwrap()),
        }
    }
    files
}

#[test]
fn where_nothing_is_changed_the_plan_is_empty() {
    // The second one has teams, windows and skills in other languages besides.
    for (agents, skills) in [("30", "5"), ("230", "45")] {
        let folder = Folder::new("generate");
        let size = ["--agents", agents, "--skills", skills, "--changed", "0"];
        let generated = generate(&folder, &size);
        assert_eq!(generated.code, 0, "{generated:?}");
        assert!(generated.out.ends_with("Next: cxform --chdir big plan\n"), "{generated:?}");
        let validated = run(&folder, &["validate"]);
        assert_eq!((validated.code, &*validated.err), (0, ""), "{validated:?}");
        let plan = run(&folder, &["plan", "--detailed-exitcode"]);
        assert_eq!(plan.code, 0, "{plan:?}");
        assert_eq!(plan.out, "No changes. The tenant matches the manifests.\n");
    }
}

#[test]
fn a_share_of_the_assignments_is_changed_and_then_nothing_is() {
    let folder = Folder::new("generate");
    let generated = generate(&folder, &["--agents", "30", "--skills", "5", "--changed", "10"]);
    assert_eq!(generated.code, 0, "{generated:?}");
    let plan = run(&folder, &["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 2, "{plan:?}");
    assert!(plan.out.contains("Plan: 1 to add, 14 to change, 0 to destroy."), "{plan:?}");
    let applied = run(&folder, &["apply", "--auto-approve"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    let plan = run(&folder, &["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{plan:?}");
}

#[test]
fn a_folder_that_is_not_empty_is_left_as_it_is() {
    let folder = Folder::new("generate");
    assert_eq!(generate(&folder, &[]).code, 0);
    let before = files(folder.path());
    let again = generate(&folder, &["--seed", "2"]);
    assert_eq!((again.code, &*again.out), (64, ""), "{again:?}");
    assert!(again.err.starts_with("error: --out big: it is there already"), "{again:?}");
    assert!(again.err.contains("help: remove it, or name a folder"), "{again:?}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn sizes_out_of_range_are_wrong_usage() {
    let folder = Folder::new("generate");
    for (flag, value, rule) in [
        ("--changed", "100.5", "from 0 to 100"),
        ("--changed", "-1", "from 0 to 100"),
        ("--changed", "few", "from 0 to 100"),
        ("--agents", "0", "1..=1000000"),
        ("--skills", "1001", "1..=1000"),
    ] {
        let refused = generate(&folder, &[flag, value]);
        assert_eq!(refused.code, 64, "{refused:?}");
        assert!(refused.err.contains(flag) && refused.err.contains(rule), "{refused:?}");
    }
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

#[test]
fn no_file_tells_where_it_was_written() {
    let folder = Folder::new("generate");
    let out = folder.path().join("telltale");
    let arguments = ["sim", "generate", "--changed", "5.0", "--out", out.to_str().unwrap()];
    assert_eq!(cxform(folder.path(), &[], &arguments).code, 0);
    let files = files(&out);
    let command = "cxform sim generate --agents 100 --skills 8 --changed 5 --seed 1 --out FOLDER";
    assert!(files.iter().any(|text| text.contains(command)), "{files:?}");
    assert!(!files.iter().any(|text| text.contains("telltale")));
}
