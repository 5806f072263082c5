//! A private bare repository beside the state: the branch is read from it and made in it. The
//! user's repository is only asked for its remote and configuration.

use std::collections::BTreeMap;
use std::path::Path;

use super::command::{Git, GitError};
use crate::cli::environment::Environment;

/// Where the private repository has the branch as it was seen last.
const SEEN: &str = "refs/state/seen";

/// The branch of a remote, seen from a private repository.
pub(super) struct Store {
    git: Git,
    branch: String,
}

/// What a commit does with one path.
pub(super) enum Put {
    /// It gets this content, which the store has.
    Blob(String),
    /// It is no more.
    Gone,
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

    /// The paths below a folder of a commit, from there, each with the name of its content.
    pub(super) fn files(
        &self,
        commit: &str,
        folder: &str,
    ) -> Result<BTreeMap<String, String>, GitError> {
        let start = format!("{folder}/");
        let listed = self.git.run(&["ls-tree", "-r", "-z", "--full-tree", commit, &start], b"")?;
        let listed = String::from_utf8(listed).map_err(|_| GitError::Garbled)?;
        // `100644 blob NAME<tab>PATH`
        let file = |line: &str| {
            let (about, path) = line.split_once('\t')?;
            let name = about.split(' ').nth(2)?;
            Some((path.strip_prefix(&start)?.to_owned(), name.to_owned()))
        };
        Ok(listed.split('\0').filter_map(file).collect())
    }

    /// A content.
    pub(super) fn read(&self, blob: &str) -> Result<Vec<u8>, GitError> {
        self.git.run(&["cat-file", "blob", blob], b"")
    }

    /// Takes a file's content in, and names it.
    pub(super) fn keep_file(&self, path: &Path) -> Result<String, GitError> {
        let path = path.to_string_lossy();
        self.git.text(&["hash-object", "-w", "--no-filters", "--", &path])
    }

    /// Takes a content in, and names it.
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
            Put::Blob(name) => format!("100644 {name}\t{path}\0"),
            Put::Gone => format!("0 {}\t{path}\0", "0".repeat(40)),
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
