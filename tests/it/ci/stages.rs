//! Runs stages of Azure Pipelines as far as our pipeline needs it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Child;

use serde_json::{Value, json};

use super::runner::yaml;
use super::scene::Scene;
use crate::support::Ran;

/// A step and what it did.
pub(super) type Steps = Vec<(String, Ran)>;

/// Runs stages as the service does, as far as our pipeline needs it.
pub(super) struct Runner<'s> {
    scene: &'s Scene,
    /// Whether the variable groups have what a client needs.
    pub(super) has_secrets: bool,
    pub(super) ran: RefCell<BTreeSet<String>>,
}

/// A run of the pipeline: what its conditions ask for, results and outputs of its stages included.
pub(super) type Run = BTreeMap<String, String>;

/// A run for a reason, on a branch.
pub(super) fn run(reason: &str, branch: &str, is_fork: &str) -> Run {
    [
        ("Build.Reason", reason),
        ("Build.SourceBranch", branch),
        ("System.PullRequest.IsFork", is_fork),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

pub(super) const MAIN: &str = "refs/heads/main";

/// How a stage ends that others may depend on.
const GOOD: &str = "Succeeded";

impl<'s> Runner<'s> {
    pub(super) fn new(scene: &'s Scene) -> Self {
        Self { scene, has_secrets: true, ran: RefCell::default() }
    }

    /// The stages that run, in a clone each; their steps.
    pub(super) fn pipeline(&self, clone: &str, run: &mut Run) -> BTreeMap<String, Steps> {
        let stages = yaml(&self.scene.clone(clone).join("azure-pipelines.yml"))["stages"].clone();
        let mut done = BTreeMap::new();
        for stage in stages.as_array().unwrap() {
            let name = stage["stage"].as_str().unwrap();
            let fresh = format!("{clone}-{name}");
            self.scene.clone(&fresh);
            if let Some(steps) = self.stage(&fresh, name, run, None) {
                done.insert(name.to_owned(), steps);
            }
        }
        done
    }

    /// A stage in a clone; none where its condition says no.
    pub(super) fn stage(
        &self,
        clone: &str,
        stage: &str,
        run: &mut Run,
        meanwhile: Option<&dyn Fn(&mut Child)>,
    ) -> Option<Steps> {
        let document = yaml(&self.scene.clones.path(clone).join("azure-pipelines.yml"));
        for variable in document["variables"].as_array().unwrap() {
            let text = |key: &str| variable[key].as_str().unwrap().to_owned();
            run.entry(text("name")).or_insert(text("value"));
        }
        let stages = document["stages"].as_array().unwrap();
        let told = stages.iter().find(|told| told["stage"] == stage).unwrap();
        let needed = needed(stages, stage);
        // Of a stage that it does not depend on, nothing is known to it.
        let mut known = run.clone();
        known.retain(|name, _| {
            !name.starts_with("dependencies.")
                || needed.iter().any(|stage| name.starts_with(&format!("dependencies.{stage}.")))
        });
        let result = |stage: &&str| {
            let result = known.get(&format!("dependencies.{stage}.result"));
            result.unwrap_or_else(|| panic!("what became of {stage}?")) == GOOD
        };
        let is_good = needed.iter().all(result);
        if !holds(told["condition"].as_str().unwrap(), &known, is_good) {
            run.insert(format!("dependencies.{stage}.result"), "Skipped".to_owned());
            return None;
        }
        let mut ran = Vec::new();
        for job in told["jobs"].as_array().unwrap() {
            if job["condition"].as_str().is_none_or(|condition| holds(condition, run, true)) {
                self.steps(clone, stage, job, run, meanwhile, &mut ran);
            }
        }
        let is_good = ran.iter().all(|(_, ran)| ran.code == 0);
        let result = if is_good { GOOD } else { "Failed" };
        run.insert(format!("dependencies.{stage}.result"), result.to_owned());
        Some(ran)
    }

    fn steps(
        &self,
        clone: &str,
        stage: &str,
        job: &Value,
        run: &mut Run,
        meanwhile: Option<&dyn Fn(&mut Child)>,
        ran: &mut Steps,
    ) {
        let deploy = &job["strategy"]["runOnce"]["deploy"]["steps"];
        let steps = if deploy.is_array() { deploy } else { &job["steps"] };
        let folder = self.scene.clones.path(clone);
        let mut given = job["variables"].as_array().into_iter().flatten();
        let group = given.find_map(|given| given["group"].as_str());
        let variables = self.variables(clone, group);
        let (mut path, mut set, mut is_good) = (Vec::new(), Vec::new(), true);
        for step in steps.as_array().unwrap() {
            let condition = step["condition"].as_str().unwrap_or("succeeded()");
            if !holds(condition, run, is_good) {
                continue;
            }
            self.artifacts(step, &folder);
            let step = match step["template"].as_str() {
                Some(template) => yaml(&folder.join(template))["steps"][0].clone(),
                None => step.clone(),
            };
            let Some(script) = step["bash"].as_str() else { continue };
            let name = step["displayName"].as_str().unwrap().to_owned();
            let mut all: Vec<(&str, String)> = variables.clone();
            all.extend(set.iter().map(|(name, value): &(String, String)| (&**name, value.clone())));
            for (name, value) in step["env"].as_object().into_iter().flatten() {
                let value = value.as_str().unwrap();
                let value = match value.strip_prefix("$(").and_then(|v| v.strip_suffix(')')) {
                    // A secret is there only where its group is, and a step asks for it.
                    Some("CXONE_CLIENT_SECRET") if group.is_some() && self.has_secrets => {
                        self.scene.secrets()[2].1.clone()
                    }
                    Some("CXONE_CLIENT_SECRET") => String::new(),
                    Some("System.AccessToken") => "t0ken".to_owned(),
                    Some(variable) => run[variable].clone(),
                    None => self.parameter(clone, value, run),
                };
                all.push((name, value));
            }
            let script = format!("PATH={}:$PATH\n{script}", path.join(":"));
            let cut = meanwhile.filter(|_| name == "Apply");
            let done = self.scene.bash(clone, &script, &all, cut);
            for line in done.out.lines() {
                if let Some(folder) = line.strip_prefix("##vso[task.prependpath]") {
                    path.push(folder.to_owned());
                } else if let Some(told) = line.strip_prefix("##vso[task.setvariable variable=") {
                    let (name, value) = told.split_once(']').unwrap();
                    match name.strip_suffix(";isOutput=true") {
                        Some(name) => {
                            let [job, step] =
                                [&job["job"], &step["name"]].map(|n| n.as_str().unwrap());
                            let output =
                                format!("dependencies.{stage}.outputs.{job}.{step}.{name}");
                            run.insert(output, value.to_owned());
                        }
                        None => set.push((name.to_owned(), value.to_owned())),
                    }
                }
            }
            is_good &= done.code == 0;
            self.ran.borrow_mut().insert(format!("{stage} {name}"));
            ran.push((name, done));
        }
    }

    /// A value, which may be a parameter of the run.
    fn parameter(&self, clone: &str, value: &str, run: &Run) -> String {
        let name = value.strip_prefix("${{ parameters.").and_then(|name| name.strip_suffix(" }}"));
        let Some(name) = name else { return value.to_owned() };
        let document = yaml(&self.scene.clones.path(clone).join("azure-pipelines.yml"));
        let told = document["parameters"].as_array().unwrap();
        let told = told.iter().find(|parameter| parameter["name"] == name).unwrap();
        let default = told["default"].as_str().unwrap().to_owned();
        run.get(&format!("parameters.{name}")).cloned().unwrap_or(default)
    }

    /// What is there in every step of a job; of a group all but what is secret.
    fn variables(&self, clone: &str, group: Option<&str>) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("AGENT_TEMPDIRECTORY", self.place("agent").display().to_string()),
            ("PIPELINE_WORKSPACE", self.place("pipeline").display().to_string()),
            ("TF_BUILD", "True".to_owned()),
            ("BUILD_SOURCEBRANCH", MAIN.to_owned()),
            ("BUILD_SOURCEBRANCHNAME", "main".to_owned()),
            ("BUILD_SOURCEVERSION", self.scene.head(clone)),
            ("BUILD_REPOSITORY_ID", "r-1".to_owned()),
            ("SYSTEM_PULLREQUEST_TARGETBRANCH", MAIN.to_owned()),
            ("SYSTEM_PULLREQUEST_PULLREQUESTID", "7".to_owned()),
            ("SYSTEM_COLLECTIONURI", "https://azure.invalid/acme/".to_owned()),
            ("SYSTEM_TEAMPROJECTID", "p-1".to_owned()),
        ];
        if group.is_some() {
            variables.extend(self.scene.secrets()[..2].iter().cloned());
        }
        variables
    }

    fn place(&self, name: &str) -> PathBuf {
        self.scene.store.path().join(name)
    }

    /// What a step does with artifacts.
    fn artifacts(&self, step: &Value, folder: &Path) {
        let artifact = |name: &Value| self.place("artifacts").join(name.as_str().unwrap());
        let kept = self.place("pipeline");
        if let Some(file) = step["publish"].as_str() {
            copy(&folder.join(file), &artifact(&step["artifact"]).join(file));
        } else if step["download"] == "current" {
            let name = step["artifact"].as_str().unwrap();
            copy(&artifact(&step["artifact"]), &kept.join(name));
        } else if let Some(task) = step["task"].as_str() {
            assert_eq!(task, "DownloadPipelineArtifact@2");
            let inputs = &step["inputs"];
            assert_eq!(
                (&inputs["tags"], &inputs["branchName"]),
                (&json!("cxform-snapshot"), &json!(MAIN))
            );
            let target = inputs["targetPath"].as_str().unwrap();
            let target = target.strip_prefix("$(Agent.TempDirectory)/").unwrap();
            copy(&artifact(&inputs["artifactName"]), &self.place("agent").join(target));
        }
    }
}

