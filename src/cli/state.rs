//! The state folder: audits, runs and the lock. Plan and apply never need what is in it.

mod audit_files;
mod audit_log;
mod git;
mod lock;
mod outbox;
mod recorder;
mod run;

use std::path::{Path, PathBuf};

pub use audit_files::AuditFiles;
pub use audit_log::AuditLog;
pub(in crate::cli) use git::Git;
pub use git::{Claim, GitError, SharedError, SharedState};
pub use lock::{Holder, Lock};
pub use outbox::{Outbox, Waiting};
pub use recorder::{RecordError, Recorder, Synced};
pub use run::{Part, RunFolder};

use super::files::{FileError, sync_folder};
use crate::audit::ChainError;
use crate::http::encode;
use crate::model::digest_of;

/// The state folder (section 8 of the product page). Nothing is created before it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFolder {
    dir: PathBuf,
    /// How many bytes a tenant's audit may have before it goes on in a file of its own.
    rotate_at: u64,
}

/// Why the state folder cannot be used. An apply that meets one sends nothing.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file or folder in it cannot be read or written.
    #[error("the state folder cannot be used: {}: {cause}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A file in it cannot be read or written.
    #[error("the state folder cannot be used: {0}")]
    Content(#[from] FileError),
    /// Another run holds the lock.
    #[error("the state folder {} is in use by {holder}", dir.display())]
    Held {
        /// The folder.
        dir: PathBuf,
        /// Who, and since when.
        holder: String,
    },
    /// The audit cannot go on.
    #[error("the audit {} cannot go on: {cause}", path.display())]
    Audit {
        /// The audit's file.
        path: PathBuf,
        /// Why.
        cause: ChainError,
    },
}

impl StateError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File { .. } | Self::Content(_) => {
                "choose a folder that can be written with --state-dir or CXFORM_STATE_DIR"
            }
            Self::Held { .. } => "wait until it has ended, or let this run wait: --lock-timeout",
            Self::Audit { .. } => "see what is wrong with `cxform audit verify`",
        }
    }

    fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |cause| Self::File { path: path.to_owned(), cause }
    }
}

impl StateFolder {
    /// The state folder `dir`, whether it is there or not.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), rotate_at: AuditLog::ROTATE_AT }
    }

    /// The same folder, whose audits go on in a file of their own from so many bytes on.
    #[must_use]
    pub fn rotating(self, rotate_at: u64) -> Self {
        Self { rotate_at, ..self }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// The files of a tenant's audit.
    #[must_use]
    pub fn audit_files(&self, tenant: &str) -> AuditFiles {
        AuditFiles::new(&self.dir.join("audit"), &file_name(tenant))
    }

    /// Opens a tenant's audit for the next entry; a torn last line is set aside, and a long file
    /// becomes a part of the audit, after which a new one goes on.
    ///
    /// # Errors
    /// It cannot be read or written, or its last line is not sound.
    pub fn audit(&self, tenant: &str) -> Result<AuditLog, StateError> {
        create_folder(&self.dir.join("audit"))?;
        AuditLog::open(&self.audit_files(tenant), self.rotate_at)
    }

    /// What waits for a receiver of a tenant's assignments; `key` tells it from others.
    #[must_use]
    pub fn outbox(&self, tenant: &str, key: &str) -> Outbox {
        Outbox::new(self.dir.join("wfm").join(file_name(tenant)).join(file_name(key)))
    }

    /// What looks at drift remember.
    #[must_use]
    pub fn drift(&self) -> PathBuf {
        self.dir.join("drift.json")
    }

    /// The folder of a run, whether it is there or not.
    #[must_use]
    pub fn run(&self, run: &str) -> RunFolder {
        RunFolder::new(run, self.dir.join("runs").join(file_name(run)))
    }

    /// Creates the folder of a new run.
    ///
    /// # Errors
    /// It cannot be created, or is there already.
    pub fn create_run(&self, run: &str) -> Result<RunFolder, StateError> {
        let folder = self.run(run);
        let runs = self.dir.join("runs");
        create_folder(&runs)?;
        folder_builder().create(folder.path()).map_err(StateError::file(folder.path()))?;
        sync_folder(&runs).map_err(StateError::file(&runs))?;
        Ok(folder)
    }

    /// All runs, sorted by their names.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn runs(&self) -> Result<Vec<RunFolder>, StateError> {
        let runs = self.dir.join("runs");
        let entries = match std::fs::read_dir(&runs) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(StateError::file(&runs))?,
        };
        let mut folders = Vec::new();
        for entry in entries {
            let entry = entry.map_err(StateError::file(&runs))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                folders.push(RunFolder::new(&name, entry.path()));
            }
        }
        folders.sort_by(|a, b| a.name().cmp(b.name()));
        Ok(folders)
    }

    /// The runs that have a journal and no outcome: they crashed, and are to be settled. To be
    /// asked under the lock, before this run has a journal of its own.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn unfinished(&self) -> Result<Vec<RunFolder>, StateError> {
        let mut runs = self.runs()?;
        runs.retain(RunFolder::is_unfinished);
        Ok(runs)
    }

    /// Takes the lock; waits up to `timeout` for another run to end. Blocks the thread.
    ///
    /// # Errors
    /// Another run holds it still, or its file cannot be written.
    pub fn lock(&self, holder: &Holder, timeout: std::time::Duration) -> Result<Lock, StateError> {
        create_folder(&self.dir)?;
        Lock::acquire(&self.dir, holder, timeout)
    }
}

