//! Scenarios: a folder each, beginning with prose. `BLESS=1` rewrites what is expected.
//!
//! `tests/scenarios/NAME/` has `about.md`, `tenant.yaml` (a `kind: Tenant`), `desired/*.yaml`,
//! perhaps a `cxform.yaml`, `steps.txt` and `expected.txt`. A line of steps is one of
//!
//! - `cxform ARGUMENT…`: the program, in the scenario's folder;
//! - `with NAME=VALUE… cxform ARGUMENT…`: the same with environment variables;
//! - `paste ARGUMENT…`: the command that was last told to lift a rule, with these arguments too;
//! - `pasted FILE`: puts the manifests that were last shown to be pasted into a file;
//! - `edit TABLE ID JSON`: somebody edits the tenant by hand (a JSON merge patch);
//! - `insert TABLE JSON` and `remove TABLE ID`: somebody adds or deletes a row;
//! - `tenant TABLE ID`: shows a row as the tenant has it;
//! - `git ARGUMENT…`: git in the scenario's folder; `git repository` begins one of all files;
//! - `replace FILE FROM => TO`: edits a file;
//! - `file FILE`: shows a file, JSON value by JSON value, without what differs from run to run; `*`
//!   stands for a folder's only entry;
//! - `# …`: a remark.

use std::path::Path;

use cxform::kinds::collections;
use cxform::world::{Snapshot, State, World};
use serde_json::Value;

use crate::support::{Folder, cxform, root, told_steadily};

const PROJECT: &str = "apiVersion: cxform/v1
kind: Project
manifests: [desired]
tenants: { sim: { dialect: v2, url: 'sim:tenant.yaml', requestsPerSecond: 10000 } }
";
const STATE: &str = ".cxform/sim/sim.json";

