//! What waits for a sink: the audit itself from where a cursor beside it says. Nothing is stored
//! twice.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::audit::GENESIS;
use crate::cli::files::{self, Access, FileError};
use crate::cli::state::AuditFiles;

/// From how many bytes on a batch gets no further line.
const LARGE: usize = 1 << 20;

/// The last line that a sink has got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    seq: u64,
    hash: String,
}

/// What links a line.
#[derive(Deserialize)]
struct Mark {
    seq: u64,
    prev: String,
    hash: String,
}

/// The lines that wait for one sink, in their order.
pub(super) struct Spool {
    /// The file that is read and those after it, the next one last.
    files: Vec<PathBuf>,
    reader: Option<BufReader<File>>,
    /// The number of the last line that was read.
    read: u64,
    cursor: Cursor,
    cursor_file: PathBuf,
    /// Whether what the sink got last is not in the audit, so that all is delivered again.
    pub(super) is_anew: bool,
}

/// Lines for one request.
pub(super) struct Batch {
    /// NDJSON.
    pub(super) lines: String,
    pub(super) count: u64,
    end: Cursor,
}

impl Spool {
    /// The lines of an audit that a sink has not got. Where the line that it got last is not in
    /// the audit any more, or is another one, these are all of it.
    pub(super) fn open(audit: &AuditFiles, sink: &str) -> anyhow::Result<Self> {
        let cursor_file = audit.cursor(sink);
        let text = match files::read_text(&cursor_file) {
            Err(FileError::Read { cause, .. }) if cause.kind() == ErrorKind::NotFound => None,
            text => Some(text?),
        };
        let start = Cursor { seq: 0, hash: GENESIS.to_owned() };
        let cursor = match &text {
            Some(text) => serde_json::from_str(text).ok(),
            None => Some(start.clone()),
        };
        let all = audit.all()?;
        let mut spool = Self {
            files: Vec::new(),
            reader: None,
            read: 0,
            cursor: start,
            cursor_file,
            is_anew: false,
        };
        if let Some(cursor) = cursor
            && spool.go_to(&all, &cursor)?
        {
            spool.read = cursor.seq;
            spool.cursor = cursor;
        } else {
            spool.begin_at(&all);
            spool.is_anew = true;
        }
        Ok(spool)
    }

    /// The next lines, as many as a request may have, none after line `upto`; none where all were
    /// read.
    pub(super) fn next(&mut self, most: usize, upto: u64) -> anyhow::Result<Option<Batch>> {
        let mut batch = Batch { lines: String::new(), count: 0, end: self.cursor.clone() };
        while self.read < upto
            && batch.count < most as u64
            && batch.lines.len() < LARGE
            && let Some((line, mark)) = self.line()?
        {
            self.read = mark.seq;
            batch.end = Cursor { seq: mark.seq, hash: mark.hash };
            batch.lines.push_str(&line);
            batch.count += 1;
        }
        Ok((batch.count > 0).then_some(batch))
    }

    /// The sink has got a batch.
    pub(super) fn taken(&mut self, batch: Batch) -> Result<(), FileError> {
        self.cursor = batch.end;
        let text = serde_json::json!(self.cursor).to_string();
        files::write(&self.cursor_file, text.as_bytes(), Access::Private)
    }

    /// The number of the last line that the sink has got.
    pub(super) fn delivered(&self) -> u64 {
        self.cursor.seq
    }

    /// Goes to the line after a cursor; false where its line is not there.
    fn go_to(&mut self, all: &[PathBuf], cursor: &Cursor) -> anyhow::Result<bool> {
        for first in (0..all.len()).rev() {
            self.begin_at(&all[first..]);
            let Ok(Some((_, mark))) = self.line() else { continue };
            // The part with the line itself may have been put away since.
            if mark.seq == cursor.seq.saturating_add(1) && mark.prev == cursor.hash {
                self.begin_at(&all[first..]);
                return Ok(true);
            }
            if mark.seq > cursor.seq {
                continue;
            }
            let mut mark = mark;
            while mark.seq < cursor.seq {
                match self.line()? {
                    Some((_, next)) => mark = next,
                    None => return Ok(false),
                }
            }
            return Ok(mark.seq == cursor.seq && mark.hash == cursor.hash);
        }
        self.begin_at(all);
        Ok(cursor.seq == 0)
    }

    fn begin_at(&mut self, files: &[PathBuf]) {
        self.files = files.iter().rev().cloned().collect();
        self.reader = None;
    }

    /// The next line with its line feed, over the ends of files; none at the end.
    fn line(&mut self) -> anyhow::Result<Option<(String, Mark)>> {
        loop {
            let Some(path) = self.files.last().cloned() else { return Ok(None) };
            let reader = match &mut self.reader {
                Some(reader) => reader,
                None if path.exists() => self.reader.insert(BufReader::new(files::open(&path)?)),
                None => return Ok(None),
            };
            let mut line = String::new();
            let read = reader.read_line(&mut line).with_context(|| told(&path))?;
            if line.ends_with('\n') {
                let mark = serde_json::from_str(&line).with_context(|| told(&path))?;
                return Ok(Some((line, mark)));
            }
            if read > 0 || self.files.len() == 1 {
                return Ok(None);
            }
            self.files.pop();
            self.reader = None;
        }
    }
}

