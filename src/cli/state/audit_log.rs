//! A tenant's audit on the disk.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use tokio::sync::watch;

use super::{AuditFiles, StateError, appending};
use crate::audit::{Chain, ChainError, Entry, Event, Torn};
use crate::cli::files::{self, sync_folder};
use crate::model::digest_of;

/// A tenant's audit, ready for the next entry.
#[derive(Debug)]
pub struct AuditLog {
    file: File,
    path: PathBuf,
    chain: Chain,
    torn: Option<Torn>,
    /// The number of the last line that is on the disk.
    synced: watch::Sender<u64>,
}

impl AuditLog {
    /// How many bytes the file may have before it becomes a part, where nothing else is said.
    pub const ROTATE_AT: u64 = 64 << 20;

    /// Opens or creates the audit and takes up its chain; where the file has no line, that of its
    /// last part. Bytes after the last whole line are a crash's: they move to a file beside it,
    /// `….torn`, and the next run's start entry tells. A file of `rotate_at` bytes is renamed to be
    /// the next part. A crash before that leaves the long file, one after it leaves none: both are
    /// taken up from there.
    pub(super) fn open(files: &AuditFiles, rotate_at: u64) -> Result<Self, StateError> {
        let path = files.current();
        let mut file = appending().open(&path).map_err(StateError::file(&path))?;
        let (last, torn_bytes) = end_of(&mut file).map_err(StateError::file(&path))?;
        let chain = match &last {
            Some(line) => resume(&path, line)?,
            None => after_last_part(files)?.unwrap_or_else(Chain::start),
        };
        let mut torn = None;
        if !torn_bytes.is_empty() {
            torn = Some(Torn { bytes: torn_bytes.len() as u64, digest: digest_of(&torn_bytes) });
            set_aside(&path, &torn_bytes)?;
            cut(&file, torn_bytes.len() as u64).map_err(StateError::file(&path))?;
        }
        let length = file.metadata().map_err(StateError::file(&path))?.len();
        if last.is_some() && length >= rotate_at {
            let part = files.next_part()?;
            std::fs::rename(&path, &part).map_err(StateError::file(&part))?;
            sync_folder(files.dir()).map_err(StateError::file(files.dir()))?;
            file = appending().open(&path).map_err(StateError::file(&path))?;
        }
        sync_folder(files.dir()).map_err(StateError::file(files.dir()))?;
        let synced = watch::Sender::new(chain.seq());
        Ok(Self { file, path, chain, torn, synced })
    }

    /// Tells the number of the last line that is on the disk, as it grows.
    #[must_use]
    pub fn synced(&self) -> watch::Receiver<u64> {
        self.synced.subscribe()
    }

    /// The hash of the last line.
    #[must_use]
    pub fn head(&self) -> &str {
        self.chain.head()
    }

    /// The audit's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The line of the next entry, with its line feed. The first start entry after a crash gets
    /// the torn line's fact.
    pub(super) fn line(&mut self, mut entry: Entry) -> Result<String, ChainError> {
        if let Event::Start(start) = &mut entry.event {
            start.torn = self.torn.take();
        }
        let mut line = self.chain.append(&entry)?;
        line.push('\n');
        Ok(line)
    }

    /// Writes whole lines and makes them durable.
    pub(super) fn write(&mut self, lines: &str) -> std::io::Result<()> {
        self.file.write_all(lines.as_bytes())?;
        self.file.sync_data()?;
        self.synced.send_replace(self.chain.seq());
        Ok(())
    }
}

impl AuditFiles {
    /// The number of the last line that is on the disk; 0 before the first.
    ///
    /// # Errors
    /// A file cannot be read, or its last line is not sound.
    pub fn last_number(&self) -> Result<u64, StateError> {
        let path = self.current();
        if path.exists() {
            let mut file = files::open(&path)?;
            if let (Some(line), _) = end_of(&mut file).map_err(StateError::file(&path))? {
                return Ok(resume(&path, &line)?.seq());
            }
        }
        Ok(after_last_part(self)?.map_or(0, |chain| chain.seq()))
    }
}

