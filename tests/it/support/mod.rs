//! What the tests share: the program in this process, folders of their own, the repository's files.

#[cfg(feature = "browser-tests")]
pub(crate) mod chromium;
pub(crate) mod clones;
mod folder;
pub(crate) mod port;
pub(crate) mod siem;
#[cfg(feature = "sshd-tests")]
pub(crate) mod sshd;
mod steady;
pub(crate) mod tls;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use cxform::cli::console::Console;
use cxform::cli::environment::Environment;
use cxform::cli::execute;

pub(crate) use folder::Folder;
pub(crate) use steady::told_steadily;

/// The repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder of the repository: its path from the root, and its text.
pub(crate) fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                files.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// What a command printed and how it ended.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: u8,
}

/// Runs a command line in this process, without a terminal.
pub(crate) fn cxform(cwd: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let (out, err) = (Captured::default(), Captured::default());
    let mut console = Console::of_streams(out.clone(), err.clone(), None);
    let environment: Environment =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let line = std::iter::once("cxform").chain(arguments.iter().copied());
    let exit = execute(line.map(Into::into), environment, &mut console, cwd.to_owned());
    Ran { out: out.text(), err: err.text(), code: exit.code() }
}

/// A stream that keeps what is written to it.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
