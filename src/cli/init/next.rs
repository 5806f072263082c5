//! What is left to do after `init`, in order.

use std::path::Path;

use crate::cli::args::{Ci, InitArgs};
use crate::cli::context::Context;
use crate::cli::files::relative;
use crate::manifest;
use crate::model::Node;

/// What was begun.
pub(super) struct Begun<'b> {
    pub(super) args: &'b InitArgs,
    /// Whether the project is in a git repository.
    pub(super) in_git: bool,
    /// What git is at: the text of `HEAD`, where it can be read.
    pub(super) head: &'b str,
    /// The folder that the workflows are in.
    pub(super) workflows: &'b Path,
    /// The project's folder as seen from the git root, where it is another one.
    pub(super) below: Option<&'b str>,
    /// The project file that was there already.
    pub(super) before: Option<&'b str>,
}

/// The steps, numbered.
pub(super) fn next(context: &Context<'_>, begun: &Begun<'_>) -> String {
    let folder = context.global.chdir.clone().unwrap_or_default().join(&begun.args.folder);
    let steps = match begun.args.ci {
        None => to_try(&folder),
        Some(ci) => with_ci(context, ci, &folder, begun),
    };
    let steps = steps.iter().enumerate();
    let steps = steps.map(|(at, step)| format!("{}. {}\n", at + 1, step.replace('\n', "\n   ")));
    format!("\nNext:\n{}", steps.collect::<String>())
}

/// A command in the project's folder.
fn command(folder: &Path, words: &str) -> String {
    match folder == Path::new(".") || folder == Path::new("") {
        true => format!("cxform {words}"),
        false => format!("cxform --chdir {} {words}", folder.display()),
    }
}

/// A file of the project.
fn file(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string().trim_start_matches("./").to_owned()
}

/// How the example gives way to what a real tenant has.
fn to_begin_with(folder: &Path, words: &str) -> String {
    let manifests = file(folder, "desired-state/tenant.yaml");
    let drift = command(folder, &format!("{words}drift --all --format yaml >{manifests}"));
    format!(
        "Set CXONE_CLIENT_ID and CXONE_CLIENT_SECRET, remove {}, and begin with what the tenant has:\n{drift}",
        file(folder, "desired-state/billing.yaml")
    )
}

fn to_try(folder: &Path) -> Vec<String> {
    let project = file(folder, "cxform.yaml");
    vec![
        format!("Try it, the tenant is simulated inside the program:\n{}", command(folder, "plan")),
        format!("Name your own tenant in {project}, as `prod` there."),
        to_begin_with(folder, "--tenant prod "),
    ]
}

fn with_ci(context: &Context<'_>, ci: Ci, folder: &Path, begun: &Begun<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    let project = file(folder, "cxform.yaml");
    if !begun.in_git {
        let root = folder.display();
        steps.push(format!(
            "This is in no git repository yet, so the workflows stand beside cxform.yaml. Make it one:\n\
             git init --initial-branch=main {}",
            if root.to_string().is_empty() { ".".to_owned() } else { root.to_string() }
        ));
    }
    if ci != Ci::Gitlab && begun.head.trim_end().ends_with("/master") {
        steps.push(
            "The workflows run for the branch main, and this is master: rename it, or name it in them:\n\
             git branch --move main"
                .to_owned(),
        );
    }
    match begun.before {
        Some(text) => steps.extend(of_project(&project, text)),
        None => steps.extend([
            format!(
                "Try it, the tenant `sim` is simulated inside the program:\n{}",
                command(folder, "--tenant sim plan")
            ),
            format!("Say your tenant's url in {project}, at `prod`: it is the one that CI means."),
            to_begin_with(folder, ""),
        ]),
    }
    if let Some(dir) = &begun.args.workflows {
        steps.push(format!(
            "Merge what is below {} into the workflows at the git root.",
            dir.display()
        ));
    }
    let (fetch, rest) = of_ci(ci);
    let fetch = relative(&begun.workflows.join(fetch), &context.cwd);
    steps.push(format!(
        "Fill in {fetch}, since the runners fetch cxform:\n\
         CXFORM_URL     the address of cxform-VERSION-x86_64-unknown-linux-musl.tar.gz, of a release or a copy\n\
         CXFORM_SHA256  its checksum, from SHA256SUMS of the release"
    ));
    if let Some(below) = begun.below {
        steps.push(format!("Leave CXFORM_CONFIG in the workflows: it names {below}/cxform.yaml."));
    }
    steps.extend(rest.iter().map(|step| (*step).to_owned()));
    steps.push(
        "Last, commit and push to main of the remote: from then on the workflows run, and a branch of it\n\
         keeps the audit."
            .to_owned(),
    );
    steps
}

/// Where the program is named, and what the CI's own pages are to be told.
fn of_ci(ci: Ci) -> (&'static str, &'static [&'static str]) {
    match ci {
        Ci::Github => (
            ".github/actions/cxform/action.yml",
            &[
                "On GitHub make the environment `production`, with required reviewers, for the branch main alone,\n\
                 and with secrets CXONE_CLIENT_ID and CXONE_CLIENT_SECRET of a client that can write. GitHub makes\n\
                 one without reviewers where there is none.",
                "Make secrets of the repository with the same names, of a client that can only read.",
            ],
        ),
        Ci::Gitlab => (
            ".gitlab-ci.yml",
            &[
                "Make the CI/CD variables that the head of .gitlab-ci.yml lists, and protect the environment\n\
                 `production`. Make a schedule, for drift.",
            ],
        ),
        Ci::Azure => (
            ".azure/cxform.yml",
            &[
                "Make the variable groups and the environment that the head of azure-pipelines.yml lists, with\n\
                 approvers, a pipeline of that file, and a branch policy that runs it for pull requests.",
            ],
        ),
    }
}

/// What a project that was there lacks for a CI.
fn of_project(name: &str, text: &str) -> Vec<String> {
    let (nodes, _) = manifest::parse(name, text);
    let project = nodes.first().map(Node::to_json).unwrap_or_default();
    let text = |path: &str| project.pointer(path).and_then(serde_json::Value::as_str);
    let default = text("/defaultTenant").unwrap_or_default();
    let url = text(&format!("/tenants/{default}/url")).unwrap_or_default();
    let mut steps = Vec::new();
    if url.starts_with("sim:") {
        steps.push(format!(
            "Name a real tenant as `defaultTenant` in {name}: {default} is simulated, and CI would only pretend."
        ));
    }
    if text("/state/git").is_none() {
        steps.push(format!(
            "Say in {name} where audit and runs are kept: state: {{ git: cxform-state }}"
        ));
    }
    steps
}