/// The chain that ends with the last part; none where there is no part.
fn after_last_part(files: &AuditFiles) -> Result<Option<Chain>, StateError> {
    let Some(path) = files.parts()?.pop() else { return Ok(None) };
    let mut file = files::open(&path)?;
    match end_of(&mut file).map_err(StateError::file(&path))? {
        (Some(line), rest) if rest.is_empty() => resume(&path, &line).map(Some),
        _ => Err(unsound(&path, "it has no end")),
    }
}

fn resume(path: &Path, line: &[u8]) -> Result<Chain, StateError> {
    let line = std::str::from_utf8(line).map_err(|_| unsound(path, "not UTF-8"))?;
    Chain::resume(line).map_err(|cause| StateError::Audit { path: path.to_owned(), cause })
}

fn unsound(path: &Path, why: &str) -> StateError {
    StateError::Audit { path: path.to_owned(), cause: ChainError::LastLine(why.to_owned()) }
}

/// The last whole line, without its line feed, and what follows it.
fn end_of(file: &mut File) -> std::io::Result<(Option<Vec<u8>>, Vec<u8>)> {
    let length = file.metadata()?.len();
    let mut window = 1 << 16;
    loop {
        let start = length.saturating_sub(window);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let feeds: Vec<usize> = bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .map(|(at, _)| at)
            .collect();
        match feeds[..] {
            [.., before, last] => {
                return Ok((Some(bytes[before + 1..last].to_vec()), bytes[last + 1..].to_vec()));
            }
            [last] if start == 0 => {
                return Ok((Some(bytes[..last].to_vec()), bytes[last + 1..].to_vec()));
            }
            [] if start == 0 => return Ok((None, bytes)),
            _ => window *= 4,
        }
    }
}

fn set_aside(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    let aside = path.with_extension("jsonl.torn");
    appending()
        .open(&aside)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.write_all(b"\n")?;
            file.sync_all()
        })
        .map_err(StateError::file(&aside))
}

