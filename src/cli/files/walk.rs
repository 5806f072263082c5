//! Manifests on the disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{FileError, read_text, relative};
use crate::cli::project::FILE_NAME;

/// One manifest file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name in messages: from the working directory, with forward slashes.
    pub name: String,
    /// Where it is, absolute.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

/// Reads every manifest under `paths`, in their order; each file once.
///
/// A folder gives its `.yaml` and `.yml` files and those of its folders, sorted by name, without
/// hidden ones and without the project file; a file that is named itself is read whatever its name.
///
/// # Errors
/// A path does not exist, a folder or file cannot be read, or a file is not UTF-8.
pub fn read_manifests(paths: &[PathBuf], cwd: &Path) -> Result<Vec<SourceFile>, FileError> {
    let read = |path: PathBuf| {
        let (name, text) = (relative(&path, cwd), read_text(&path)?);
        Ok(SourceFile { name, path, text })
    };
    Walk::over(paths, cwd)?.files.into_iter().map(read).collect()
}

/// Whether every manifest under `listed` is one of those under `paths`.
///
/// # Errors
/// A path does not exist, or a folder cannot be read.
pub fn are_read_by(listed: &[PathBuf], paths: &[PathBuf], cwd: &Path) -> Result<bool, FileError> {
    let is_file = |path: &PathBuf| !path.is_dir();
    let read = Walk::over(paths, cwd)?.seen;
    let listed = Walk::over(listed, cwd)?.seen;
    Ok(listed.iter().filter(|path| is_file(path)).all(|file| read.contains(file)))
}

#[derive(Default)]
struct Walk {
    /// The true paths of the files and folders that were visited: symlinks may lead in circles.
    seen: BTreeSet<PathBuf>,
    files: Vec<PathBuf>,
}

impl Walk {
    fn over(paths: &[PathBuf], cwd: &Path) -> Result<Self, FileError> {
        let mut walk = Self::default();
        for path in paths {
            walk.visit(&cwd.join(path))?;
        }
        Ok(walk)
    }

    fn visit(&mut self, path: &Path) -> Result<(), FileError> {
        let real = path.canonicalize().map_err(FileError::read(path))?;
        if !self.seen.insert(real) {
            return Ok(());
        }
        if path.is_dir() {
            for entry in entries(path)? {
                if entry.is_dir() || is_manifest(&entry) {
                    self.visit(&entry)?;
                }
            }
        } else {
            self.files.push(path.to_owned());
        }
        Ok(())
    }
}

/// What is in a folder and not hidden, sorted.
#[allow(clippy::disallowed_methods, reason = "this is the one home of file access")]
fn entries(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(FileError::read(folder))? {
        let entry = entry.map_err(FileError::read(folder))?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn is_manifest(path: &Path) -> bool {
    // A pipe or a socket would wait for ever. A symlink that leads nowhere is an error later.
    let is_special = path.metadata().is_ok_and(|data| !data.is_file());
    is_named_so(path) && !is_special
}

/// Whether a folder that is read has this file, by its path from there, among its manifests.
#[must_use]
pub fn is_listed(path: &Path) -> bool {
    let is_hidden = |part: &std::ffi::OsStr| part.as_encoded_bytes().starts_with(b".");
    is_named_so(path) && !path.iter().any(is_hidden)
}

fn is_named_so(path: &Path) -> bool {
    let is_yaml = path.extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml")
    });
    is_yaml && path.file_name().is_none_or(|name| name != FILE_NAME)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{are_read_by, read_manifests};
    use crate::cli::files::tests::Folder;

    fn check(folder: &Folder, paths: &[&str], expect: &[&str]) {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        let files = read_manifests(&paths, folder.path()).unwrap();
        let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, expect);
    }

    #[test]
    fn manifests_of_a_folder() {
        let folder = Folder::new("walk");
        for name in
            ["b.yaml", "a/z.yml", "a/.hidden.yaml", ".git/x.yaml", "c.txt", "a.YAML", "cxform.yaml"]
        {
            folder.put(name, name);
        }
        check(&folder, &["."], &["a/z.yml", "a.YAML", "b.yaml"]);
        check(&folder, &["b.yaml", "."], &["b.yaml", "a/z.yml", "a.YAML"]);
        check(&folder, &["a/../b.yaml", "./b.yaml"], &["b.yaml"]);
        check(&folder, &["c.txt", "a/.hidden.yaml"], &["c.txt", "a/.hidden.yaml"]);
        let error = read_manifests(&["nowhere".into()], folder.path()).unwrap_err();
        assert!(error.to_string().contains("nowhere cannot be read: "), "{error}");
    }

    #[test]
    fn what_is_left_out_is_noticed() {
        let folder = Folder::new("whole");
        for name in ["base/a.yaml", "base/deep/b.yaml", "base/notes.txt", "prod/c.yaml", "x.yaml"] {
            folder.put(name, "");
        }
        let check = |paths: &[&str], expect: bool| {
            let [listed, paths] = [&["base", "prod"][..], paths]
                .map(|paths| paths.iter().map(PathBuf::from).collect::<Vec<_>>());
            let are_read = are_read_by(&listed, &paths, folder.path()).unwrap();
            assert_eq!(are_read, expect, "{paths:?}");
        };
        check(&["."], true);
        check(&["prod", "./base/../base"], true);
        check(&["prod/c.yaml", "base/deep/b.yaml", "base/a.yaml"], true);
        check(&["base"], false);
        check(&["prod", "base/deep"], false);
        check(&["prod", "base/a.yaml", "x.yaml"], false);
    }

    #[cfg(unix)]
    #[test]
    fn symlinks_neither_loop_nor_repeat() {
        let folder = Folder::new("loop");
        folder.put("a/x.yaml", "");
        std::os::unix::fs::symlink("..", folder.path().join("a/up")).unwrap();
        std::os::unix::fs::symlink("a/x.yaml", folder.path().join("y.yaml")).unwrap();
        check(&folder, &["."], &["a/x.yaml"]);
        std::os::unix::fs::symlink("nowhere", folder.path().join("z.yaml")).unwrap();
        let error = read_manifests(&[".".into()], folder.path()).unwrap_err();
        assert!(error.to_string().contains("z.yaml cannot be read: "), "{error}");
    }
}
