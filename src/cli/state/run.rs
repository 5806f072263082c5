//! The folder of one run: what it was to do, what it did.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{AuditLog, Recorder, StateError, appending};
use crate::audit::Entry;
use crate::cli::files::{self, Access, Content, FileError, sync_folder};

const JOURNAL: &str = "journal.jsonl";

/// `runs/RUN` of the state folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    name: String,
    dir: PathBuf,
}

/// A file of a run that is written as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its first audit entry: who began it, and what allowed it.
    Start,
    /// What is applied.
    Plan,
    /// What would undo it.
    Inverse,
    /// What became of it. A run without one has crashed.
    Outcome,
}

impl Part {
    fn file_name(self) -> &'static str {
        match self {
            Self::Start => "start.json",
            Self::Plan => "plan.json",
            Self::Inverse => "inverse.json",
            Self::Outcome => "outcome.json",
        }
    }
}

impl RunFolder {
    /// The folder `dir` of the run `name`, whether it is there or not.
    #[must_use]
    pub fn new(name: &str, dir: PathBuf) -> Self {
        Self { name: name.to_owned(), dir }
    }

    /// The run's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// The path of one of its files.
    #[must_use]
    pub fn part(&self, part: Part) -> PathBuf {
        self.dir.join(part.file_name())
    }

    /// Writes one of its files, as a whole and durably, for the user alone.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, part: Part, content: Content<'_>) -> Result<(), FileError> {
        files::write_with(&self.part(part), content, Access::Private)
    }

    /// Reads one of its files; none where it is missing.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn read(&self, part: Part) -> Result<Option<String>, FileError> {
        read_if_there(&self.part(part))
    }

    /// The whole lines of its journal; none where it is missing. A line that a crash left half
    /// written was never waited for, and so belongs to no request that was sent.
    ///
    /// # Errors
    /// The journal is there and cannot be read.
    pub fn journal(&self) -> Result<Vec<String>, FileError> {
        let text = read_if_there(&self.dir.join(JOURNAL))?.unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        Ok(whole.lines().map(str::to_owned).collect())
    }

    /// Starts the writer of the run's journal and of the tenant's audit.
    ///
    /// # Errors
    /// The journal cannot be created, or the writer's thread not be started.
    pub fn record(&self, audit: AuditLog) -> Result<Recorder, StateError> {
        let path = self.dir.join(JOURNAL);
        let mut journal = appending().open(&path).map_err(StateError::file(&path))?;
        without_torn_end(&mut journal).map_err(StateError::file(&path))?;
        sync_folder(&self.dir).map_err(StateError::file(&self.dir))?;
        Recorder::start(journal, path, audit)
    }

    /// Whether it has come to its end, and so has written the audit of this tenant.
    #[must_use]
    pub fn has_written_for(&self, tenant: &str) -> bool {
        let begun = self.read(Part::Start).ok().flatten();
        let begun = begun.and_then(|text| serde_json::from_str::<Entry>(&text).ok());
        self.part(Part::Outcome).exists() && begun.is_some_and(|entry| entry.tenant == tenant)
    }

    pub(super) fn is_unfinished(&self) -> bool {
        self.dir.join(JOURNAL).exists() && !self.part(Part::Outcome).exists()
    }
}

/// Cuts off what a crash left half written: what comes next begins a line.
fn without_torn_end(journal: &mut File) -> std::io::Result<()> {
    if !journal.metadata()?.is_file() {
        return Ok(());
    }
    let mut bytes = Vec::new();
    journal.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if whole < bytes.len() { journal.set_len(whole as u64) } else { Ok(()) }
}

fn read_if_there(path: &Path) -> Result<Option<String>, FileError> {
    match files::read_text(path) {
        Err(FileError::Read { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
            Ok(None)
        }
        read => read.map(Some),
    }
}
