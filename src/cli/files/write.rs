//! Writing so that a reader sees the old file or the new one, never half of it.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::FileError;
use crate::cli::console::Console;

/// Who may read a file that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only the user (mode 0600): plans, state.
    Private,
    /// As before, or as new files of this user are: manifests, schemas, reports.
    Shared,
}

/// Writes what `--out FILE` asks for: `-` is standard output.
///
/// # Errors
/// The file or standard output cannot be written.
pub fn write_out(
    path: &Path,
    content: Content<'_>,
    access: Access,
    console: &mut Console,
) -> Result<(), FileError> {
    if path == Path::new("-") {
        return Ok(console.stream(content)?);
    }
    write_with(path, content, access)
}

/// What writes a file's content, however long that is, into a buffer of its own.
pub type Content<'a> = &'a dyn Fn(&mut dyn Write) -> std::io::Result<()>;

/// Writes a whole file at once: a temporary file in the same folder, synced, takes its name. A
/// symlink stays and what it names is written; a device or pipe is written directly.
///
/// # Errors
/// The file cannot be written; then the old one is still there.
pub fn write(path: &Path, content: &[u8], access: Access) -> Result<(), FileError> {
    write_with(path, &|out| out.write_all(content), access)
}

/// As [`write()`], of a content that is made while it is written.
///
/// # Errors
/// The file cannot be written; then the old one is still there.
pub fn write_with(path: &Path, content: Content<'_>, access: Access) -> Result<(), FileError> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let written = match target.metadata() {
        // `/dev/stdout` may be a file that the shell holds open: it must not be replaced.
        _ if path.starts_with("/dev") => write_device(path, content),
        Ok(data) if data.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(data) if !data.is_file() => write_device(&target, content),
        Ok(data) => replace(&target, content, access, Some(data.permissions())),
        Err(_) => replace(&target, content, access, None),
    };
    written.map_err(FileError::write(path))
}

/// Writes a file that is not there yet.
///
/// # Errors
/// It is there already, or cannot be written.
pub fn write_new(path: &Path, content: Content<'_>) -> Result<(), FileError> {
    let put = || {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        let mut file = BufWriter::new(file);
        content(&mut file)?;
        file.flush()
    };
    put().map_err(FileError::write(path))
}

/// Opens a file that is written while things happen; what a file held before is gone.
///
/// # Errors
/// It cannot be written.
pub fn create(path: &Path) -> Result<File, FileError> {
    let is_special = path.metadata().is_ok_and(|data| !data.is_file() && !data.is_dir());
    let mut options = OpenOptions::new();
    match path.starts_with("/dev") || is_special {
        true => options.append(true),
        false => options.write(true).create(true).truncate(true),
    };
    options.open(path).map_err(FileError::write(path))
}

/// Adds to the end of a file, which is made where there is none.
///
/// # Errors
/// It cannot be written.
pub fn append(path: &Path, text: &str) -> Result<(), FileError> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(FileError::write(path))
}

/// How many bytes a file has; none where it is not there.
#[must_use]
pub fn length(path: &Path) -> usize {
    path.metadata().map_or(0, |data| usize::try_from(data.len()).unwrap_or(usize::MAX))
}

fn write_device(path: &Path, content: Content<'_>) -> std::io::Result<()> {
    let mut device = BufWriter::new(OpenOptions::new().append(true).open(path)?);
    content(&mut device)?;
    device.flush()
}

fn replace(
    path: &Path,
    content: Content<'_>,
    access: Access,
    before: Option<Permissions>,
) -> std::io::Result<()> {
    let (file, temporary) = temporary_beside(path, access)?;
    let put = || {
        let mut buffer = BufWriter::new(&file);
        content(&mut buffer)?;
        buffer.flush()?;
        if let (Access::Shared, Some(permissions)) = (access, before) {
            file.set_permissions(permissions)?;
        }
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    if let Err(error) = put() {
        // The error that matters is the first one.
        let _ = std::fs::remove_file(&temporary);
        return Err(error);
    }
    sync_folder(folder_of(path))
}

/// A new file in the folder of `path`, which must be there.
fn temporary_beside(path: &Path, access: Access) -> std::io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_string_lossy();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::Private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut number = 0_u32;
    loop {
        let temporary = path.with_file_name(format!(".{name}.{}-{number}", std::process::id()));
        match options.open(&temporary) {
            // A crash of a process with our number may have left one.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < 1000 => number += 1,
            opened => return Ok((opened?, temporary)),
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes the names in a folder durable, where the system lets folders be synced.
#[allow(clippy::disallowed_methods, reason = "this is the one home of file access")]
pub(in crate::cli) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {

    use super::{Access, create, write, write_new};
    use crate::cli::files::tests::Folder;

    #[cfg(unix)]
    fn mode(path: &std::path::Path) -> u32 {
        std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777
    }

    #[test]
    fn the_whole_file_or_none() {
        let folder = Folder::new("write");
        let path = folder.path().join("plan.json");
        write(&path, b"one", Access::Private).unwrap();
        write(&path, b"two", Access::Private).unwrap();
        assert_eq!(folder.get("plan.json"), "two");
        assert_eq!(folder.names(), ["plan.json"]);
        let error = write(&folder.path().join("no/plan.json"), b"", Access::Private).unwrap_err();
        assert!(error.to_string().contains("no/plan.json cannot be written: No such"), "{error}");
        let error = write(folder.path(), b"", Access::Private).unwrap_err();
        assert!(error.to_string().contains("is a directory"), "{error}");
        assert_eq!(folder.names(), ["plan.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn private_files_are_private_and_shared_ones_stay_as_they_were() {
        let folder = Folder::new("mode");
        let path = folder.put("a", "");
        let before = mode(&path);
        write(&path, b"x", Access::Shared).unwrap();
        assert_eq!(mode(&path), before);
        write(&path, b"x", Access::Private).unwrap();
        assert_eq!(mode(&path), 0o600);
        std::os::unix::fs::symlink("a", folder.path().join("link")).unwrap();
        write(&folder.path().join("link"), b"through", Access::Private).unwrap();
        assert_eq!(folder.get("a"), "through");
        assert!(folder.path().join("link").is_symlink());
    }

    #[test]
    fn a_new_file_takes_nothing_from_an_old_one() {
        let folder = Folder::new("new");
        let path = folder.path().join("a");
        write_new(&path, &|to| write!(to, "one, two")).unwrap();
        assert_eq!(folder.get("a"), "one, two");
        let error = write_new(&path, &|to| to.write_all(b"three")).unwrap_err().to_string();
        assert!(error.ends_with("a cannot be written: File exists (os error 17)"), "{error}");
        assert_eq!(folder.get("a"), "one, two");
    }

    #[test]
    fn a_file_that_is_written_while_things_happen() {
        use std::io::Write as _;
        let folder = Folder::new("create");
        folder.put("events", "what an earlier run left");
        let path = folder.path().join("events");
        create(&path).unwrap().write_all(b"one\n").unwrap();
        assert_eq!(folder.get("events"), "one\n");
        let error = create(&folder.path().join("no/events")).unwrap_err().to_string();
        assert!(error.contains("no/events cannot be written: No such"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn devices_are_written_directly() {
        write("/dev/null".as_ref(), b"x", Access::Private).unwrap();
        let error = write("/dev/full".as_ref(), b"x", Access::Private).unwrap_err();
        assert!(error.to_string().starts_with("/dev/full cannot be written: No space"), "{error}");
    }
}
