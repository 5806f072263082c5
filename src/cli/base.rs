//! `--base`: the manifests as they were, at a commit or in a folder. Which these are, the base's own
//! project file says; nothing else of it counts. Where it has none, what the project lists now is
//! looked for there.

mod commit;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::args::Planning;
use super::context::{Context, Texts, Wrong, project_of};
use super::exit::UsageError;
use super::files::{self, relative};
use super::history;
use super::settings::{Origin, Settings};
use super::sharing;
use super::state::StateFolder;
use crate::kinds;
use crate::model::{Finding, Item, Place};
use crate::plan;
use commit::Repository;

/// The word for the commit of the last complete apply.
const LAST: &str = "last";

/// What manifests declared before.
pub(super) struct Base {
    pub(super) items: Vec<Item>,
    /// How the plan names it.
    pub(super) told: plan::Base,
}

/// Reads the base, where one is asked for.
pub(super) fn read(
    context: &mut Context<'_>,
    settings: &Settings,
    planning: &Planning,
) -> anyhow::Result<Option<Base>> {
    match planning.since.base.as_deref() {
        // A branch is brought before; without one a state folder may only have been lost.
        Some(LAST)
            if settings.state_branch.is_some() && history::last_commit(settings)?.is_none() =>
        {
            let tenant = &settings.tenant()?.name.value;
            let unknown =
                format!("warning: --base last: nothing was ever applied whole to {tenant}");
            context.note(&format!("{unknown}; this is planned without a base\n"))?;
            Ok(None)
        }
        Some(name) => named(context, settings, name).map(Some),
        None => Ok(None),
    }
}

/// Reads the manifests as they were at a commit, in a folder, or when they were applied last.
pub(super) fn named(
    context: &mut Context<'_>,
    settings: &Settings,
    name: &str,
) -> anyhow::Result<Base> {
    let (commit, (items, mut findings, sources)) = match name {
        LAST => {
            let commit = last(settings)?;
            (Some(commit.clone()), at_commit(context, settings, &commit)?)
        }
        name => match Repository::of(settings)?.and_then(|git| git.find(name)) {
            Some(commit) => (Some(commit), at_commit(context, settings, name)?),
            None => (None, in_folder(context, settings, name)?),
        },
    };
    if findings.is_empty() {
        findings = kinds::declare(&items, None).1;
    }
    if let Some(first) = findings.first() {
        let place = first.place.clone().unwrap_or_default();
        findings.push(unsound(name, &place));
        return Err(Wrong::new(&findings, &sources).into());
    }
    if items.is_empty() {
        context.note(&format!("warning: the base {name} has no manifest\n"))?;
    }
    Ok(Base { items, told: plan::Base { name: name.to_owned(), commit } })
}

/// What to do about a base that is wrong in itself.
fn unsound(name: &str, place: &Place) -> Finding {
    let message = format!("{} is part of the base {name}, which cannot be used so", place.file);
    let hint = "name a base whose manifests are sound, or leave out --base";
    Finding::error("base", place, message).hint(hint)
}

/// The manifests of a commit, of which `name` is a name.
fn at_commit(context: &mut Context<'_>, settings: &Settings, name: &str) -> anyhow::Result<Texts> {
    let Some(git) = Repository::of(settings)? else {
        let folder = relative(&settings.folder, &context.cwd);
        let error = UsageError::new(format!("--base {name}: {folder} is in no git repository"));
        return Err(error.hint("name a folder with the manifests as they were").into());
    };
    let Some(commit) = git.find(name) else { return Err(git.unknown(name).into()) };
    let project = settings.project.as_deref();
    let text = project.map(|project| git.text_of(name, &commit, project)).transpose()?.flatten();
    let paths = listed(context, settings, text)?;
    let (texts, left_out) = git.read(name, &commit, &paths)?;
    for link in left_out {
        let message = format!("{link} is a link that leads to no file of the commit");
        context.note(&format!("warning: {message}; the base is read without it\n"))?;
    }
    Ok(texts)
}

/// The folders and files with manifests that the base's own project file lists, named as if they
/// were the project's; `text` is that file's name and content. What the command line names stays so.
fn listed(
    context: &mut Context<'_>,
    settings: &Settings,
    text: Option<(String, String)>,
) -> anyhow::Result<Vec<PathBuf>> {
    let now = settings.manifests.value.clone();
    let Some((file, text)) = text.filter(|_| settings.manifests.origin != Origin::Arguments) else {
        return Ok(now);
    };
    match project_of(&file, &text) {
        Ok(project) => Ok(settings.listed_by(&project)),
        Err(_) => {
            context.note(&format!(
                "warning: {file} cannot be read; what the project lists now is looked for there\n"
            ))?;
            Ok(now)
        }
    }
}

/// The manifests of a folder that stands for the project's.
fn in_folder(context: &mut Context<'_>, settings: &Settings, name: &str) -> anyhow::Result<Texts> {
    let folder = context.cwd.join(name);
    if !folder.is_dir() {
        let unknown = format!("--base {name}: there is no such commit or folder");
        let hint = "name a commit, a branch, a folder with the project as it was, or `last`";
        return Err(match Repository::of(settings)? {
            Some(git) => git.unknown(name).into(),
            None => UsageError::new(unknown).hint(hint).into(),
        });
    }
    let file = settings.project.as_deref().and_then(Path::file_name).map(|name| folder.join(name));
    let text = match file.filter(|file| file.is_file()) {
        Some(file) => Some((relative(&file, &context.cwd), files::read_text(&file)?)),
        None => None,
    };
    let mut paths = Vec::new();
    for path in &listed(context, settings, text)? {
        let from = path.strip_prefix(&settings.folder).map_err(|_| {
            let (path, project) =
                (relative(path, &context.cwd), relative(&settings.folder, &context.cwd));
            UsageError::new(format!(
                "--base {name}: {path} is not in the project's folder {project}"
            ))
            .hint("name a git ref, which has all of the repository")
        })?;
        paths.push(folder.join(from));
    }
    let missing: Vec<String> = paths.iter().map(|path| relative(path, &context.cwd)).collect();
    paths.retain(|path| path.exists());
    if paths.is_empty() {
        let error = UsageError::new(format!("--base {name}: there is no {}", missing.join(", ")));
        let hint =
            "the folder stands for the project's: what the project lists is looked for in it";
        return Err(error.hint(hint).into());
    }
    context.read(&paths, &BTreeMap::new())
}

/// Brings the audit that tells of the last apply, where another machine may have made it. To be called where the state folder's lock is not held.
pub(super) fn refresh(
    context: &mut Context<'_>,
    settings: &Settings,
    planning: &Planning,
) -> anyhow::Result<()> {
    match planning.since.base.as_deref() {
        Some(LAST) => {
            sharing::refresh(context, settings, &StateFolder::new(&settings.state_dir.value))
        }
        _ => Ok(()),
    }
}

/// The commit of the last complete apply that the audit tells of.
fn last(settings: &Settings) -> anyhow::Result<String> {
    let tenant = &settings.tenant()?.name.value;
    history::last_commit(settings)?.ok_or_else(|| {
        let message = format!("--base last: the audit of {tenant} tells of no complete apply");
        let hint = "name a git ref or a folder, or keep the state folder from run to run";
        UsageError::new(message).hint(hint).into()
    })
}
