//! The `git` program: run in a private repository, with the configuration that the user's
//! repository has, and never without an end.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::cli::environment::Environment;

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(180);

/// What would lead git to another repository, index or configuration than the one that is meant.
const LEADING_ASTRAY: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// Why git did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no such program, or it cannot be started.
    #[error("git cannot be started: {0}")]
    Missing(std::io::Error),
    /// It failed; its own words.
    #[error("{0}")]
    Failed(String),
    /// It took too long.
    #[error("git did not end within {} seconds", .0.as_secs())]
    Slow(Duration),
    /// It said something else than was asked for.
    #[error("git answered what cannot be read")]
    Garbled,
}

/// The git program in one folder, with variables of its own. The variables may hold secrets (the
/// headers that a CI system sets): they are in no `Debug`, no message and on no command line.
pub(in crate::cli) struct Git {
    folder: PathBuf,
    variables: Vec<(String, SecretString)>,
}

impl Git {
    /// git as the user would run it in a folder.
    pub(in crate::cli) fn of_user(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), variables: Vec::new() }
    }

    /// git in a private repository, with the remote and the credentials of the user's one: its
    /// configuration is asked for there, so that what holds for that repository only is found too.
    pub(super) fn private(
        &self,
        repository: &Path,
        remote: &str,
        environment: &Environment,
    ) -> Result<Option<Self>, GitError> {
        let top = self.text(&["rev-parse", "--show-toplevel"])?;
        let listed = self.run(&["config", "--list", "-z"], b"")?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let settings: Vec<(String, &str)> =
            listed.split('\0').filter_map(setting(remote)).collect();
        if !settings.iter().any(|(name, _)| name == "remote.state.url") {
            return Ok(None);
        }
        let own = [("gc.autoDetach", "false"), ("maintenance.autoDetach", "false")];
        let own = own.into_iter().chain([("gc.pruneExpire", "now"), ("gc.auto", "500")]);
        let own = own.map(|(name, value)| (name.to_owned(), value));
        let has_ssh = settings.iter().any(|(name, _)| name == "core.sshcommand")
            || ["GIT_SSH", "GIT_SSH_COMMAND"].iter().any(|name| environment.get(name).is_some());
        let mut variables = Vec::new();
        let mut set = |name: String, value: &str| variables.push((name, SecretString::from(value)));
        let mut count = 0_usize;
        for (name, value) in settings.iter().cloned().chain(own) {
            set(format!("GIT_CONFIG_KEY_{count}"), &name);
            set(format!("GIT_CONFIG_VALUE_{count}"), value);
            count += 1;
        }
        set("GIT_CONFIG_COUNT".to_owned(), &count.to_string());
        // All of it is in the list already; a header that is sent twice is refused.
        for name in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] {
            set(name.to_owned(), "/dev/null");
        }
        set("GIT_CONFIG_NOSYSTEM".to_owned(), "1");
        if !has_ssh {
            set("GIT_SSH_COMMAND".to_owned(), "ssh -oBatchMode=yes");
        }
        for name in ["AUTHOR", "COMMITTER"] {
            for (what, value) in [("NAME", "cxform"), ("EMAIL", "cxform@localhost")] {
                let key = format!("user.{}", what.to_lowercase());
                if !settings.iter().any(|(name, _)| *name == key) {
                    set(format!("GIT_{name}_{what}"), value);
                }
            }
        }
        set("GIT_DIR".to_owned(), &repository.to_string_lossy());
        Ok(Some(Self { folder: PathBuf::from(top), variables }))
    }

    /// What git prints, without the line feed at its end.
    pub(in crate::cli) fn text(&self, arguments: &[&str]) -> Result<String, GitError> {
        let text = String::from_utf8(self.run(arguments, b"")?).map_err(|_| GitError::Garbled)?;
        Ok(text.trim_end_matches('\n').to_owned())
    }

    /// Runs git to its end, within the time limit, and returns what it prints.
    pub(in crate::cli) fn run(
        &self,
        arguments: &[&str],
        input: &[u8],
    ) -> Result<Vec<u8>, GitError> {
        let output = self.output(arguments, input)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(GitError::Failed(said(&output.stdout, &output.stderr)))
    }

    fn output(&self, arguments: &[&str], input: &[u8]) -> Result<Output, GitError> {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.folder);
        for name in LEADING_ASTRAY {
            command.env_remove(name);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("GCM_INTERACTIVE", "never").env("LC_ALL", "C");
        if !self.variables.is_empty() {
            command.env_remove("GIT_CONFIG_PARAMETERS");
        }
        for (name, value) in &self.variables {
            command.env(name, value.expose_secret());
        }
        // A group of its own: the user's Ctrl-C is for us, and what git starts ends with it.
        command.process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(GitError::Missing)?;
        let (group, stdin) = (child.id(), child.stdin.take());
        let input = input.to_owned();
        let (done, ended) = mpsc::channel();
        std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                // A git that does not read to the end says why.
                let _ = stdin.write_all(&input);
            }
            let _ = done.send(child.wait_with_output());
        });
        match ended.recv_timeout(LIMIT) {
            Ok(output) => output.map_err(GitError::Missing),
            Err(_) => {
                let group = format!("-{group}");
                let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
                Err(GitError::Slow(LIMIT))
            }
        }
    }
}

