//! What could not be delivered yet, in its order: a file each.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{StateError, create_folder};
use crate::cli::files::{self, Access};

/// How the time of a text stands in its file's name.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// Texts that wait for one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbox {
    dir: PathBuf,
}

/// A text that waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting {
    number: u64,
    /// When it was made: `20350108T080000Z`.
    pub time: String,
    path: PathBuf,
}

impl Outbox {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The folder, whether it is there or not.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Puts a text behind those that wait.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn put(&self, text: &str, at: Timestamp) -> Result<(), StateError> {
        let number = self.waiting()?.last().map_or(1, |last| last.number.saturating_add(1));
        create_folder(&self.dir)?;
        let path = self.dir.join(format!("{number:06}-{}.csv", at.strftime(TIME)));
        Ok(files::write(&path, text.as_bytes(), Access::Private)?)
    }

    /// What waits, the oldest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn waiting(&self) -> Result<Vec<Waiting>, StateError> {
        let entries = match std::fs::read_dir(&self.dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(StateError::file(&self.dir))?,
        };
        let mut waiting = Vec::new();
        for entry in entries {
            let path = entry.map_err(StateError::file(&self.dir))?.path();
            waiting.extend(waits(path));
        }
        waiting.sort();
        Ok(waiting)
    }

    /// The text of one.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn text(&self, waiting: &Waiting) -> Result<String, StateError> {
        Ok(files::read_text(&waiting.path)?)
    }

    /// It was taken, and waits no more.
    ///
    /// # Errors
    /// It cannot be removed; it would be delivered again.
    pub fn taken(&self, waiting: &Waiting) -> Result<(), StateError> {
        Ok(files::remove(&waiting.path).map(drop)?)
    }
}

/// What a file is; none where it is another one.
fn waits(path: PathBuf) -> Option<Waiting> {
    let (number, time) = path.file_name()?.to_str()?.strip_suffix(".csv")?.split_once('-')?;
    let (number, time) = (number.parse().ok()?, time.to_owned());
    Some(Waiting { number, time, path })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use crate::cli::files::tests::Folder;
    use crate::cli::state::StateFolder;

    #[test]
    fn texts_wait_in_their_order() {
        let folder = Folder::new("outbox");
        let state = StateFolder::new(folder.path());
        let outbox = state.outbox("eu/prod", "host-1");
        assert_eq!(outbox.waiting().unwrap(), []);
        let times = ["2035-03-05T07:00:00Z", "2034-01-01T00:00:00Z"];
        for (text, time) in ["one", "two"].into_iter().zip(times) {
            outbox.put(text, time.parse::<Timestamp>().unwrap()).unwrap();
        }
        folder.put("wfm/eu%2Fprod/host-1/.000003-x.csv.77-0", "half a text");
        folder.put("wfm/eu%2Fprod/host-1/notes", "");
        let told = || -> Vec<String> {
            let waiting = outbox.waiting().unwrap();
            let text = |one| outbox.text(one).unwrap();
            waiting.iter().map(|one| format!("{} {}", one.time, text(one))).collect()
        };
        assert_eq!(told(), ["20350305T070000Z one", "20340101T000000Z two"]);
        outbox.taken(&outbox.waiting().unwrap()[0]).unwrap();
        outbox.put("three", Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(told(), ["20340101T000000Z two", "19700101T000000Z three"]);
        assert_eq!(state.outbox("eu/prod", "host-2").waiting().unwrap(), []);
    }
}
