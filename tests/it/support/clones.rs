//! A bare remote and clones of it, as a CI system makes them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::port::{Port, end};
use super::{Folder, Ran};

/// A remote with clones, in one folder.
pub(crate) struct Clones(Folder);

impl Clones {
    /// A remote whose repository has these files; none where there is no git, which is told.
    pub(crate) fn of(files: &Folder) -> Option<Self> {
        if Command::new("git").arg("version").output().is_err() {
            let said = "git is not installed: this test of `state: {git: …}` is passed over";
            writeln_err(said);
            return None;
        }
        let clones = Self(Folder::new("clones"));
        let seed = clones.path("seed");
        std::fs::create_dir_all(&seed).unwrap();
        clones.git(".", &["init", "--quiet", "--bare", "remote.git"]);
        clones.git("seed", &["init", "--quiet"]);
        clones.0.fill_in(files.path(), "seed");
        clones.0.put("seed/.gitignore", ".cxform/\n");
        clones.git("seed", &["add", "--all"]);
        clones.git("seed", &["commit", "--quiet", "-m", "seed"]);
        clones.git("seed", &["commit", "--quiet", "--allow-empty", "-m", "more"]);
        clones.git("seed", &["push", "--quiet", "../remote.git", "HEAD:refs/heads/main"]);
        Some(clones)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A clone as CI systems check one out: of one commit, on no branch.
    pub(crate) fn checkout(&self, name: &str) -> PathBuf {
        let url = format!("file://{}", self.path("remote.git").display());
        self.git(".", &["clone", "--quiet", "--depth=1", "--branch=main", &url, name]);
        self.git(name, &["checkout", "--quiet", "--detach"]);
        self.path(name)
    }

    /// The program in a clone, as `ana`.
    pub(crate) fn program(&self, port: &Port, clone: &str, arguments: &[&str]) -> Command {
        let mut program = port.program(&self.path(clone), arguments);
        program.envs(self.variables()).env("USER", "ana").env("HOSTNAME", format!("host-{clone}"));
        program
    }

    pub(crate) fn run(&self, port: &Port, clone: &str, arguments: &[&str]) -> Ran {
        end(self.program(port, clone, arguments).spawn().unwrap())
    }

    /// What git prints.
    pub(crate) fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let ran = self.try_git(folder, arguments);
        assert!(ran.status.success(), "{arguments:?} {ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    }

    fn try_git(&self, folder: &str, arguments: &[&str]) -> Output {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(self.path(folder)).env_clear().envs(self.variables());
        git.output().unwrap()
    }

    /// A file of the state branch; none where it is missing.
    pub(crate) fn on_branch(&self, path: &str) -> Option<String> {
        let ran = self.try_git("remote.git", &["show", &format!("cxform-state:{path}")]);
        ran.status.success().then(|| String::from_utf8(ran.stdout).unwrap())
    }

    /// The paths on the state branch.
    pub(crate) fn branch(&self) -> Vec<String> {
        let listed = self.git("remote.git", &["ls-tree", "-r", "--name-only", "cxform-state"]);
        listed.lines().map(str::to_owned).collect()
    }

    /// Puts a file on the state branch by hand; none removes it.
    pub(crate) fn put_on_branch(&self, path: &str, content: Option<&str>) {
        self.take_branch();
        match content {
            Some(content) => self.0.put(&format!("hand/{path}"), content),
            None => std::fs::remove_file(self.path("hand").join(path)).unwrap(),
        }
        self.push_branch();
    }

    /// Puts files on the state branch by hand.
    pub(crate) fn put_all_on_branch(&self, files: &[(&str, &str)]) {
        self.take_branch();
        for (path, content) in files {
            self.0.put(&format!("hand/{path}"), content);
        }
        self.push_branch();
    }

    fn take_branch(&self) {
        let url = format!("file://{}", self.path("remote.git").display());
        if !self.path("hand").exists() {
            self.git(".", &["clone", "--quiet", "--branch=cxform-state", &url, "hand"]);
        }
        self.git("hand", &["pull", "--quiet"]);
    }

    fn push_branch(&self) {
        self.git("hand", &["add", "--all"]);
        self.git("hand", &["commit", "--quiet", "-m", "by hand"]);
        self.git("hand", &["push", "--quiet"]);
    }

    /// Lets the remote refuse pushes, or take them again.
    pub(crate) fn refuse(&self, refuses: bool) {
        let hook = self.path("remote.git/hooks/pre-receive");
        if !refuses {
            return std::fs::remove_file(hook).unwrap();
        }
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, "#!/bin/sh\necho closed today >&2\nexit 1\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&hook, mode).unwrap();
    }

    /// Everything that a clone's own repository is made of, but for what git itself caches.
    pub(crate) fn repository(&self, clone: &str) -> String {
        let mut told = self.git(clone, &["for-each-ref"]);
        told += &self.git(clone, &["status", "--porcelain"]);
        told += &self.git(clone, &["count-objects", "-v"]);
        for file in ["HEAD", "config", "shallow"] {
            told += &read(&self.path(clone).join(".git").join(file));
        }
        told + &self.path(clone).join(".git/FETCH_HEAD").exists().to_string()
    }

    /// What git is told of the one who commits, and of no other configuration.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let pair = |name: &str, value: String| (name.to_owned(), value);
        let mut variables = vec![
            pair("PATH", std::env::var("PATH").unwrap_or_default()),
            pair("HOME", self.0.path().display().to_string()),
            pair("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
        ];
        for role in ["AUTHOR", "COMMITTER"] {
            variables.push(pair(&format!("GIT_{role}_NAME"), "tests".to_owned()));
            variables.push(pair(&format!("GIT_{role}_EMAIL"), "tests@localhost".to_owned()));
        }
        variables
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[allow(clippy::print_stderr, reason = "a test that is passed over says so")]
fn writeln_err(text: &str) {
    eprintln!("{text}");
}