/// Which settings of the user's repository the private one takes over: how to reach the remote and
/// who commits. Its hooks and whatever else it says are none of ours.
fn setting(remote: &str) -> impl Fn(&str) -> Option<(String, &str)> {
    const TAKEN: &[&str] = &["http.", "credential.", "url.", "ssh.", "protocol.", "safe."];
    const ALONE: &[&str] =
        &["core.sshcommand", "core.askpass", "core.gitproxy", "user.name", "user.email"];
    const OF_REMOTE: &[&str] =
        &["url", "pushurl", "proxy", "proxyauthmethod", "uploadpack", "receivepack", "vcs"];
    let of_remote = format!("remote.{remote}.");
    move |entry| {
        // A name without a value means yes.
        let (name, value) = entry.split_once('\n').unwrap_or((entry, "true"));
        if let Some(rest) = name.strip_prefix(&of_remote) {
            let taken = OF_REMOTE.contains(&rest);
            return taken.then(|| (format!("remote.state.{rest}"), value));
        }
        let taken = TAKEN.iter().any(|start| name.starts_with(start)) || ALONE.contains(&name);
        taken.then(|| (name.to_owned(), value))
    }
}

/// Of what a failed git printed, the line that tells most, and no password of a url.
fn said(stdout: &[u8], stderr: &[u8]) -> String {
    let (stdout, stderr) = (String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
    let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    // `!<tab>COMMIT:BRANCH<tab>[remote rejected] (pre-receive hook declined)`
    let refused = stdout.lines().find_map(|line| line.strip_prefix("!\t")?.split('\t').nth(1));
    let told = |line: &str| {
        let told = line.strip_prefix("remote:").or_else(|| line.strip_prefix("ERROR:"))?.trim();
        (!told.is_empty()).then(|| told.to_owned())
    };
    let by_remote = lines().filter_map(told).next_back();
    let own = refused
        .or_else(|| lines().find_map(|line| line.strip_prefix("fatal: ")))
        .or_else(|| lines().next_back())
        .unwrap_or("git failed without a word");
    let text = match by_remote {
        Some(remote) => format!("{own}: {remote}"),
        None => own.to_owned(),
    };
    without_password(&text)
}

/// A text whose urls name no user and no password.
fn without_password(text: &str) -> String {
    let mut safe = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        safe.push_str(before);
        let end = after.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(after.len());
        let host = after[..end].rfind('@').map_or(0, |at| at + 1);
        rest = &after[host..];
    }
    safe + rest
}

#[cfg(test)]
mod tests {
    use super::{Git, GitError, said, setting, without_password};
    use crate::cli::files::tests::Folder;

