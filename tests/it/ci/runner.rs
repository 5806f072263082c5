//! Runs a job of GitHub Actions as far as our workflows need it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::scene::{Scene, ended};
use crate::support::Ran;

/// What happens to a step while it runs.
pub(super) type Meanwhile<'m> = (&'m str, &'m dyn Fn(&mut Child));

pub(super) struct Runner<'s> {
    pub(super) scene: &'s Scene,
    /// What expressions mean.
    pub(super) contexts: BTreeMap<String, String>,
    /// The steps that were run: workflow, job and name.
    pub(super) ran: BTreeSet<String>,
}

/// What a job left.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) steps: Vec<(String, Ran)>,
    pub(super) summary: String,
}

impl Job {
    pub(super) fn code(&self, step: &str) -> u8 {
        let found = self.steps.iter().find(|(name, _)| name == step);
        found.unwrap_or_else(|| panic!("{step} was not run: {self:?}")).1.code
    }

    pub(super) fn is_good(&self) -> bool {
        self.steps.iter().all(|(_, ran)| ran.code == 0)
    }
}

/// A document of YAML.
pub(super) fn yaml(file: &Path) -> Value {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
    serde_yaml::from_str(&text).unwrap()
}

impl<'s> Runner<'s> {
    pub(super) fn new(scene: &'s Scene) -> Self {
        let mut contexts = BTreeMap::new();
        for (name, value) in [
            ("github.repository", "acme/routing"),
            ("github.event.pull_request.number", "7"),
            ("github.event.pull_request.head.repo.full_name", "acme/routing"),
            ("github.event.repository.default_branch", "main"),
            ("github.run_attempt", "1"),
            ("github.token", "t0ken"),
            ("vars.CXFORM_SNAPSHOT", "true"),
        ] {
            contexts.insert(name.to_owned(), value.to_owned());
        }
        for (name, value) in scene.secrets() {
            let context = if name == "CXONE_BASE_URL" { "vars" } else { "secrets" };
            contexts.insert(format!("{context}.{name}"), value);
        }
        Self { scene, contexts, ran: BTreeSet::new() }
    }

    /// What an expression means from now on.
    pub(super) fn means(&mut self, name: &str, value: &str) {
        self.contexts.insert(name.to_owned(), value.to_owned());
    }

    /// Runs a job of the clone's own workflow; none where its condition says no.
    pub(super) fn job(&mut self, clone: &str, workflow: &str, job: &str) -> Option<Job> {
        self.job_while(clone, workflow, job, None)
    }

    /// As [`Self::job`], with something that happens to a step.
    pub(super) fn job_while(
        &mut self,
        clone: &str,
        workflow: &str,
        job: &str,
        meanwhile: Option<Meanwhile<'_>>,
    ) -> Option<Job> {
        let folder = self.scene.clones.path(clone);
        let document = yaml(&folder.join(".github/workflows").join(workflow));
        let told = &document["jobs"][job];
        if told["if"].as_str().is_some_and(|condition| !self.holds(condition, &folder, true)) {
            return None;
        }
        self.contexts.retain(|name, _| !name.starts_with("steps."));
        let files = self.scene.store.path().join(format!("runs/{clone}-{workflow}-{job}"));
        std::fs::create_dir_all(&files).unwrap();
        let mut left = Job { steps: Vec::new(), summary: String::new() };
        for step in told["steps"].as_array().unwrap() {
            let condition = step["if"].as_str().unwrap_or("success()");
            if !self.holds(condition, &folder, left.is_good()) {
                continue;
            }
            match step["uses"].as_str() {
                Some("./.github/actions/cxform") => {
                    let action = yaml(&folder.join(".github/actions/cxform/action.yml"));
                    for inner in action["runs"]["steps"].as_array().unwrap() {
                        self.ran.insert("action".to_owned());
                        left.steps
                            .push(("install".to_owned(), self.step(&folder, &files, inner, None)));
                    }
                }
                Some(action) => self.act(action, &step["with"], &folder),
                None => {
                    let name = step["name"].as_str().unwrap().to_owned();
                    self.ran.insert(format!("{workflow} {job} {name}"));
                    let meanwhile = meanwhile.filter(|(step, _)| *step == name).map(|m| m.1);
                    let ran = self.step(&folder, &files, step, meanwhile);
                    left.steps.push((name, ran));
                }
            }
        }
        left.summary = std::fs::read_to_string(files.join("summary")).unwrap_or_default();
        for (output, value) in told["outputs"].as_object().into_iter().flatten() {
            let value = self.text(value.as_str().unwrap());
            self.means(&format!("needs.{job}.outputs.{output}"), &value);
        }
        Some(left)
    }