/// A name as one segment of a path: other characters than letters, digits, `-`, `_`, `~` and inner
/// dots are percent-encoded; a long one is cut and gets its digest.
fn file_name(name: &str) -> String {
    const LONGEST: usize = 120;
    let mut safe = encode(name);
    if safe.starts_with('.') || safe.is_empty() {
        safe.replace_range(..safe.len().min(1), "%2E");
    }
    if safe.len() > LONGEST {
        let digest = digest_of(name.as_bytes());
        safe.truncate(LONGEST - 17);
        safe.push('-');
        safe.push_str(digest.get(7..23).unwrap_or_default());
    }
    safe
}

fn create_folder(path: &Path) -> Result<(), StateError> {
    folder_builder().recursive(true).create(path).map_err(StateError::file(path))
}

/// Folders for the user alone.
fn folder_builder() -> std::fs::DirBuilder {
    #[allow(unused_mut, reason = "only unix has modes")]
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// How a file that only grows is opened: for the user alone, created where it is missing.
fn appending() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::{StateFolder, file_name};
    use crate::cli::files::tests::Folder;

    #[test]
    fn names_are_safe_as_file_names() {
        let check = |name: &str, expect: &str| assert_eq!(file_name(name), expect);
        check("prod", "prod");
        check("prod-eu_1.b", "prod-eu_1.b");
        check("../x", "%2E.%2Fx");
        check("..", "%2E.");
        check("a/b\\c\0", "a%2Fb%5Cc%00");
        check("", "%2E");
        let (long, other) = (file_name(&"x".repeat(300)), file_name(&"x".repeat(301)));
        assert!(long.len() == 120 && long != other, "{long}");
    }

    #[test]
    fn runs_are_listed_and_the_unfinished_told() {
        let folder = Folder::new("runs");
        let state = StateFolder::new(&folder.path().join("state"));
        assert!(state.runs().unwrap().is_empty());
        for run in ["r2", "r1"] {
            state.create_run(run).unwrap();
        }
        assert!(state.create_run("r1").is_err());
        folder.put("state/runs/r2/journal.jsonl", "{}\n");
        let names = |runs: Vec<super::RunFolder>| -> Vec<String> {
            runs.iter().map(|run| run.name().to_owned()).collect()
        };
        assert_eq!(names(state.runs().unwrap()), ["r1", "r2"]);
        assert_eq!(names(state.unfinished().unwrap()), ["r2"]);
        state.run("r2").write(super::Part::Outcome, &|out| out.write_all(b"{}")).unwrap();
        assert!(state.unfinished().unwrap().is_empty());
    }
}