    #[test]
    fn what_holds_for_the_users_repository_only_is_passed_on_once() {
        let folder = Folder::new("config");
        let git = Git::of_user(folder.path());
        match git.run(&["init", "--quiet"], b"") {
            // The program is tested where it is.
            Err(GitError::Missing(_)) => return,
            done => drop(done.unwrap()),
        }
        let header = "http.https://h/.extraheader";
        let config = folder.put("own", "[http \"https://h/\"]\n extraheader = X: 1\n");
        let path = config.to_string_lossy();
        git.run(&["config", "includeIf.gitdir:**/.git.path", &path], b"").unwrap();
        let environment = [("A", "b")].into_iter().collect();
        let store = folder.path().join("store");
        let private = |remote| git.private(&store, remote, &environment).unwrap();
        assert!(private("up").is_none());
        git.run(&["config", "remote.up.url", "https://h/o/r"], b"").unwrap();
        let private = private("up").unwrap();
        private.run(&["init", "--quiet", "--bare"], b"").unwrap();
        assert_eq!(private.text(&["config", "--get-all", header]).unwrap(), "X: 1");
        assert_eq!(private.text(&["ls-remote", "--get-url", "state"]).unwrap(), "https://h/o/r");
        assert!(folder.path().join("store/HEAD").exists());
    }

    #[test]
    fn what_leads_to_the_remote_is_taken_over_and_nothing_else() {
        let check = |entry: &str, expect: Option<(&str, &str)>| {
            let taken = setting("up")(entry);
            let taken = taken.as_ref().map(|(name, value)| (name.as_str(), *value));
            assert_eq!(taken, expect, "{entry}");
        };
        let header = "http.https://github.com/.extraheader";
        check(
            &format!("{header}\nAUTHORIZATION: basic eA"),
            Some((header, "AUTHORIZATION: basic eA")),
        );
        check("credential.helper\n", Some(("credential.helper", "")));
        check("http.sslverify", Some(("http.sslverify", "true")));
        check("remote.up.url\nhttps://x/y", Some(("remote.state.url", "https://x/y")));
        check("remote.up.fetch\n+refs/heads/*:refs/remotes/up/*", None);
        check("remote.origin.url\nhttps://x/z", None);
        check("remote.state.url\nhttps://x/z", None);
        check("core.hookspath\n/hooks", None);
        check("core.sshcommand\nssh -i key", Some(("core.sshcommand", "ssh -i key")));
        check("", None);
    }

    #[test]
    fn the_line_that_tells_most_is_told() {
        let check = |out: &str, err: &str, expect: &str| {
            assert_eq!(said(out.as_bytes(), err.as_bytes()), expect);
        };
        check("", "", "git failed without a word");
        check("", "fatal: not a git repository: x\n", "not a git repository: x");
        check(
            "To x\n!\tabc:refs/heads/b\t[remote rejected] (pre-receive hook declined)\nDone\n",
            "remote: closed today        \nerror: failed to push some refs to 'x'\n",
            "[remote rejected] (pre-receive hook declined): closed today",
        );
        check(
            "",
            "ERROR: The key is read only.\nfatal: Could not read from remote repository.\n\n\
             Please make sure you have the correct access rights\nand the repository exists.\n",
            "Could not read from remote repository.: The key is read only.",
        );
        check(
            "",
            "remote: Permission to o/r.git denied to bot.\n\
             fatal: unable to access 'https://u:hunter2@h/o/r.git/': error: 403\n",
            "unable to access 'https://h/o/r.git/': error: 403: Permission to o/r.git denied to bot.",
        );
    }

    #[test]
    fn a_url_tells_no_password() {
        for (text, expect) in [
            ("https://u:p@h/x and ssh://git@h2 too", "https://h/x and ssh://h2 too"),
            ("https://h/a@b", "https://h/a@b"),
            ("git@h:o/r", "git@h:o/r"),
        ] {
            assert_eq!(without_password(text), expect);
        }
    }
}
