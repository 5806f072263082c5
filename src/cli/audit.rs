//! `audit`: is it whole, what does it say, and who else is to have it.

mod export;
mod list;
mod verify;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use super::args::{AuditCommand, AuditFilter};
use super::context::Context;
use super::exit::Exit;
use super::files::{self, FileError};
use super::sharing;
use super::state::{AuditFiles, StateFolder};

/// Runs one of its commands.
pub(super) fn run(context: &mut Context<'_>, command: &AuditCommand) -> anyhow::Result<Exit> {
    match command {
        AuditCommand::Verify { files, head } => verify::run(context, files, head.as_deref()),
        AuditCommand::List { files, filter } => list::run(context, files, filter),
        AuditCommand::Export(args) => export::run(context, args),
    }
}

/// The files of the selected tenant's audit; none where nothing has been audited yet, which is told.
fn own(context: &mut Context<'_>) -> anyhow::Result<Option<AuditFiles>> {
    let settings = context.settings(&context.global.flags(&[]))?;
    let state = StateFolder::new(&settings.state_dir.value);
    sharing::refresh(context, &settings, &state)?;
    let tenant = &settings.tenant()?.name.value;
    let files = state.audit_files(tenant);
    if files.all()?.iter().any(|file| file.exists()) {
        return Ok(Some(files));
    }
    let name = files::relative(&files.current(), &context.cwd);
    if let Some(run) = state.runs()?.iter().rev().find(|run| run.has_written_for(tenant)) {
        anyhow::bail!(
            "{name} is missing, and the state folder has runs of {tenant}, such as {}: the audit was \
             moved or deleted; put it back",
            run.name()
        );
    }
    context.note(&format!("Nothing has been audited yet: there is no {name}.\n"))?;
    Ok(None)
}

/// The files that are named, else the tenant's own with all its parts.
fn chosen(context: &mut Context<'_>, named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    if named.is_empty() {
        return Ok(own(context)?.map(|own| own.all()).transpose()?.unwrap_or_default());
    }
    Ok(named.iter().map(|file| context.cwd.join(file)).collect())
}

/// Hands over each line of a file with its line feed, as the bytes are.
fn each_line(file: &Path, mut take: impl FnMut(&[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut reader = BufReader::with_capacity(1 << 18, files::open(file)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line);
        match read.map_err(|cause| FileError::Read { path: file.to_owned(), cause })? {
            0 => return Ok(()),
            _ => take(&line)?,
        }
    }
}

/// What a filter looks at.
#[derive(Deserialize)]
struct Glance {
    run: String,
    time: Timestamp,
}

/// Hands over each line that a filter lets through, without its line feed, with where it stands. A
/// line without an end is left out: a run may be writing it.
fn each_chosen(
    cwd: &Path,
    files: &[PathBuf],
    filter: &AuditFilter,
    mut take: impl FnMut(&str, &dyn Fn(&str) -> anyhow::Error) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for file in files {
        let name = files::relative(file, cwd);
        let mut number = 0_u64;
        each_line(file, |bytes| {
            number += 1;
            let wrong = |why: &str| anyhow::anyhow!("{name}: line {number}: {why}");
            let Some(bytes) = bytes.strip_suffix(b"\n") else { return Ok(()) };
            let no_line = |why: &dyn std::fmt::Display| wrong(&format!("not an audit line: {why}"));
            let line = std::str::from_utf8(bytes).map_err(|_| no_line(&"not UTF-8"))?;
            let glance: Glance = serde_json::from_str(line).map_err(|error| no_line(&error))?;
            let fits = filter.run.as_ref().is_none_or(|run| *run == glance.run)
                && filter.since.is_none_or(|since| glance.time >= since);
            if fits { take(line, &wrong) } else { Ok(()) }
        })?;
    }
    Ok(())
}