fn told(path: &Path) -> String {
    format!("a line of {} cannot be read: see `cxform audit verify`", path.display())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests move files as an administrator would")]
mod tests {
    use jiff::Timestamp;

    use super::Spool;
    use crate::audit::{Chain, Change, Entry, Event};
    use crate::cli::files::tests::Folder;
    use crate::cli::state::{AuditFiles, StateFolder};

    /// Writes one chain, so many lines a file.
    fn written(folder: &Folder, name: &str, files: &[(&str, usize)]) -> AuditFiles {
        let mut chain = Chain::start();
        for (file, count) in files {
            let line = |_| {
                let entry = Entry {
                    time: Timestamp::UNIX_EPOCH,
                    run: name.to_owned(),
                    actor: "ana".to_owned(),
                    tenant: "t".to_owned(),
                    commit: None,
                    plan_hash: None,
                    event: Event::Change(Change::default()),
                };
                chain.append(&entry).unwrap() + "\n"
            };
            let lines: String = (0..*count).map(line).collect();
            folder.put(&format!("audit/{file}"), lines);
        }
        StateFolder::new(folder.path()).audit_files("t")
    }

    /// Takes all batches; the number of the last line of each.
    fn take(audit: &AuditFiles, most: usize, upto: u64) -> (Vec<u64>, bool) {
        let mut spool = Spool::open(audit, "siem").unwrap();
        let mut ends = Vec::new();
        while let Some(batch) = spool.next(most, upto).unwrap() {
            assert_eq!(batch.lines.lines().count() as u64, batch.count);
            spool.taken(batch).unwrap();
            ends.push(spool.delivered());
        }
        (ends, spool.is_anew)
    }

    #[test]
    fn lines_come_in_batches_over_parts_and_only_once() {
        let folder = Folder::new("spool");
        let audit =
            written(&folder, "a", &[("t.000001.jsonl", 3), ("t.000002.jsonl", 2), ("t.jsonl", 5)]);
        assert_eq!(take(&audit, 4, 6), (vec![4, 6], false));
        assert_eq!(take(&audit, 4, 6), (vec![], false));
        assert_eq!(take(&audit, 4, 10), (vec![10], false));
        assert_eq!(take(&audit, 4, 10), (vec![], false));
    }

    #[test]
    fn what_was_not_taken_comes_again() {
        let folder = Folder::new("spool-again");
        let audit = written(&folder, "a", &[("t.jsonl", 5)]);
        let mut spool = Spool::open(&audit, "siem").unwrap();
        assert_eq!(spool.next(2, 5).unwrap().unwrap().count, 2);
        assert_eq!(spool.delivered(), 0);
        assert_eq!(take(&audit, 9, 5), (vec![5], false));
        assert_eq!(take(&written(&folder, "a", &[("t.jsonl", 7)]), 9, 7), (vec![7], false));
    }

    #[test]
    fn parts_that_were_delivered_may_be_put_away() {
        let folder = Folder::new("spool-away");
        let files = [("t.000001.jsonl", 3), ("t.jsonl", 3)];
        let audit = written(&folder, "a", &files);
        let away = || std::fs::remove_file(folder.path().join("audit/t.000001.jsonl")).unwrap();
        assert_eq!(take(&audit, 9, 3), (vec![3], false));
        away();
        assert_eq!(take(&audit, 9, 6), (vec![6], false));
        assert_eq!(take(&audit, 9, 6), (vec![], false));
    }

    #[test]
    fn another_audit_is_delivered_whole() {
        let check = |name: &str, other: &dyn Fn(&Folder), expect: &[u64]| {
            let folder = Folder::new(name);
            let audit = written(&folder, "a", &[("t.000001.jsonl", 3), ("t.jsonl", 3)]);
            take(&audit, 9, 5);
            other(&folder);
            assert_eq!(take(&audit, 9, 6), (expect.to_vec(), true), "{name}");
            assert_eq!(take(&audit, 9, 6), (vec![], false), "{name}");
        };
        check("anew", &|f| drop(written(f, "b", &[("t.000001.jsonl", 3), ("t.jsonl", 3)])), &[6]);
        let shorter = |folder: &Folder| {
            std::fs::remove_file(folder.path().join("audit/t.000001.jsonl")).unwrap();
            written(folder, "b", &[("t.jsonl", 2)]);
        };
        check("shorter", &shorter, &[2]);
        check("damaged", &|f| drop(f.put("audit/t.sink-siem.json", "{\"seq\":")), &[6]);
    }

    #[test]
    fn a_line_that_is_none_stops_it() {
        let folder = Folder::new("spool-none");
        let audit = written(&folder, "a", &[("t.jsonl", 2)]);
        let whole = folder.get("audit/t.jsonl");
        folder.put("audit/t.jsonl", format!("{whole}nothing\n"));
        let mut spool = Spool::open(&audit, "siem").unwrap();
        let error = spool.next(9, 4).err().unwrap().to_string();
        assert!(error.contains("t.jsonl cannot be read: see `cxform audit verify`"), "{error}");
    }
}
