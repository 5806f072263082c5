//! A real OpenSSH server on a port of this machine, for the user who runs the tests.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::Folder;
use super::siem::Siem;

const SSHD: &str = "/usr/sbin/sshd";

/// The server; it is down when this is dropped.
pub(crate) struct Sshd {
    pub(crate) folder: Folder,
    pub(crate) port: u16,
    process: Child,
}

impl Sshd {
    /// A server with these sorts of host keys, that lets the user in with the key `id`.
    pub(crate) fn start(sorts: &[&str]) -> Self {
        Self::start_with(sorts, "")
    }

    /// The same with options for `internal-sftp`.
    pub(crate) fn start_with(sorts: &[&str], options: &str) -> Self {
        let folder = Folder::new("sshd");
        let port = Siem::free_port();
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir_all(folder.path().join("in")).unwrap();
        keygen(folder.path(), "id", "ed25519", "");
        std::fs::copy(at("id.pub"), at("authorized")).unwrap();
        let mut config = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nPidFile none\nLogLevel VERBOSE\n\
             AuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
             Subsystem sftp internal-sftp {options}\n",
            at("authorized")
        );
        for sort in sorts {
            keygen(folder.path(), &format!("host-{sort}"), sort, "");
            config.push_str(&format!("HostKey {}\n", at(&format!("host-{sort}"))));
        }
        folder.put("sshd_config", &config);
        // Where it runs as root, it wants this one; elsewhere it does without.
        let _ = std::fs::create_dir_all("/run/sshd");
        let log = std::fs::File::create(at("log")).unwrap();
        let process = Command::new(SSHD)
            .args(["-D", "-e", "-f", &at("sshd_config")])
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{SSHD}: {error}: install openssh-server"));
        let server = Self { folder, port, process };
        server.wait_for("Server listening");
        server
    }

    /// What it says of itself and of who came.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap()
    }

    /// Waits until it has said so.
    pub(crate) fn wait_for(&self, said: &str) {
        for _ in 0..1000 {
            if self.log().contains(said) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it never said {said}: {}", self.log());
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The url of a file in its folder `in`.
    pub(crate) fn url(&self, name: &str) -> String {
        let folder = self.path("in");
        format!("sftp://{}@127.0.0.1:{}{}/{name}", user(), self.port, folder.display())
    }

    /// The names in its folder `in`.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("in")).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = entries.map(|e| name(e).into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A line of `known_hosts` for a port of this machine.
    pub(crate) fn known(&self, sort: &str, port: u16) -> String {
        let key = std::fs::read_to_string(self.path(&format!("host-{sort}.pub"))).unwrap();
        format!("[127.0.0.1]:{port} {key}")
    }

    /// The fingerprint of a key of its folder.
    pub(crate) fn fingerprint(&self, key: &str) -> String {
        let mut keygen = Command::new("ssh-keygen");
        let told =
            keygen.args(["-l", "-f"]).arg(self.path(&format!("{key}.pub"))).output().unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        told.split(' ').nth(1).unwrap().to_owned()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Makes a key pair.
pub(crate) fn keygen(folder: &Path, name: &str, sort: &str, passphrase: &str) {
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", sort, "-N", passphrase, "-f", name]).current_dir(folder);
    assert!(keygen.status().unwrap().success(), "{keygen:?}");
}

/// Who runs the tests.
fn user() -> String {
    let told = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(told.stdout).unwrap().trim().to_owned()
}