fn cut(file: &File, bytes: u64) -> std::io::Result<()> {
    file.set_len(file.metadata()?.len().saturating_sub(bytes))?;
    file.sync_all()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests do to files what a crash would")]
mod tests {
    use std::io::Write as _;

    use jiff::Timestamp;

    use super::{appending, end_of};
    use crate::audit::{Change, Entry, Event, RunStart, Verifier};
    use crate::cli::files::tests::Folder;
    use crate::cli::state::{StateError, StateFolder};

    /// A run of a start and `changes` changes; returns the head.
    fn run(state: &StateFolder, changes: usize) -> Result<String, StateError> {
        let mut log = state.audit("prod")?;
        let start = Event::Start(RunStart::default());
        let events = (0..changes).map(|_| Event::Change(Change::default()));
        for event in std::iter::once(start).chain(events) {
            let entry = Entry {
                time: Timestamp::UNIX_EPOCH,
                run: "r1".to_owned(),
                actor: "ana".to_owned(),
                tenant: "prod".to_owned(),
                commit: None,
                plan_hash: None,
                event,
            };
            let line = log.line(entry).unwrap();
            log.write(&line).unwrap();
        }
        assert_eq!(*log.synced().borrow(), state.audit_files("prod").last_number().unwrap());
        Ok(log.head().to_owned())
    }

    /// How many lines each file has; all of them must be one whole chain with this head.
    fn lines(state: &StateFolder, head: &str) -> Vec<usize> {
        let mut verifier = Verifier::new(Some(head));
        let mut counts = Vec::new();
        for file in state.audit_files("prod").all().unwrap() {
            let text = std::fs::read(file).unwrap();
            verifier.part(false);
            text.split_inclusive(|byte| *byte == b'\n').for_each(|line| verifier.line(line));
            counts.push(text.iter().filter(|byte| **byte == b'\n').count());
        }
        assert_eq!(verifier.end().problems, []);
        counts
    }

    #[test]
    fn the_chain_goes_on_after_a_rotation() {
        let folder = Folder::new("rotation");
        let state = StateFolder::new(folder.path()).rotating(2000);
        let heads: Vec<String> = (0..6).map(|_| run(&state, 2).unwrap()).collect();
        // A run is never divided: it is looked at its start.
        assert_eq!(lines(&state, &heads[5]), [6, 6, 6]);
        for head in &heads {
            lines(&state, head);
        }
        assert_eq!(state.audit_files("prod").last_number().unwrap(), 18);
        let names = ["prod.000001.jsonl", "prod.000002.jsonl", "prod.jsonl"];
        for name in names {
            assert!(folder.path().join("audit").join(name).exists(), "{name}");
        }
    }

    #[test]
    fn a_rotation_may_be_interrupted_anywhere() {
        let check = |name: &str, crash: &dyn Fn(&std::path::Path), expect: &[usize]| {
            let folder = Folder::new(name);
            let state = StateFolder::new(folder.path()).rotating(2000);
            run(&state, 5).unwrap();
            crash(&folder.path().join("audit"));
            let head = run(&state, 1).unwrap();
            assert_eq!(lines(&state, &head), expect, "{name}");
        };
        let rename = |audit: &std::path::Path| {
            std::fs::rename(audit.join("prod.jsonl"), audit.join("prod.000001.jsonl")).unwrap();
        };
        check("before", &|_| {}, &[6, 2]);
        check("renamed", &rename, &[6, 2]);
        let created = |audit: &std::path::Path| {
            rename(audit);
            std::fs::write(audit.join("prod.jsonl"), "").unwrap();
        };
        check("created", &created, &[6, 2]);
        let torn = |audit: &std::path::Path| {
            rename(audit);
            std::fs::write(audit.join("prod.jsonl"), "{\"act").unwrap();
        };
        check("torn-after", &torn, &[6, 2]);
    }

    #[test]
    fn a_run_does_not_go_on_after_an_unsound_part() {
        let folder = Folder::new("unsound-part");
        let state = StateFolder::new(folder.path()).rotating(1);
        run(&state, 1).unwrap();
        run(&state, 1).unwrap();
        let part = folder.path().join("audit/prod.000001.jsonl");
        std::fs::remove_file(folder.path().join("audit/prod.jsonl")).unwrap();
        let whole = std::fs::read(&part).unwrap();
        for broken in [&b""[..], &whole[..whole.len() - 1], b"{}\n"] {
            std::fs::write(&part, broken).unwrap();
            let error = run(&state, 1).unwrap_err();
            assert!(matches!(error, StateError::Audit { .. }), "{error}");
            assert!(error.to_string().contains("prod.000001.jsonl cannot go on"), "{error}");
        }
    }

    #[test]
    fn the_last_line_is_found_however_long() {
        let folder = Folder::new("end");
        let check = |name: &str, content: &str, last: Option<&str>, torn: &str| {
            let mut file = appending().open(folder.path().join(name)).unwrap();
            file.write_all(content.as_bytes()).unwrap();
            let (found, rest) = end_of(&mut file).unwrap();
            assert!(found.as_deref() == last.map(str::as_bytes), "{name}");
            assert!(rest == torn.as_bytes(), "{name}");
        };
        let long = "x".repeat(300_000);
        check("empty", "", None, "");
        check("torn", "a", None, "a");
        check("one", "a\n", Some("a"), "");
        check("two", "a\nb\n", Some("b"), "");
        check("two-torn", "a\nb\nc", Some("b"), "c");
        check("long", &format!("{long}\n"), Some(&long), "");
        check("long-last", &format!("a\n{long}\n"), Some(&long), "");
        check("long-torn", &format!("a\nb\n{long}"), Some("b"), &long);
    }
}