    fn step(
        &mut self,
        folder: &Path,
        files: &Path,
        step: &Value,
        meanwhile: Option<&dyn Fn(&mut Child)>,
    ) -> Ran {
        let script = files.join("script.sh");
        std::fs::write(&script, step["run"].as_str().unwrap()).unwrap();
        let read = |name: &str| std::fs::read_to_string(files.join(name)).unwrap_or_default();
        let added: Vec<String> = read("path").lines().map(str::to_owned).collect();
        std::fs::write(files.join("output"), "").unwrap();
        let mut bash = Command::new("bash");
        bash.arg("-e").arg(&script).current_dir(folder).env_clear();
        bash.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        bash.envs(self.scene.clones.variables())
            .env("PATH", [added, vec![self.scene.path()]].concat().join(":"))
            .env("GH_STORE", self.scene.store.path())
            .env("RUNNER_TEMP", files.join("temp"))
            .envs([("CI", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_ACTOR", "ana")])
            .envs([("GITHUB_REF", "refs/heads/main"), ("GITHUB_REF_NAME", "main")])
            .env("GITHUB_SHA", self.scene.head(&folder.display().to_string()));
        for (variable, file) in [
            ("GITHUB_PATH", "path"),
            ("GITHUB_OUTPUT", "output"),
            ("GITHUB_STEP_SUMMARY", "summary"),
        ] {
            bash.env(variable, files.join(file));
        }
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            bash.env(name, self.text(value.as_str().unwrap()));
        }
        let mut child = bash.spawn().unwrap();
        if let Some(meanwhile) = meanwhile {
            meanwhile(&mut child);
        }
        let ran = ended(child);
        if let Some(id) = step["id"].as_str() {
            for (name, value) in outputs(&read("output")) {
                self.means(&format!("steps.{id}.outputs.{name}"), &value);
            }
        }
        ran
    }

    /// What actions of others do.
    fn act(&self, action: &str, with: &Value, folder: &Path) {
        let artifact = || {
            let name = self.text(with["name"].as_str().unwrap());
            self.scene.store.path().join("artifacts").join(name)
        };
        let copy = |from: &Path, to: &Path| {
            let ran = Command::new("cp").arg("-R").arg(from).arg(to).output().unwrap();
            assert!(ran.status.success(), "{ran:?}");
        };
        match action.split('@').next().unwrap() {
            "actions/checkout" => {}
            "actions/upload-artifact" => {
                let _ = std::fs::remove_dir_all(artifact());
                std::fs::create_dir_all(artifact()).unwrap();
                let paths = with["path"].as_str().unwrap().lines().map(|path| folder.join(path));
                for path in paths.filter(|path| path.exists()) {
                    copy(&path, &artifact());
                }
            }
            "actions/download-artifact" => copy(&artifact().join("."), folder),
            other => panic!("what does {other} do?"),
        }
    }

    /// A text with its expressions as what they mean.
    fn text(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("${{ ") else { return text.to_owned() };
        let (expression, after) = rest.split_once(" }}").unwrap();
        format!("{before}{}{}", self.value(expression), self.text(after))
    }

    fn value(&self, expression: &str) -> String {
        if let Some(literal) = expression.strip_prefix('\'') {
            return literal.trim_end_matches('\'').to_owned();
        }
        // What is not set is empty, as it is there; but a name that nobody foresaw is a mistake.
        let known = ["steps.", "needs.", "secrets.", "vars."];
        let value = self.contexts.get(expression).cloned();
        assert!(
            value.is_some() || known.iter().any(|context| expression.starts_with(context)),
            "what is {expression}?"
        );
        value.unwrap_or_default()
    }

    fn holds(&self, condition: &str, folder: &Path, is_good: bool) -> bool {
        let condition = condition.trim_start_matches("${{ ").trim_end_matches(" }}");
        condition.split(" && ").all(|atom| match atom {
            "always()" | "!cancelled()" => true,
            "success()" => is_good,
            _ if atom.starts_with("hashFiles('") => {
                let file = atom.split('\'').nth(1).unwrap();
                assert!(atom.ends_with("!= ''"), "{atom}");
                folder.join(file).exists()
            }
            _ => match (atom.split_once(" == "), atom.split_once(" != ")) {
                (Some((a, b)), _) => self.value(a) == self.value(b),
                (_, Some((a, b))) => self.value(a) != self.value(b),
                _ => panic!("what is {atom}?"),
            },
        })
    }
}

/// The values of an outputs file: `NAME=VALUE`, or `NAME<<END`, lines, `END`.
fn outputs(text: &str) -> Vec<(String, String)> {
    let (mut lines, mut found) = (text.lines(), Vec::new());
    while let Some(line) = lines.next() {
        match line.split_once("<<") {
            Some((name, end)) => {
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
                found.push((name.to_owned(), value.join("\n")));
            }
            None => {
                let (name, value) = line.split_once('=').unwrap();
                found.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    found
}

/// The workflows of GitHub, as they are in the repository.
pub(super) fn workflows() -> Vec<PathBuf> {
    let folder = crate::support::root().join("examples/ci/github/.github/workflows");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
