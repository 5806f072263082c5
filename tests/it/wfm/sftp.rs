//! SFTP, to a real OpenSSH server.

use std::process::{Command, Stdio};

use super::{project, rows, run, waiting, wish};
use crate::support::sshd::{Sshd, keygen};
use crate::support::{Folder, Ran};

const SEND: [&str; 3] = ["wfm", "export", "--send"];
const ED25519: &[&str] = &["ed25519"];

/// A project that sends to a file of the server, with these settings of `wfm.sftp`.
fn to(server: &Sshd, name: &str, sftp: &str, more: &str) -> Folder {
    let url = server.url(name);
    let folder = project(&format!("wfm:\n  to: '{url}'\n  sftp: {{ {sftp} }}\n{more}"));
    std::fs::copy(server.path("id"), folder.path().join("id")).unwrap();
    folder.put("known_hosts", &server.known("ed25519", server.port));
    folder
}

fn send(folder: &Folder) -> Ran {
    run(folder, &[], &SEND)
}

/// It ended with this error, and what was to be sent waits.
fn refused(folder: &Folder, ran: &Ran, why: &str) {
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.starts_with("error: not delivered to sftp://"), "{ran:?}");
    assert!(ran.err.contains(why), "{why}: {ran:?}");
    assert_eq!(waiting(folder).len(), 1);
}

/// Nobody has tried to be let in, and nothing is there.
fn got_nothing(server: &Sshd) {
    server.wait_for("[preauth]");
    let log = server.log();
    assert!(!log.contains("publickey") && !log.contains("subsystem"), "{log}");
    assert!(server.names().is_empty());
}

#[test]
fn a_file_comes_whole_and_takes_the_place_of_the_old_one() {
    let server = Sshd::start(ED25519);
    let folder = to(&server, "wfm.csv", "identity: id, knownHosts: known_hosts", "");
    let ran = send(&folder);
    let expect = format!("Delivered 1 row to {}\n", server.url("wfm.csv"));
    assert_eq!((ran.code, ran.out), (0, expect), "{}\n{}", ran.err, server.log());
    let read = || std::fs::read_to_string(server.path("in/wfm.csv")).unwrap();
    assert_eq!(rows(&read()), ["u-1,s-2,2"]);
    assert_eq!(server.names(), ["wfm.csv"], "no temporary name is left");
    assert!(waiting(&folder).is_empty());
    assert_eq!(run(&folder, &[], &["apply", "--auto-approve"]).code, 0);
    assert_eq!(send(&folder).code, 0);
    assert_eq!(rows(&read()), ["u-1,s-1,3", "u-1,s-2,2", "u-2,s-1,4"]);
    assert_eq!(server.names(), ["wfm.csv"]);
}

#[test]
fn a_server_whose_rename_replaces_nothing_gets_the_file_too() {
    let server = Sshd::start_with(ED25519, "-P posix-rename");
    let folder = to(&server, "wfm.csv", "identity: id, knownHosts: known_hosts", "");
    assert_eq!(send(&folder).code, 0);
    std::fs::write(server.path("in/wfm.csv"), "an old one, and longer than what comes".repeat(99))
        .unwrap();
    assert_eq!(send(&folder).code, 0);
    assert_eq!(rows(&std::fs::read_to_string(server.path("in/wfm.csv")).unwrap()), ["u-1,s-2,2"]);
    assert_eq!(server.names(), ["wfm.csv"]);
}

#[test]
fn a_large_file_is_the_same_byte_by_byte() {
    let server = Sshd::start(ED25519);
    let folder = to(&server, "{time}.csv", "identity: id, knownHosts: known_hosts", "");
    let generated = ["sim", "generate", "--agents", "400", "--skills", "20", "--out", "big"];
    assert_eq!(run(&folder, &[], &generated).code, 0);
    let project = std::fs::read_to_string(folder.path().join("cxform.yaml")).unwrap();
    let project = project.replace("[desired]", "[big/desired-state]");
    folder.put("cxform.yaml", &project.replace("tenant.yaml", "big/tenant.json"));
    // While it cannot be delivered it waits: that is what is to be there.
    folder.put("known_hosts", "");
    assert_eq!(send(&folder).code, 1);
    let expect = waiting(&folder).remove(0);
    assert!(rows(&expect).len() > 7000, "{}", expect.len());
    folder.put("known_hosts", &server.known("ed25519", server.port));
    assert_eq!(send(&folder).code, 0);
    let first = server.path("in").join(&server.names()[0]);
    assert!(std::fs::read_to_string(first).unwrap() == expect);
}

