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
    let below = relative(&folder, root);
    let below = Some(below.as_str()).filter(|below| *below != ".");
    let to = args.workflows.as_ref().map_or_else(|| root.to_owned(), |dir| context.cwd.join(dir));
    let mut outputs = workflows_of(args, &to, below);
    // All or nothing.
    let in_the_way = |(path, _): &&(PathBuf, String)| path.symlink_metadata().is_ok();
    if let Some((there, _)) = outputs.iter().find(in_the_way) {
        let hint = "`--workflows DIR` writes the workflows below another folder, to merge them by \
                    hand; `init` overwrites nothing";
        return Err(is_there(context, there, hint).into());
    }
    if before.is_none() {
        let project = project_of(args.ci).iter();
        let project = project.map(|(name, text)| (folder.join(name), (*text).to_owned()));
        outputs.splice(..0, project);
    }
    if let Some((there, _)) = outputs.iter().find(in_the_way) {
        let hint = "move it away, or name another folder; `init` overwrites nothing";
        return Err(is_there(context, there, hint).into());
    }
    let mut told = String::new();
    for (path, text) in &outputs {
        files::create_folder_of(path)?;
        files::write_new(path, &|to| to.write_all(text.as_bytes()))?;
        told += &format!("Wrote {}\n", relative(path, &context.cwd));
    }
    told += &ignore(context, &folder.join(".gitignore"))?;
    let (before, head) = (before.as_deref(), files::read_text(&root.join(".git/HEAD")));
    let head = head.unwrap_or_default();
    let begun = Begun { head: &head, args, in_git: git.is_some(), workflows: &to, below, before };
    told += &next(context, &begun);
    context.say(&told)?;
    Ok(Exit::Done)
}

/// The workflows: where each is to be, and its text.
fn workflows_of(args: &InitArgs, to: &Path, below: Option<&str>) -> Vec<(PathBuf, String)> {
    let workflow = |(name, text): &Template| {
        let text = below.map_or_else(|| (*text).to_owned(), |below| in_subfolder(text, below));
        (to.join(name), text)
    };
    args.ci.map_or(&[][..], workflows).iter().map(workflow).collect()
}

/// That a file is there already, and what to do.
fn is_there(context: &Context<'_>, there: &Path, hint: &str) -> UsageError {
    let message = format!("{} is there already", relative(there, &context.cwd));
    UsageError::new(message).hint(hint)
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
