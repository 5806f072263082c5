//! A private bare repository beside the state: the branch is read from it and made in it. The
//! user's repository is only asked for its remote and configuration.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use super::command::{Git, GitError};
use crate::cli::environment::Environment;
use crate::cli::files;

/// Servers refuse large files (GitHub those above 100 MiB): a longer content goes in pieces, the
/// first by its own name, the others by that and `+001`, `+002`, …
const PIECE: u64 = 32 << 20;
/// Where the private repository has the branch as it was seen last.
const SEEN: &str = "refs/state/seen";

/// The branch of a remote, seen from a private repository.
pub(super) struct Store {
    git: Git,
    branch: String,
}

/// The pieces of a content, by git's names for them.
pub(super) type Blobs = Vec<String>;

/// What a commit does with one path.
pub(super) enum Put {
    /// It gets this content, which the store has.
    Content(Blobs),
    /// It is no more; it has so many pieces.
    Gone(usize),
}

impl Store {
    /// Opens or creates the private repository; none where the user's has no such remote.
    pub(super) fn open(
        repository: &Path,
        project: &Path,
        branch: &str,
        remote: &str,
        environment: &Environment,
    ) -> Result<Option<Self>, GitError> {
        let user = Git::of_user(project);
        let Some(git) = user.private(repository, remote, environment)? else { return Ok(None) };
        if !repository.join("HEAD").exists() {
            git.run(&["init", "--quiet", "--bare", "--template="], b"")?;
        }
        Ok(Some(Self { git, branch: format!("refs/heads/{branch}") }))
    }

    /// Fetches the branch's last commit, and nothing that came before; none where the remote has no
    /// such branch yet.
    pub(super) fn fetch(&self) -> Result<Option<String>, GitError> {
        let listed = self.git.text(&["ls-remote", "state", &self.branch])?;
        let of_branch = |line: &str| {
            let (commit, name) = line.split_once('\t')?;
            (name == self.branch).then(|| commit.to_owned())
        };
        let Some(there) = listed.lines().find_map(of_branch) else { return Ok(None) };
        if self.seen().as_ref() == Some(&there) {
            return Ok(Some(there));
        }
        let spec = format!("+{}:{SEEN}", self.branch);
        self.git.run(&["fetch", "--quiet", "--depth=1", "--no-tags", "state", &spec], b"")?;
        // It may have moved since it was listed.
        self.seen().map(Some).ok_or(GitError::Garbled)
    }

    fn seen(&self) -> Option<String> {
        self.git.text(&["rev-parse", "--quiet", "--verify", SEEN]).ok()
    }

    /// The paths below a folder of a commit, from there, each with its content.
    pub(super) fn files(
        &self,
        commit: &str,
        folder: &str,
    ) -> Result<BTreeMap<String, Blobs>, GitError> {
        let start = format!("{folder}/");
        let listed = self.git.run(&["ls-tree", "-r", "-z", "--full-tree", commit, &start], b"")?;
        let listed = String::from_utf8(listed).map_err(|_| GitError::Garbled)?;
        // `100644 blob NAME<tab>PATH`
        let file = |line: &str| {
            let (about, path) = line.split_once('\t')?;
            let name = about.split(' ').nth(2)?;
            Some((path.strip_prefix(&start)?.to_owned(), name.to_owned()))
        };
        Ok(joined(listed.split('\0').filter_map(file)))
    }

    /// A content.
    pub(super) fn read(&self, blobs: &Blobs) -> Result<Vec<u8>, GitError> {
        let mut content = Vec::new();
        for blob in blobs {
            content.append(&mut self.git.run(&["cat-file", "blob", blob], b"")?);
        }
        Ok(content)
    }

    /// Takes a file's content in.
    pub(super) fn keep_file(&self, path: &Path) -> Result<Blobs, GitError> {
        let unreadable =
            |cause: std::io::Error| GitError::Failed(format!("{}: {cause}", path.display()));
        let length = path.metadata().map_err(unreadable)?.len();
        if length <= PIECE {
            let path = path.to_string_lossy();
            return Ok(vec![self.git.text(&["hash-object", "-w", "--no-filters", "--", &path])?]);
        }
        let mut file = files::open(path).map_err(|error| GitError::Failed(error.to_string()))?;
        let mut blobs = Vec::new();
        for _ in 0..length.div_ceil(PIECE) {
            let mut piece = Vec::new();
            file.by_ref().take(PIECE).read_to_end(&mut piece).map_err(unreadable)?;
            blobs.push(self.keep(&piece)?);
        }
        Ok(blobs)
    }

