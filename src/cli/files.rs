//! Files: the only user of the file system beside the state folder.

mod walk;
mod write;

use std::path::{Path, PathBuf};

pub use walk::{SourceFile, are_read_by, is_listed, read_manifests};
pub(super) use write::sync_folder;
pub use write::{Access, Content, append, create, length, write, write_new, write_out, write_with};

use super::console::ConsoleError;

/// A file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{} cannot be read: {cause}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// It is not UTF-8.
    #[error("{} is not UTF-8: the byte at offset {offset} does not belong there", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The offset of the first wrong byte, from 0.
        offset: usize,
    },
    /// It cannot be written.
    #[error("{} cannot be written: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Standard output cannot be written.
    #[error(transparent)]
    Console(#[from] ConsoleError),
}

impl FileError {
    fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |cause| Self::Read { path: path.to_owned(), cause }
    }

    fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |cause| Self::Write { path: path.to_owned(), cause }
    }
}

/// The bytes of a file.
///
/// # Errors
/// The file cannot be read.
#[allow(clippy::disallowed_methods, reason = "this is the one home of file access")]
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(FileError::read(path))
}

/// A file to be read piece by piece.
///
/// # Errors
/// It cannot be opened.
#[allow(clippy::disallowed_methods, reason = "this is the one home of file access")]
pub fn open(path: &Path) -> Result<std::fs::File, FileError> {
    std::fs::File::open(path).map_err(FileError::read(path))
}

/// The text of a file.
///
/// # Errors
/// The file cannot be read, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    String::from_utf8(read_bytes(path)?).map_err(|error| FileError::NotUtf8 {
        path: path.to_owned(),
        offset: error.utf8_error().valid_up_to(),
    })
}

/// Removes a file; false where it was not there.
///
/// # Errors
/// It is there and cannot be removed.
pub fn remove(path: &Path) -> Result<bool, FileError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(FileError::write(path)(error)),
    }
}

/// When a file was written last, to the second; none where that cannot be told.
#[must_use]
pub fn modified(path: &Path) -> Option<jiff::Timestamp> {
    let time = path.metadata().ok()?.modified().ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    jiff::Timestamp::from_second(i64::try_from(since.as_secs()).ok()?).ok()
}

/// Creates the folder that a file is to stand in.
///
/// # Errors
/// It cannot be created.
#[allow(clippy::disallowed_methods, reason = "this is the one home of files")]
pub fn create_folder_of(file: &Path) -> Result<(), FileError> {
    let Some(folder) = file.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(FileError::write(folder))
}

/// Whether nothing is in the way of a new folder: nothing has its path, or an empty folder has.
///
/// # Errors
/// The folder cannot be read.
pub fn is_vacant(folder: &Path) -> Result<bool, FileError> {
    if !folder.is_dir() {
        return Ok(!folder.exists());
    }
    let mut entries = std::fs::read_dir(folder).map_err(FileError::read(folder))?;
    Ok(entries.next().is_none())
}

/// The names of what is in a folder; none where it cannot be read.
#[must_use]
pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// `path` as seen from `from`, both absolute, with forward slashes; `.` where they are the same.
#[must_use]
pub fn relative(path: &Path, from: &Path) -> String {
    let (path, from) = (lexical(path), lexical(from));
    let same = path.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    if same == 0 {
        return path.display().to_string();
    }
    let up = from.components().skip(same).map(|_| "..".to_owned());
    let down = path.components().skip(same).map(|c| c.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<_> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// A path without `.` and `..`, as far as that can be told without looking at the disk.
fn lexical(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::{Path, PathBuf};

    use super::{is_vacant, read_text, relative};

    /// A folder for one test, gone when it is dropped.
    pub(in crate::cli) struct Folder(PathBuf);

    #[allow(clippy::disallowed_methods, reason = "tests put files where they look for them")]
    impl Folder {
        pub(in crate::cli) fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("cxform-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir_all(&path).unwrap();
            Self(path.canonicalize().unwrap())
        }

        pub(in crate::cli) fn path(&self) -> &Path {
            &self.0
        }

        pub(in crate::cli) fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
            let path = self.0.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, content).unwrap();
            path
        }

        pub(in crate::cli) fn get(&self, name: &str) -> String {
            std::fs::read_to_string(self.0.join(name)).unwrap()
        }

        pub(in crate::cli) fn names(&self) -> Vec<String> {
            let entries = std::fs::read_dir(&self.0).unwrap();
            let name = |e: std::io::Result<std::fs::DirEntry>| e.unwrap().file_name();
            let mut names: Vec<_> = entries.map(|e| name(e).into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_wrong_byte_is_named() {
        let folder = Folder::new("utf8");
        let path = folder.put("a.yaml", b"key: \xff\n");
        let error = read_text(&path).unwrap_err().to_string();
        assert!(error.ends_with("is not UTF-8: the byte at offset 5 does not belong there"));
        let error = read_text(&folder.path().join("none")).unwrap_err().to_string();
        assert!(error.contains("none cannot be read: No such file"), "{error}");
    }

    #[test]
    fn what_is_in_the_way() {
        let folder = Folder::new("vacant");
        let check = |path: &Path, expect: bool| assert_eq!(is_vacant(path).unwrap(), expect);
        check(folder.path(), true);
        check(&folder.path().join("none"), true);
        let file = folder.put("file", "");
        check(folder.path(), false);
        check(&file, false);
    }

    #[test]
    fn names_are_told_from_the_working_directory() {
        let check = |path: &str, from: &str, expect: &str| {
            assert_eq!(relative(Path::new(path), Path::new(from)), expect);
        };
        check("/w/a/b.yaml", "/w", "a/b.yaml");
        check("/w/a/./c/../b.yaml", "/w/", "a/b.yaml");
        check("/w/b.yaml", "/w/deep/er", "../../b.yaml");
        check("/w", "/w", ".");
        check("/x/b.yaml", "/w", "../x/b.yaml");
    }
}
