//! `init`: a project to begin with, and the workflows of a CI. What it writes are files of the
//! repository, so that they can be read, copied and tested without it.

mod next;
mod templates;

use std::path::{Path, PathBuf};

use super::args::InitArgs;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::files::{self, relative};
use super::project::{self, git_root};
use next::{Begun, next};
use templates::{Template, in_subfolder, project_of, workflows};

/// What git is to ignore: the state folder, and what commands of the README write.
const IGNORED: &[&str] = &[".cxform/", "*.plan", "plan.html", "wfm.csv", "drift.prom"];

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &InitArgs) -> anyhow::Result<Exit> {
    let folder = context.cwd.join(&args.folder);
    let git = git_root(&folder);
    let root = git.unwrap_or(&folder);
    // A project that is there already is left alone where only its CI is asked for.
    let config = folder.join(project::FILE_NAME);
    let before = match args.ci {
        Some(_) if config.exists() => Some(files::read_text(&config)?),
        _ => None,
    };
    let project = if before.is_some() { &[][..] } else { project_of(args.ci) };
    let below = match relative(&folder, root) {
        same if same == "." => None,
        below => Some(below),
    };
    let workflow = |(name, text): &Template| {
        let text = match &below {
            Some(below) => in_subfolder(text, below),
            None => (*text).to_owned(),
        };
        let to =
            args.workflows.as_ref().map_or_else(|| root.to_owned(), |dir| context.cwd.join(dir));
        (to.join(name), text)
    };
    let project = project.iter().map(|(name, text)| (folder.join(name), (*text).to_owned()));
    let workflows = args.ci.map_or(&[][..], workflows);
    let outputs: Vec<(PathBuf, String)> = project.chain(workflows.iter().map(workflow)).collect();
    // All or nothing.
    if let Some((there, _)) = outputs.iter().find(|(path, _)| path.symlink_metadata().is_ok()) {
        let is_workflow = workflows.iter().any(|(name, _)| there.ends_with(name));
        return Err(in_the_way(context, there, is_workflow).into());
    }
    let mut told = String::new();
    for (path, text) in &outputs {
        files::create_folder_of(path)?;
        files::write_new(path, &|to| to.write_all(text.as_bytes()))?;
        told += &format!("Wrote {}\n", relative(path, &context.cwd));
    }
    told += &ignore(context, &folder.join(".gitignore"))?;
    let begun =
        Begun { args, in_git: git.is_some(), below: below.as_deref(), before: before.as_deref() };
    told += &next(context, &begun);
    context.say(&told)?;
    Ok(Exit::Done)
}

/// That a file is there already, and what to do.
fn in_the_way(context: &Context<'_>, there: &Path, is_workflow: bool) -> UsageError {
    let hint = match is_workflow {
        true => {
            "`--workflows DIR` writes the workflows below another folder, to merge them by hand; \
             `init` overwrites nothing"
        }
        false => "move it away, or name another folder; `init` overwrites nothing",
    };
    UsageError::new(format!("{} is there already", relative(there, &context.cwd))).hint(hint)
}

/// Lets git ignore what is not for the repository; what else the file says stays. Tells what it did.
fn ignore(context: &Context<'_>, file: &Path) -> anyhow::Result<String> {
    let text = if file.exists() { files::read_text(file)? } else { String::new() };
    let is_there = |line: &&str| text.lines().any(|there| there.trim() == *line);
    let new: Vec<&str> = IGNORED.iter().copied().filter(|line| !is_there(line)).collect();
    if new.is_empty() {
        return Ok(String::new());
    }
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    files::append(file, &format!("{end}{}\n", new.join("\n")))?;
    let name = relative(file, &context.cwd);
    Ok(match text.is_empty() {
        true => format!("Wrote {name}\n"),
        false => format!("Added to {name}: {}\n", new.join(" ")),
    })
}
