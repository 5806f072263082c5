//! A tenant's audit on the disk.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::{StateError, appending};
use crate::audit::{Chain, ChainError, Entry, Event, Torn};
use crate::cli::files::sync_folder;
use crate::model::digest_of;

/// A tenant's audit, ready for the next entry.
#[derive(Debug)]
pub struct AuditLog {
    file: File,
    path: PathBuf,
    chain: Chain,
    torn: Option<Torn>,
}

impl AuditLog {
    /// Opens or creates the audit `path` and takes up its chain. Bytes after the last whole line
    /// are a crash's: they move to a file beside it, `….torn`, and the next run's start entry
    /// tells.
    pub(super) fn open(path: &Path) -> Result<Self, StateError> {
        let mut file = appending().open(path).map_err(StateError::file(path))?;
        let (last, torn_bytes) = end_of(&mut file).map_err(StateError::file(path))?;
        let chain = match last {
            None => Chain::start(),
            Some(line) => String::from_utf8(line)
                .map_err(|_| ChainError::LastLine("not UTF-8".to_owned()))
                .and_then(|line| Chain::resume(&line))
                .map_err(|cause| StateError::Audit { path: path.to_owned(), cause })?,
        };
        let mut torn = None;
        if !torn_bytes.is_empty() {
            torn = Some(Torn { bytes: torn_bytes.len() as u64, digest: digest_of(&torn_bytes) });
            set_aside(path, &torn_bytes)?;
            cut(&file, torn_bytes.len() as u64).map_err(StateError::file(path))?;
        }
        if let Some(folder) = path.parent() {
            sync_folder(folder).map_err(StateError::file(folder))?;
        }
        Ok(Self { file, path: path.to_owned(), chain, torn })
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
        self.file.sync_data()
    }
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
mod tests {
    use std::io::Write as _;

    use super::{appending, end_of};
    use crate::cli::files::tests::Folder;

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
