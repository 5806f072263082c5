//! Where the project file is.

use std::path::{Path, PathBuf};

use super::FILE_NAME;
use crate::cli::environment::Environment;

/// Looks for the project file in `start` and the folders above it, up to and including the git
/// root (the first folder that has `.git`); where there is none, up to the root of the file system.
#[must_use]
pub fn find(start: &Path) -> Option<PathBuf> {
    for folder in start.ancestors() {
        let file = folder.join(FILE_NAME);
        if file.is_file() {
            return Some(file);
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    None
}

/// The git root that `start` is in: the first folder that has `.git`.
#[must_use]
pub fn git_root(start: &Path) -> Option<&Path> {
    start.ancestors().find(|folder| folder.join(".git").exists())
}

/// Where [`find`] looked that found nothing.
#[must_use]
pub fn searched(start: &Path) -> String {
    let end = git_root(start).or_else(|| start.ancestors().last()).unwrap_or(start);
    match end == start {
        true => format!("{FILE_NAME} is not in {}", start.display()),
        false => {
            format!("{FILE_NAME} is not in {}, nor above up to {}", start.display(), end.display())
        }
    }
}

/// The project file to use: `--config FILE` before `CXFORM_CONFIG` (both from `cwd`) before
/// [`find`]. One that is named is returned whether it is there or not, so that reading it tells.
#[must_use]
pub fn locate(config: Option<&Path>, environment: &Environment, cwd: &Path) -> Option<PathBuf> {
    let named = config.or_else(|| environment.get("CXFORM_CONFIG").map(Path::new));
    named.map(|file| cwd.join(file)).or_else(|| find(cwd))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{find, locate, searched};
    use crate::cli::files::tests::Folder;

    #[test]
    fn the_search_ends_at_the_git_root() {
        let folder = Folder::new("locate");
        let outer = folder.put("cxform.yaml", "");
        let inner = folder.put("repo/team/cxform.yaml", "");
        folder.put("repo/.git/HEAD", "");
        folder.put("repo/other/x.yaml", "");
        folder.put("repo/team/deep/er/x.yaml", "");
        folder.put("free/x.yaml", "");
        let check = |start: &str, expect: Option<&Path>| {
            assert_eq!(find(&folder.path().join(start)).as_deref(), expect, "{start}");
        };
        check("repo/team/deep/er", Some(&inner));
        check("repo/team", Some(&inner));
        check("repo/other", None);
        check("repo", None);
        check("free", Some(&outer));
        folder.put("repo/cxform.yaml", "");
        check("repo/other", Some(&folder.path().join("repo/cxform.yaml")));
    }

    #[test]
    fn where_nothing_was_found_is_told() {
        let folder = Folder::new("searched");
        folder.put("repo/.git/HEAD", "");
        folder.put("repo/team/x.yaml", "");
        let repo = folder.path().join("repo");
        let (repo, team) = (repo.display(), repo.join("team"));
        let expect = format!("cxform.yaml is not in {}, nor above up to {repo}", team.display());
        assert_eq!(searched(&team), expect);
        assert_eq!(searched(team.parent().unwrap()), format!("cxform.yaml is not in {repo}"));
        assert!(searched(folder.path()).ends_with(", nor above up to /"));
    }

    #[test]
    fn a_named_file_is_not_searched() {
        let folder = Folder::new("named");
        let found = folder.put("cxform.yaml", "");
        let check = |flag: Option<&str>, variable: &str, expect: &Path| {
            let environment = [("CXFORM_CONFIG", variable)].into_iter().collect();
            let located = locate(flag.map(Path::new), &environment, folder.path());
            assert_eq!(located.as_deref(), Some(expect));
        };
        check(None, "", &found);
        check(None, "ci.yaml", &folder.path().join("ci.yaml"));
        check(Some("/else/where.yaml"), "ci.yaml", Path::new("/else/where.yaml"));
    }
}