#[test]
fn a_server_with_another_key_gets_nothing() {
    let server = Sshd::start(ED25519);
    keygen(server.folder.path(), "host-other", "ed25519", "");
    let folder = to(&server, "wfm.csv", "identity: id, knownHosts: known_hosts", "");
    folder.put("known_hosts", &server.known("other", server.port));
    let (seen, known) = (server.fingerprint("host-ed25519"), server.fingerprint("host-other"));
    let why =
        format!("it showed ssh-ed25519 {seen}, expected ssh-ed25519 {known}; nothing was sent");
    refused(&folder, &send(&folder), &why);
    got_nothing(&server);
}

#[test]
fn a_server_with_another_fingerprint_gets_nothing() {
    let server = Sshd::start(ED25519);
    let (seen, other) = (server.fingerprint("host-ed25519"), server.fingerprint("id"));
    let folder = to(&server, "wfm.csv", &format!("identity: id, hostKey: '{other}'"), "");
    let why = format!("it showed ssh-ed25519 {seen}, expected {other}; nothing was sent");
    refused(&folder, &send(&folder), &why);
    got_nothing(&server);
    let folder = to(&server, "wfm.csv", &format!("identity: id, hostKey: '{seen}'"), "");
    assert_eq!(send(&folder).code, 0);
    assert_eq!(server.names(), ["wfm.csv"]);
}

#[test]
fn a_server_that_is_not_known_gets_nothing() {
    let server = Sshd::start(ED25519);
    let seen = server.fingerprint("host-ed25519");
    let folder = to(&server, "wfm.csv", "identity: id, knownHosts: known_hosts", "");
    folder.put("known_hosts", &server.known("ed25519", 22));
    let why =
        format!("it showed ssh-ed25519 {seen}, and the known hosts have no key of it; nothing");
    refused(&folder, &send(&folder), &why);
    got_nothing(&server);
    let server = Sshd::start(ED25519);
    let seen = server.fingerprint("host-ed25519");
    let folder = to(&server, "wfm.csv", "identity: id", "");
    let why = format!("it showed ssh-ed25519 {seen}, and no key of it is known; nothing was sent");
    refused(&folder, &send(&folder), &why);
    got_nothing(&server);
}

#[test]
fn a_server_is_asked_for_the_key_that_is_known() {
    let server = Sshd::start(&["ed25519", "ecdsa"]);
    let folder = to(&server, "wfm.csv", "identity: id, knownHosts: known_hosts", "");
    folder.put("known_hosts", &server.known("ecdsa", server.port));
    let ran = send(&folder);
    assert_eq!(ran.code, 0, "{ran:?}");
    let server = Sshd::start(&["rsa"]);
    let folder =
        project(&format!("wfm:\n  to: '{}'\n  sftp: {{ identity: id }}\n", server.url("a")));
    std::fs::copy(server.path("id"), folder.path().join("id")).unwrap();
    let why = "it has no host key that can be verified, Ed25519 or ECDSA; nothing was sent";
    refused(&folder, &send(&folder), why);
}

#[test]
fn a_user_with_another_key_is_not_let_in() {
    let server = Sshd::start(ED25519);
    let folder = to(&server, "wfm.csv", "identity: other, knownHosts: known_hosts", "");
    refused(&folder, &send(&folder), "the private key is not known: ");
    keygen(folder.path(), "other", "ecdsa", "");
    folder.put("cxform.yaml", &cleared(&folder));
    let ran = send(&folder);
    assert!(ran.err.contains("with the key ecdsa-sha2-nistp256 SHA256:"), "{ran:?}");
    assert!(ran.code == 1 && server.names().is_empty(), "{ran:?}");
    assert!(!server.log().contains("Accepted"), "{}", server.log());
}

/// The project's file as it is, where nothing waits any more.
fn cleared(folder: &Folder) -> String {
    std::fs::remove_dir_all(folder.path().join(".cxform/wfm")).unwrap();
    std::fs::read_to_string(folder.path().join("cxform.yaml")).unwrap()
}

