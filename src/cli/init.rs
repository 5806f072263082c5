//! `init`: a project to begin with, and the workflows of a CI. What it writes are files of the
//! repository, so that they can be read, copied and tested without it.

use std::path::{Path, PathBuf};

use super::args::{Ci, InitArgs};
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::files::{self, relative};
use super::project::{self, git_root};

/// A file as it is written: where, and its text.
type Template = (&'static str, &'static str);

/// One of the repository's examples, which is written under its name there.
macro_rules! example {
    ($folder:literal, $name:literal) => {
        ($name, include_str!(concat!("../../examples/", $folder, "/", $name)))
    };
}

const PROJECT: &[Template] = &[
    example!("init", "cxform.yaml"),
    example!("init", "tenant.yaml"),
    example!("init", "desired-state/billing.yaml"),
];

const GITHUB: &[Template] = &[
    example!("ci/github", ".github/actions/cxform/action.yml"),
    example!("ci/github", ".github/workflows/cxform-plan.yml"),
    example!("ci/github", ".github/workflows/cxform-apply.yml"),
    example!("ci/github", ".github/workflows/cxform-drift.yml"),
];

const GITLAB: &[Template] = &[example!("ci/gitlab", ".gitlab-ci.yml")];

const AZURE: &[Template] =
    &[example!("ci/azure", ".azure/cxform.yml"), example!("ci/azure", "azure-pipelines.yml")];

/// The state folder, which git is to ignore.
const IGNORED: &str = ".cxform/";

/// Where audit and runs are kept, as the project file of a CI says it.
const STATE: &str = "state: { git: cxform-state }";

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &InitArgs) -> anyhow::Result<Exit> {
    let folder = context.cwd.join(&args.folder);
    let root = git_root(&folder).unwrap_or(&folder);
    let text = |text: &str| match args.ci {
        Some(_) => text.replace(&format!("# {STATE}"), STATE),
        None => text.to_owned(),
    };
    // A project that is there already is left alone where only its CI is asked for.
    let is_begun = args.ci.is_some() && folder.join(project::FILE_NAME).exists();
    let project = if is_begun { &[][..] } else { PROJECT };
    let project = project.iter().map(|(name, content)| (folder.join(name), text(content)));
    let workflows = args.ci.map_or(&[][..], workflows);
    let workflows = workflows.iter().map(|(name, text)| (root.join(name), (*text).to_owned()));
    let outputs: Vec<(PathBuf, String)> = project.chain(workflows).collect();
    // All or nothing.
    if let Some((there, _)) = outputs.iter().find(|(path, _)| path.symlink_metadata().is_ok()) {
        let message = format!("{} is there already", relative(there, &context.cwd));
        let hint = "move it away, or name another folder; `init` overwrites nothing";
        return Err(UsageError::new(message).hint(hint).into());
    }
    let mut told = String::new();
    for (path, text) in &outputs {
        files::create_folder_of(path)?;
        files::write_new(path, &|to| to.write_all(text.as_bytes()))?;
        told += &format!("Wrote {}\n", relative(path, &context.cwd));
    }
    ignore(&folder.join(".gitignore"))?;
    if is_begun {
        told += &format!("Let cxform.yaml say where audit and runs are kept: {STATE}\n");
    }
    told += &next(context, args, &folder, root);
    context.say(&told)?;
    Ok(Exit::Done)
}

fn workflows(ci: Ci) -> &'static [Template] {
    match ci {
        Ci::Github => GITHUB,
        Ci::Gitlab => GITLAB,
        Ci::Azure => AZURE,
    }
}

/// Lets git ignore the state folder; what else the file says stays.
fn ignore(file: &Path) -> anyhow::Result<()> {
    let text = if file.exists() { files::read_text(file)? } else { String::new() };
    if text.lines().any(|line| line.trim() == IGNORED) {
        return Ok(());
    }
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    Ok(files::append(file, &format!("{end}{IGNORED}\n"))?)
}

/// What to do next.
fn next(context: &Context<'_>, args: &InitArgs, folder: &Path, root: &Path) -> String {
    let outside = context.global.chdir.clone().unwrap_or_default().join(&args.folder);
    let chdir = match outside == Path::new(".") {
        true => String::new(),
        false => format!("--chdir {} ", outside.display()),
    };
    let mut told = format!("Next: cxform {chdir}plan\n");
    if let Some(ci) = args.ci {
        if folder != root {
            let file = relative(&folder.join("cxform.yaml"), root);
            told += &format!(
                "The project is not at the git root: say CXFORM_CONFIG: {file} in the workflows.\n"
            );
        }
        told += &to_fill_in(&relative(&root.join(fetching(ci)), &context.cwd));
    }
    told
}

/// The file of a CI's workflows that says which cxform they fetch.
fn fetching(ci: Ci) -> &'static str {
    match ci {
        Ci::Github => ".github/actions/cxform/action.yml",
        Ci::Gitlab => ".gitlab-ci.yml",
        Ci::Azure => ".azure/cxform.yml",
    }
}

/// What only whoever copies the workflows knows.
fn to_fill_in(file: &str) -> String {
    format!(
        "Before their first run, fill in {file}:\n  \
         CXFORM_URL     the address of cxform-VERSION-x86_64-unknown-linux-musl.tar.gz, of a release or a copy\n  \
         CXFORM_SHA256  its checksum, from SHA256SUMS of the release\n"
    )
}