    /// Takes a content in, as one piece.
    pub(super) fn keep(&self, content: &[u8]) -> Result<String, GitError> {
        let name = self.git.run(&["hash-object", "-w", "--stdin"], content)?;
        Ok(String::from_utf8_lossy(&name).trim_end().to_owned())
    }

    /// Makes a commit on top of `parent`, which may be none; none where it would change nothing.
    pub(super) fn commit(
        &self,
        parent: Option<&str>,
        puts: &BTreeMap<String, Put>,
        message: &str,
    ) -> Result<Option<String>, GitError> {
        match parent {
            Some(parent) => self.git.run(&["read-tree", parent], b"")?,
            None => self.git.run(&["read-tree", "--empty"], b"")?,
        };
        let line = |(path, put): (&String, &Put)| match put {
            Put::Content(blobs) => pieces(path)
                .zip(blobs)
                .map(|(path, blob)| format!("100644 {blob}\t{path}\0"))
                .collect(),
            Put::Gone(count) => pieces(path)
                .take(*count)
                .map(|path| format!("0 {}\t{path}\0", "0".repeat(40)))
                .collect::<String>(),
        };
        let lines: String = puts.iter().map(line).collect();
        self.git.run(&["update-index", "-z", "--index-info"], lines.as_bytes())?;
        let tree = self.git.text(&["write-tree"])?;
        let Some(parent) = parent else {
            return self.git.text(&["commit-tree", &tree, "-m", message]).map(Some);
        };
        let before = self.git.text(&["rev-parse", &format!("{parent}^{{tree}}")])?;
        if before == tree {
            return Ok(None);
        }
        self.git.text(&["commit-tree", &tree, "-p", parent, "-m", message]).map(Some)
    }

    /// Pushes a commit. The remote takes it only where its branch is still what the commit stands
    /// on; an answer that was lost is asked for again.
    pub(super) fn push(&self, commit: &str, parent: Option<&str>) -> Result<Pushed, GitError> {
        let spec = format!("{commit}:{}", self.branch);
        let Err(refused) = self.git.run(&["push", "--porcelain", "--quiet", "state", &spec], b"")
        else {
            self.git.run(&["update-ref", SEEN, commit], b"")?;
            return Ok(Pushed::Done);
        };
        // Words differ from server to server; what the branch is now tells for sure.
        match self.fetch() {
            Ok(tip) if tip.as_deref() == Some(commit) => Ok(Pushed::Done),
            Ok(tip) if tip.as_deref() != parent => Ok(Pushed::Overtaken),
            _ => Err(refused),
        }
    }
}

/// What became of a push that was not refused for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// The branch has the commit.
    Done,
    /// Another commit came first.
    Overtaken,
}

/// The paths of a content's pieces.
fn pieces(path: &str) -> impl Iterator<Item = String> {
    let first = std::iter::once(path.to_owned());
    first.chain((1..).map(move |number| format!("{path}+{number:03}")))
}

/// Paths in git's order, in which a content's pieces follow each other.
fn joined(files: impl Iterator<Item = (String, String)>) -> BTreeMap<String, Blobs> {
    let mut contents: BTreeMap<String, Blobs> = BTreeMap::new();
    for (path, blob) in files {
        let of = path.rsplit_once('+').and_then(|(of, _)| contents.get_mut(of));
        match of {
            Some(blobs) => blobs.push(blob),
            None => drop(contents.insert(path, vec![blob])),
        }
    }
    contents
}

#[cfg(test)]
mod tests {
    use super::{joined, pieces};

    #[test]
    fn a_long_content_is_in_pieces() {
        let paths: Vec<String> = pieces("a/x.json").take(3).collect();
        assert_eq!(paths, ["a/x.json", "a/x.json+001", "a/x.json+002"]);
        let mut all = paths;
        all.extend(["a/x.jsonl".to_owned(), "b+1".to_owned()]);
        let names = ["p0", "p1", "p2", "l", "b"].map(str::to_owned);
        let files = joined(all.into_iter().zip(names));
        let found: Vec<_> = files.iter().map(|(path, blobs)| (&**path, blobs.len())).collect();
        assert_eq!(found, [("a/x.json", 3), ("a/x.jsonl", 1), ("b+1", 1)]);
        assert_eq!(files["a/x.json"], ["p0", "p1", "p2"]);
    }
}