#[test]
fn scenarios() {
    let folder = root().join("tests/scenarios");
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let mut wrong = Vec::new();
    for scenario in names.iter().filter(|path| path.to_string_lossy().contains(&only)) {
        let about = std::fs::read_to_string(scenario.join("about.md")).unwrap_or_default();
        assert!(about.split_whitespace().count() >= 10, "{}: no about.md", scenario.display());
        let told = play(scenario);
        let file = scenario.join("expected.txt");
        if std::env::var("BLESS").is_ok() {
            std::fs::write(&file, &told).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        if told != expected {
            wrong.push(format!("{}\n{}", scenario.display(), difference(&expected, &told)));
        }
    }
    assert!(names.len() >= 20, "only {} scenarios", names.len());
    assert!(wrong.is_empty(), "BLESS=1 rewrites what is expected\n\n{}", wrong.join("\n"));
}

fn difference(expected: &str, told: &str) -> String {
    similar::TextDiff::from_lines(expected, told).unified_diff().to_string()
}

/// Plays the steps and returns what was seen, without what differs from run to run.
fn play(scenario: &Path) -> String {
    let folder = Folder::new("scenario");
    folder.fill(scenario);
    if !folder.path().join("cxform.yaml").exists() {
        folder.put("cxform.yaml", PROJECT);
    }
    let steps = std::fs::read_to_string(scenario.join("steps.txt")).unwrap();
    let mut told = String::new();
    for step in steps.lines().filter(|line| !line.trim().is_empty()) {
        let seen = perform(&folder, step, &told);
        told.push_str(&format!("$ {step}\n{seen}\n"));
    }
    steady(&told.replace(&*folder.path().to_string_lossy(), "FOLDER"))
}

fn perform(folder: &Folder, step: &str, told: &str) -> String {
    let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
    match word {
        "#" => String::new(),
        "cxform" => run(folder, &[], rest),
        "paste" => {
            let command = told.rsplit_once("all the same: cxform ").unwrap().1;
            // No word of it has a space, so that a shell would only take the quotes off.
            let command = command.lines().next().unwrap().replace('\'', "");
            run(folder, &[], &format!("{command} {rest}"))
        }
        "pasted" => {
            let (_, shown) = told.rsplit_once("paste:\n\n").unwrap();
            folder.put(rest, shown.split("\n\n").next().unwrap());
            String::new()
        }
        "with" => {
            let (variables, arguments) = rest.split_once("cxform").unwrap();
            let variables: Vec<(&str, &str)> =
                variables.split_whitespace().map(|pair| pair.split_once('=').unwrap()).collect();
            run(folder, &variables, arguments)
        }
        "edit" => by_hand(folder, |world| {
            let (table, rest) = rest.split_once(' ').unwrap();
            let (id, patch) = rest.split_once(' ').unwrap();
            world.edit(table, id, &serde_json::from_str(patch).unwrap());
            String::new()
        }),
        "insert" => by_hand(folder, |world| {
            let (table, row) = rest.split_once(' ').unwrap();
            world.insert(table, serde_json::from_str(row).unwrap());
            String::new()
        }),
        "remove" => by_hand(folder, |world| {
            let (table, id) = rest.split_once(' ').unwrap();
            assert!(world.remove(table, id), "{step}: there is none");
            String::new()
        }),
        "tenant" => by_hand(folder, |world| {
            let (table, id) = rest.split_once(' ').unwrap();
            let row = world.table(table).get(id).cloned().unwrap_or(Value::Null);
            format!("{row}\n")
        }),
        "git" => git(folder, rest),
        "replace" => {
            let (file, rest) = rest.split_once(' ').unwrap();
            let (from, to) = rest.split_once(" => ").unwrap();
            let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
            assert!(text.contains(from), "{step}: not there");
            folder.put(file, &text.replace(from, &to.replace("\\n", "\n")));
            String::new()
        }
        "file" => shown(folder, rest),
        _ => panic!("no such step: {step}"),
    }
}

/// What git prints; a commit is of all files.
fn git(folder: &Folder, arguments: &str) -> String {
    let run = |arguments: &str| {
        let mut git = std::process::Command::new("git");
        git.args(["-c", "user.name=tests", "-c", "user.email=tests@localhost"]);
        git.args(arguments.split_whitespace()).current_dir(folder.path());
        let ran = git.output().unwrap();
        assert!(ran.status.success(), "git {arguments}: {ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    };
    match arguments {
        "repository" => {
            folder.put(".gitignore", ".cxform/\n");
            run("init --quiet --initial-branch=main");
            run("add --all") + &run("commit --quiet -m first")
        }
        "commit" => run("add --all") + &run("commit --quiet -m more"),
        arguments => run(arguments),
    }
}

/// A file of JSON values, or of text where it is none.
fn shown(folder: &Folder, name: &str) -> String {
    let mut path = folder.path().to_owned();
    for part in name.split('/') {
        path = match part {
            "*" => {
                let entries: Vec<_> = std::fs::read_dir(&path).unwrap().collect();
                assert_eq!(entries.len(), 1, "{name}: * is not one");
                entries.into_iter().next().unwrap().unwrap().path()
            }
            part => path.join(part),
        };
    }
    let text = std::fs::read_to_string(path).unwrap();
    told_steadily(&text).unwrap_or(text)
}

fn run(folder: &Folder, variables: &[(&str, &str)], arguments: &str) -> String {
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    let ran = cxform(folder.path(), variables, &arguments);
    let out = match arguments.windows(2).any(|pair| pair == ["--events", "-"]) {
        true => told_steadily(&ran.out).unwrap(),
        false => ran.out,
    };
    let err: String = ran.err.lines().map(|line| format!("2> {line}\n")).collect();
    format!("{out}{err}exit {}\n", ran.code)
}

/// Does something to the simulated tenant between two commands.
fn by_hand(folder: &Folder, change: impl FnOnce(&mut World) -> String) -> String {
    let file = folder.path().join(STATE);
    let mut world = World::new(collections());
    let mut kept: Value = match std::fs::read_to_string(&file) {
        Ok(text) => serde_json::from_str(&text).unwrap(),
        Err(_) => {
            let seed = std::fs::read_to_string(folder.path().join("tenant.yaml")).unwrap();
            let schema = cxform::cli::schema::tenant();
            let (snapshot, _) =
                cxform::manifest::read_document::<Snapshot>("tenant.yaml", &seed, &schema).unwrap();
            world.seed(&snapshot).unwrap();
            let digest = cxform::model::digest_of(seed.as_bytes());
            serde_json::json!({"seed_digest": digest, "state": world.save()})
        }
    };
    let state: State = serde_json::from_value(kept["state"].take()).unwrap();
    world.restore(state);
    let told = change(&mut world);
    kept["state"] = serde_json::to_value(world.save()).unwrap();
    folder.put(STATE, &kept.to_string());
    told
}

/// Takes out what differs from run to run: digests, times, run names, figures.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    for line in text.lines() {
        if line.starts_with("2> Requests: ") || line.starts_with("2> Latency ") {
            continue;
        }
        let mut line = line.to_owned();
        while let Some(at) = line.find("sha256:").filter(|at| line.len() > at + 70) {
            let end = at + 71;
            if !line.is_char_boundary(end)
                || !line[at + 7..end].bytes().all(|b| b.is_ascii_hexdigit())
            {
                break;
            }
            line.replace_range(at..end, "SHA256");
        }
        if let Some((before, after)) = line.split_once("\"lastModified\":\"")
            && let Some((_, after)) = after.split_once('"')
        {
            line = format!("{before}\"lastModified\":\"TIME\"{after}");
        }
        if let Some((before, after)) = line.split_once(" (request ")
            && let Some((_, after)) = after.split_once(')')
        {
            line = format!("{before}{after}");
        }
        line = without_run(&line);
        line = without_commit(&line);
        // `audit list` begins with the time and the run.
        if let Some((time, rest)) = line.split_once("  ")
            && time.parse::<jiff::Timestamp>().is_ok()
            && let Some((_, rest)) = rest.split_once("  ")
        {
            line = format!("TIME  RUN  {rest}");
        }
        // The rows of `wfm export` end with the time.
        if let Some((before, time)) = line.rsplit_once(',')
            && line.split(',').count() == 6
            && time.trim_end().parse::<jiff::Timestamp>().is_ok()
        {
            line = format!("{before},TIME");
        }
        steady.push_str(line.trim_end());
        steady.push('\n');
    }
    steady
}

/// Takes out the names that git gives, of files in a diff and of commits.
fn without_commit(line: &str) -> String {
    // A diff has them short.
    let length = if line.starts_with("index ") { 7 } else { 40 };
    let is_name = |word: &&str| word.len() == length && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = line.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_name);
    words.fold(line.to_owned(), |told, word| told.replace(word, "COMMIT"))
}

/// Takes out the name of a run, `20261121T101102Z-438550-3591`.
fn without_run(line: &str) -> String {
    let is_run = |word: &str| {
        let parts: Vec<&str> = word.split('-').collect();
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        matches!(parts[..], [time, micros, process] if digits(micros) && digits(process)
            && time.len() == 16 && time.ends_with('Z') && digits(&time[..8]))
    };
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    let mut told = line.to_owned();
    for word in line.split(ends).filter(|word| is_run(word)) {
        told = told.replace(word, "RUN");
    }
    told
}