/// The stages that a stage depends on: those that it names, else the one before it.
fn needed<'d>(stages: &'d [Value], stage: &str) -> Vec<&'d str> {
    let at = stages.iter().position(|told| told["stage"] == stage).unwrap();
    let name = |named: &'d Value| named.as_str().unwrap();
    match &stages[at]["dependsOn"] {
        Value::Array(several) => several.iter().map(name).collect(),
        Value::Null => {
            stages[..at].last().map(|before| name(&before["stage"])).into_iter().collect()
        }
        one => vec![name(one)],
    }
}

/// Copies a file or a folder over what is there.
fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    let ran = std::process::Command::new("cp").arg("-R").arg(from).arg(to).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
}

/// Whether a condition holds: calls of functions over texts and what a run knows.
fn holds(condition: &str, run: &Run, is_good: bool) -> bool {
    let (name, inner) = condition.trim().strip_suffix(')').unwrap().split_once('(').unwrap();
    let arguments = arguments(inner);
    let value =
        |text: &str| match text.split_once("['").map(|(of, name)| (of, &name[..name.len() - 2])) {
            Some(("variables", name)) => run.get(name).cloned().unwrap_or_default(),
            Some((of, name)) => {
                assert!(of.starts_with("dependencies.") && of.ends_with(".outputs"), "{text}");
                run.get(&format!("{of}.{name}")).cloned().unwrap_or_default()
            }
            None => text.trim_matches('\'').to_owned(),
        };
    let equal = |a: &str, b: &str| value(a).eq_ignore_ascii_case(&value(b));
    match name {
        "and" => arguments.iter().all(|part| holds(part, run, is_good)),
        "eq" => equal(arguments[0], arguments[1]),
        "ne" => !equal(arguments[0], arguments[1]),
        "in" => arguments[1..].iter().any(|one| equal(arguments[0], one)),
        "always" | "succeededOrFailed" => true,
        "succeeded" => is_good,
        other => panic!("what is {other}?"),
    }
}

/// The arguments of a call; commas within parentheses part none.
fn arguments(inner: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut found) = (0, 0, Vec::new());
    for (at, letter) in inner.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(inner[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    found.push(inner[begin..].trim());
    found
}
