//! Manifests of a commit, read from git's objects: no work tree is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::super::context::{Texts, stays_beside};
use super::super::exit::UsageError;
use super::super::files::is_listed;
use super::super::settings::Settings;
use super::super::state::{Git, GitError};
use crate::kinds::manifest_kinds;
use crate::manifest;

/// How many objects one call of git is asked for: their names fit into a pipe, so that git never
/// waits for us while we wait for it.
const AT_ONCE: usize = 500;

/// The repository of the manifests.
pub(super) struct Repository {
    git: Git,
    /// Its work tree's folder.
    top: PathBuf,
}

/// What a tree has at a path.
struct Entry {
    mode: String,
    object: String,
    path: String,
}

impl Repository {
    /// The repository that the manifests are in; none where there is none.
    pub(super) fn of(settings: &Settings) -> Result<Option<Self>, GitError> {
        let first = settings.manifests.value.first().unwrap_or(&settings.folder);
        let folder = match first.is_dir() {
            true => first.as_path(),
            false => first.parent().unwrap_or(first),
        };
        let git = Git::of_user(folder);
        match git.text(&["rev-parse", "--show-toplevel"]) {
            Ok(top) => Ok(Some(Self { git, top: PathBuf::from(top) })),
            Err(GitError::Failed(_) | GitError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The commit that a ref means: as git understands it, else as a branch of `origin`.
    pub(super) fn find(&self, name: &str) -> Option<String> {
        let find = |name: &str| {
            let commit = format!("{name}^{{commit}}");
            let found = self.git.text(&["rev-parse", "--verify", "--quiet", &commit]).ok();
            found.filter(|commit| !commit.is_empty())
        };
        if name.starts_with('-') {
            return None;
        }
        find(name).or_else(|| find(&format!("refs/remotes/origin/{name}")))
    }

    /// Why there is nothing by this name, and the way out: of a shallow clone, to deepen it.
    pub(super) fn unknown(&self, name: &str) -> UsageError {
        let shallow = self.git.text(&["rev-parse", "--is-shallow-repository"]);
        if !shallow.is_ok_and(|is| is == "true") {
            let error =
                UsageError::new(format!("--base {name}: there is no such commit or folder"));
            let hint = "name a commit, a branch, a folder with the project as it was, or `last`";
            return error.hint(hint);
        }
        let branch = name.strip_prefix("origin/").unwrap_or(name);
        let is_hex = name.chars().all(|c| c.is_ascii_hexdigit());
        let is_commit = is_hex && name.len() >= 40;
        // A server knows whole commits and names, not the first digits of a commit.
        let is_beginning = is_hex && !is_commit && name.len() >= 7;
        let fetch = match name.contains(['~', '^', '@', ':']) || is_beginning {
            true => "git fetch --unshallow".to_owned(),
            false if is_commit => format!("git fetch --depth=1 origin {name}"),
            false => format!("git fetch --depth=1 origin {branch}:refs/remotes/origin/{branch}"),
        };
        UsageError::new(format!("--base {name}: this clone is shallow and has no such commit"))
            .hint(format!("run `{fetch}`, or check out with fetch-depth: 0 (GIT_DEPTH: 0)"))
    }

    /// The manifests that the commit has at these paths, each called `NAME:PATH` as `git show` takes
    /// it, and the links that lead nowhere.
    pub(super) fn read(
        &self,
        name: &str,
        commit: &str,
        paths: &[PathBuf],
    ) -> anyhow::Result<(Texts, Vec<String>)> {
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for path in paths {
            let path = self.within(name, path)?;
            let mut entries = self.list(commit, &path)?;
            entries.retain(|entry| {
                let below = entry.path.strip_prefix(&path).unwrap_or_default();
                let below = below.trim_start_matches('/');
                below.is_empty() || is_listed(Path::new(below))
            });
            entries.sort_by(|a, b| Path::new(&a.path).cmp(Path::new(&b.path)));
            entries.retain(|entry| seen.insert(entry.path.clone()));
            found.extend(entries);
        }
        let mut left_out = Vec::new();
        let mut texts = Vec::new();
        let contents = self.contents(commit, &found)?;
        for (entry, content) in found.iter().zip(contents) {
            let called = format!("{name}:{}", entry.path);
            match content {
                Some(content) => texts.push((called.clone(), text(&called, content)?)),
                None => left_out.push(called),
            }
        }
        Ok((self.understood(name, commit, texts), left_out))
    }

    /// What the commit has at the path of a file, and how that is called; none where it has none.
    pub(super) fn text_of(
        &self,
        name: &str,
        commit: &str,
        file: &Path,
    ) -> anyhow::Result<Option<(String, String)>> {
        let Ok(path) = self.within(name, file) else { return Ok(None) };
        let called = format!("{name}:{path}");
        let found = self.list(commit, &path)?;
        let content = self.contents(commit, &found)?.into_iter().next().flatten();
        content.map(|content| Ok((called.clone(), text(&called, content)?))).transpose()
    }

    /// What the texts say, with the tables that they name.
    fn understood(&self, name: &str, commit: &str, texts: Vec<(String, String)>) -> Texts {
        let tables = std::cell::RefCell::new(BTreeMap::new());
        let load = |manifest: &str, table: &str| {
            stays_beside(table)?;
            let folder = manifest.strip_prefix(&format!("{name}:")).unwrap_or(manifest);
            let folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
            let path =
                if folder.is_empty() { table.to_owned() } else { format!("{folder}/{table}") };
            let called = format!("{name}:{path}");
            let absent = |_| format!("{called} cannot be read");
            let content = self.git.run(&["cat-file", "blob", &format!("{commit}:{path}")], b"");
            let read =
                text(&called, content.map_err(absent)?).map_err(|error| error.to_string())?;
            tables.borrow_mut().insert(called.clone(), read.clone());
            Ok::<_, String>((called, read))
        };
        let (items, findings) = manifest::read(&manifest_kinds(), &texts, &load);
        let mut sources: BTreeMap<String, String> = texts.into_iter().collect();
        sources.append(&mut tables.borrow_mut());
        (items, findings, sources)
    }

    /// A path as the commit's tree has it; nothing for the whole tree.
    fn within(&self, name: &str, path: &Path) -> Result<String, UsageError> {
        let real = really(path);
        let top = self.top.canonicalize().unwrap_or_else(|_| self.top.clone());
        let inner = real.strip_prefix(&top).map_err(|_| {
            let (path, top) = (path.display(), self.top.display());
            UsageError::new(format!("--base {name}: {path} is not in the repository {top}"))
                .hint("name a folder with the project as it was")
        })?;
        let parts = inner.components().map(Component::as_os_str);
        Ok(parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"))
    }

    /// The files and links at a path and below. What is a repository of its own is passed over.
    fn list(&self, commit: &str, path: &str) -> Result<Vec<Entry>, GitError> {
        let options = ["--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", commit, "--"];
        let mut arguments = options.to_vec();
        arguments.extend(Some(path).filter(|path| !path.is_empty()));
        let listed = self.git.run(&arguments, b"")?;
        let listed = String::from_utf8(listed).map_err(|_| GitError::Garbled)?;
        // `100644 blob NAME<tab>PATH`
        let entry = |line: &str| {
            let (about, path) = line.split_once('\t')?;
            let mut words = about.split(' ').map(str::to_owned);
            let (mode, kind, object) = (words.next()?, words.next()?, words.next()?);
            (kind == "blob").then(|| Entry { mode, object, path: path.to_owned() })
        };
        Ok(listed.split('\0').filter_map(entry).collect())
    }

    /// What each of these holds; none for a link that leads to no file of the commit.
    fn contents(&self, commit: &str, of: &[Entry]) -> Result<Vec<Option<Vec<u8>>>, GitError> {
        let mut contents = Vec::new();
        for some in of.chunks(AT_ONCE) {
            let asked: String = some.iter().map(|entry| format!("{}\n", entry.object)).collect();
            let told = self.git.run(&["cat-file", "--batch"], asked.as_bytes())?;
            let mut rest = told.as_slice();
            for entry in some {
                let content = next(&mut rest).ok_or(GitError::Garbled)?;
                contents.push(match &*entry.mode {
                    "120000" => self.followed(commit, &entry.path)?,
                    _ => Some(content),
                });
            }
        }
        Ok(contents)
    }

    /// The file of the commit that a link leads to.
    fn followed(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        if path.contains('\n') {
            return Ok(None);
        }
        let asked = format!("{commit}:{path}\n");
        let told = self.git.run(&["cat-file", "--batch", "--follow-symlinks"], asked.as_bytes())?;
        Ok(next(&mut told.as_slice()))
    }
}

/// A path without links, of which only the beginning may be there.
fn really(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    let Some((part, mut real)) = there else { return path.to_owned() };
    for component in path.strip_prefix(part).unwrap_or(path).components() {
        match component {
            Component::ParentDir => drop(real.pop()),
            Component::Normal(name) => real.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    real
}

/// The next content of what `git cat-file --batch` prints: `NAME blob SIZE`, and so many bytes.
fn next(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&rest[..end]).ok()?;
    let size: usize = head.split_once(" blob ")?.1.parse().ok()?;
    let content = rest.get(end + 1..end + 1 + size)?;
    *rest = rest.get(end + 2 + size..)?;
    Some(content.to_vec())
}

fn text(called: &str, content: Vec<u8>) -> anyhow::Result<String> {
    String::from_utf8(content).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        anyhow::anyhow!("{called} is not UTF-8: the byte at offset {offset} does not belong there")
    })
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn contents_come_one_after_the_other() {
        let mut rest = &b"1f blob 3\na\nb\n2f blob 0\n\n"[..];
        assert_eq!(next(&mut rest).as_deref(), Some(&b"a\nb"[..]));
        assert_eq!(next(&mut rest).as_deref(), Some(&b""[..]));
        assert_eq!(next(&mut rest), None);
        for wrong in ["dangling 5\na:b.c\n", "1f tree 3\nabc\n", "1f blob 9\nabc\n", "x missing\n"]
        {
            assert_eq!(next(&mut wrong.as_bytes()), None, "{wrong}");
        }
    }
}