#[test]
fn a_key_may_be_encrypted_or_in_the_environment() {
    let server = Sshd::start(ED25519);
    let sftp = "identity: locked, passphrase: { env: PASSPHRASE }, knownHosts: known_hosts";
    let folder = to(&server, "a.csv", sftp, "");
    keygen(folder.path(), "locked", "ed25519", "s3cr3t-of-the-hook");
    std::fs::copy(folder.path().join("locked.pub"), server.path("authorized")).unwrap();
    let wrong = run(&folder, &[("PASSPHRASE", "another one")], &SEND);
    refused(&folder, &wrong, "the private key cannot be read: ");
    let logged = [("PASSPHRASE", "s3cr3t-of-the-hook"), ("CXFORM_LOG", "trace")];
    let right = run(&folder, &logged, &SEND);
    assert_eq!(right.code, 0, "{right:?}");
    let folder = to(&server, "b.csv", "identity: locked, knownHosts: known_hosts", "");
    keygen(folder.path(), "locked", "ed25519", "s3cr3t-of-the-hook");
    refused(&folder, &send(&folder), "the private key is encrypted: say in `wfm.sftp.passphrase`");
    let folder = to(&server, "c.csv", "identity: { env: KEY }, knownHosts: known_hosts", "");
    keygen(folder.path(), "plain", "ecdsa", "");
    std::fs::copy(folder.path().join("plain.pub"), server.path("authorized")).unwrap();
    let key = std::fs::read_to_string(folder.path().join("plain")).unwrap();
    let ran = run(&folder, &[("KEY", &key)], &SEND);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(server.names(), ["a.csv", "c.csv"]);
}

#[test]
fn an_agent_has_the_key() {
    let server = Sshd::start(ED25519);
    let folder = to(&server, "wfm.csv", "knownHosts: known_hosts", "");
    refused(&folder, &send(&folder), "there is no private key: name one as `wfm.sftp.identity`");
    let socket = folder.path().join("agent.sock");
    let mut agent = Command::new("ssh-agent");
    agent.args(["-D", "-a"]).arg(&socket).stdout(Stdio::null());
    let mut agent = agent.spawn().unwrap();
    for _ in 0..500 {
        if socket.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let variables = [("SSH_AUTH_SOCK", socket.to_str().unwrap())];
    let none = run(&folder, &variables, &SEND);
    // The server takes the agent's second key, and then the first, which is an RSA one.
    keygen(folder.path(), "rsa", "rsa", "");
    for key in [folder.path().join("rsa"), server.path("id")] {
        let mut add = Command::new("ssh-add");
        let added = add.arg("-q").arg(key).env("SSH_AUTH_SOCK", &socket).status().unwrap();
        assert!(added.success());
    }
    let second = run(&folder, &variables, &SEND);
    std::fs::copy(folder.path().join("rsa.pub"), server.path("authorized")).unwrap();
    let first = run(&folder, &variables, &SEND);
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert!(none.code == 1 && none.err.contains("the ssh-agent has no key"), "{none:?}");
    assert_eq!((second.code, first.code), (0, 0), "{second:?} {first:?} {}", server.log());
    assert_eq!(server.names(), ["wfm.csv"]);
    let gone = run(&folder, &variables, &SEND);
    refused(&folder, &gone, "the ssh-agent does not answer: ");
}

#[test]
fn a_folder_that_is_missing_is_told() {
    let server = Sshd::start(ED25519);
    let folder = to(&server, "no/wfm.csv", "identity: id, knownHosts: known_hosts", "");
    let ran = send(&folder);
    refused(&folder, &ran, "cannot be created: no such file; is its folder there?");
    assert!(server.names().is_empty());
    // What stands in the way is a folder: it stays, and no temporary name is left.
    std::fs::create_dir_all(server.path("in/wfm.csv/full")).unwrap();
    let folder = to(&server, "wfm.csv", "identity: id, knownHosts: known_hosts", "");
    refused(&folder, &send(&folder), "wfm.csv cannot be replaced: ");
    assert_eq!(server.names(), ["wfm.csv"]);
}

#[test]
fn each_apply_sends_and_a_server_that_is_down_changes_nothing() {
    let server = Sshd::start(ED25519);
    let sftp = "identity: id, knownHosts: known_hosts";
    let folder = to(&server, "{tenant}-{time}.csv", sftp, "  onApply: true\n  mode: delta\n");
    let apply = || run(&folder, &[], &["apply", "--auto-approve"]);
    let ran = apply();
    assert!(ran.code == 0 && !ran.err.contains("warning"), "{ran:?}");
    let names = server.names();
    assert!(names.len() == 1 && names[0].starts_with("sim-20"), "{names:?}");
    let path = server.path("in").join(&names[0]);
    assert_eq!(rows(&std::fs::read_to_string(path).unwrap()), ["u-1,s-1,3", "u-2,s-1,4"]);
    drop(server);
    wish(&folder, 5);
    let ran = apply();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.\n"));
    assert!(ran.err.contains("warning: wfm: not delivered to sftp://"), "{ran:?}");
    assert_eq!(rows(&waiting(&folder)[0]), ["u-1,s-1,5"]);
}
