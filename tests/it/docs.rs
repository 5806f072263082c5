//! What the README and the examples say is so.

use crate::support::{Folder, cxform, root};

/// The command lines of the README's shell blocks that start our program.
fn readme_commands() -> Vec<Vec<String>> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut commands = Vec::new();
    let mut in_shell = false;
    for line in readme.lines() {
        match line {
            "```sh" => in_shell = true,
            "```" => in_shell = false,
            line if in_shell => {
                let words = line.split_whitespace().take_while(|word| !matches!(*word, ">" | "&"));
                let words: Vec<String> = words.map(str::to_owned).collect();
                let start = match &words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                    ["cxform", ..] => Some(1),
                    ["cargo", "run", "--release", "--", ..] => Some(4),
                    _ => None,
                };
                commands.extend(start.map(|start| words[start..].to_vec()));
            }
            _ => {}
        }
    }
    commands
}

#[test]
fn every_command_of_the_readme_is_real() {
    let commands = readme_commands();
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        let mut words: Vec<&str> = command.iter().map(String::as_str).collect();
        words.push("--help");
        let ran = cxform(&root(), &[], &words);
        assert_eq!(ran.code, 0, "{words:?}: {}", ran.err);
    }
}

#[test]
fn the_readme_names_the_test_command_that_ci_runs() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(readme.contains("```sh\ncargo test\n```"));
    assert!(ci.lines().any(|line| line.starts_with("cargo test")));
}

#[test]
fn the_examples_do_what_the_readme_says() {
    let state = Folder::new("examples");
    let state = state.path().to_str().unwrap();
    let run = |arguments: &[&str]| {
        let all = [&["--chdir", "examples", "--state-dir", state], arguments].concat();
        // The variables of a real tenant do not lead the simulated one astray.
        let variables = [
            ("CXONE_BASE_URL", "https://nowhere.invalid"),
            ("CXONE_CLIENT_ID", "id"),
            ("CXONE_CLIENT_SECRET", "secret"),
        ];
        cxform(&root(), &variables, &all)
    };
    assert_eq!(run(&["validate"]).code, 0);
    let plan = run(&["plan"]);
    let summary = plan.out.lines().last().unwrap().to_owned();
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&summary), "the README does not show: {summary}");
    let applied = run(&["apply", "--auto-approve"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(applied.out.lines().last().unwrap().starts_with("Apply complete! Resources: "));
    assert_eq!(run(&["plan", "--detailed-exitcode"]).code, 2, "what is held is left");
    assert_eq!(run(&["apply", "--auto-approve", "--allow-delete"]).code, 0);
    assert_eq!(run(&["plan", "--detailed-exitcode"]).code, 0);
    assert_eq!(run(&["audit", "verify"]).code, 0);
    assert_eq!(run(&["sim", "reset"]).code, 0);
    assert_eq!(run(&["plan"]).out.lines().last().unwrap(), summary);
}
