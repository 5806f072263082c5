//! `init`: what a project begins with.

use super::scene::FETCHING;
use crate::support::{Folder, cxform, root};

#[test]
fn a_project_to_begin_with_is_sound_and_plans() {
    let folder = Folder::new("init");
    let run = |arguments: &[&str]| cxform(folder.path(), &[], arguments);
    let begun = run(&["init", "team"]);
    assert_eq!(begun.code, 0, "{begun:?}");
    assert!(begun.out.ends_with("Next: cxform --chdir team plan\n"), "{begun:?}");
    let in_team = |arguments: &[&str]| run(&[&["--chdir", "team"], arguments].concat());
    assert_eq!(in_team(&["validate"]).code, 0);
    let plan = in_team(&["plan"]);
    assert!(plan.out.ends_with("Plan: 3 to add, 0 to change, 0 to destroy.\n"), "{plan:?}");
    assert_eq!(in_team(&["apply", "--auto-approve"]).code, 0);
    assert_eq!(in_team(&["plan", "--detailed-exitcode"]).code, 0);
    assert_eq!(in_team(&["drift"]).code, 0);

    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("team/.gitignore"), ".cxform/\n");
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

#[test]
fn workflows_stand_at_the_git_root_and_are_those_of_the_examples() {
    for (ci, files) in [
        (
            "github",
            &[
                ".github/actions/cxform/action.yml",
                ".github/workflows/cxform-apply.yml",
                ".github/workflows/cxform-drift.yml",
                ".github/workflows/cxform-plan.yml",
            ][..],
        ),
        ("gitlab", &[".gitlab-ci.yml"]),
        ("azure", &[".azure/cxform.yml", "azure-pipelines.yml"]),
    ] {
        let folder = Folder::new("init-ci");
        folder.put(".git/HEAD", "");
        folder.put("team/.gitignore", "*.log");
        let run = |arguments: &[&str]| cxform(folder.path(), &[], arguments);
        let begun = run(&["init", "team", "--ci", ci]);
        assert_eq!(begun.code, 0, "{begun:?}");
        assert!(begun.out.contains("CXFORM_CONFIG: team/cxform.yaml"), "{begun:?}");
        // What is left to fill in comes last, with the file that has it.
        let (_, file) = FETCHING.into_iter().find(|(of, _)| *of == ci).unwrap();
        let (_, last) = begun.out.split_once("Before their first run").unwrap();
        assert!(last.starts_with(&format!(", fill in {file}:\n  CXFORM_URL ")), "{begun:?}");
        assert!(last.ends_with("from SHA256SUMS of the release\n"), "{begun:?}");
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        for file in files {
            let example = root().join("examples/ci").join(ci).join(file);
            assert_eq!(read(file), std::fs::read_to_string(example).unwrap(), "{file}");
        }
        assert_eq!(read("team/.gitignore"), "*.log\n.cxform/\n");
        assert!(read("team/cxform.yaml").contains("\nstate: { git: cxform-state }\n"));
        // A project that is there keeps its files, and its workflows are written only once.
        let again = run(&["init", "team", "--ci", ci]);
        assert_eq!(again.code, 64, "{again:?}");
        assert!(again.err.contains(&format!("{} is there already", files[0])), "{again:?}");
        for file in files {
            std::fs::remove_file(folder.path().join(file)).unwrap();
        }
        let only = run(&["init", "team", "--ci", ci]);
        assert_eq!(only.code, 0, "{only:?}");
        assert!(only.out.contains("Let cxform.yaml say"), "{only:?}");
    }
}
