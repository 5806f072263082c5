//! Assignments for workforce management, to a real HTTPS server and a real SSH server: signed,
//! retried, spooled and in order, and never to somebody who is not trusted.

#[cfg(feature = "sshd-tests")]
mod sftp;
mod webhook;

use std::path::{Path, PathBuf};

use crate::support::port::{end, program};
use crate::support::{Folder, Ran};

/// What nothing may ever show.
const SECRETS: [&str; 3] = ["s3cr3t-of-the-hook", "t0ken-of-the-hook", "k3y"];

const TENANT: &str = "apiVersion: cxform/v1
kind: Tenant
skills: [{ id: s-1, name: billing }, { id: s-2, name: sales }]
strategies: [{ id: r-1, status: active, skills: [s-1, s-2] }]
agents:
  - { id: u-1, name: Ana, licenses: [{ licenseType: agent }] }
  - { id: u-2, name: Ben, licenses: [{ licenseType: agent }] }
assignments:
  - { id: a-1, userId: u-1, skillId: s-2, level: 2, availableFrom: '2035-01-08T08:00:00Z',
      availableTo: '2035-01-12T16:00:00Z' }
";

const HEADER: &str = "userId,skillId,level,availableFrom,availableTo,exportTimestamp";

/// A project with a simulated tenant, and what it says of `wfm`.
fn project(wfm: &str) -> Folder {
    let folder = Folder::new("wfm");
    folder.put(
        "cxform.yaml",
        &format!(
            "apiVersion: cxform/v1\nkind: Project\nmanifests: [desired]\n\
             tenants: {{ sim: {{ url: 'sim:tenant.yaml', requestsPerSecond: 10000 }} }}\n{wfm}"
        ),
    );
    folder.put("tenant.yaml", TENANT);
    wish(&folder, 3);
    folder
}

/// Both agents answer for billing at that level, and Ana for sales as she does.
fn wish(folder: &Folder, level: usize) {
    folder.put(
        "desired/all.yaml",
        &format!(
            "apiVersion: cxform/v1\nkind: AvailabilityWindow\nmetadata: {{ name: week }}\n\
             spec: {{ from: '2035-01-08T08:00:00Z', to: '2035-01-12T16:00:00Z' }}\n---\n\
             apiVersion: cxform/v1\nkind: SkillMatrix\nmetadata: {{ name: all }}\n\
             spec: {{ window: week, agents: {{ Ana: {{ billing: {level}, sales: 2 }}, \
             Ben: {{ billing: 4 }} }} }}\n"
        ),
    );
}

/// The built program; nothing that it says or keeps is secret.
fn run(folder: &Folder, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut program = program(folder.path(), arguments);
    program.envs(variables.iter().copied());
    let ran = end(program.spawn().unwrap());
    for told in [&ran.out, &ran.err] {
        assert!(SECRETS.iter().all(|secret| !told.contains(secret)), "{told}");
    }
    for file in files(&folder.path().join(".cxform")) {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        let name = file.display().to_string();
        let is_clean = |told: &str| SECRETS.iter().all(|secret| !told.contains(secret));
        assert!(is_clean(&text) && is_clean(&name), "{name}");
    }
    ran
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// What waits for its receiver, in its order.
fn waiting(folder: &Folder) -> Vec<String> {
    let mut paths = files(&folder.path().join(".cxform/wfm"));
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// The rows of an export without their time: `u-1,s-1,3,…`.
fn rows(csv: &str) -> Vec<String> {
    let mut lines = csv.split_terminator("\r\n");
    assert_eq!(lines.next(), Some(HEADER), "{csv}");
    let row = |line: &str| {
        let (row, time) = line.rsplit_once(',').unwrap();
        time.parse::<jiff::Timestamp>().unwrap_or_else(|error| panic!("{line}: {error}"));
        row.replace(",2035-01-08T08:00:00Z,2035-01-12T16:00:00Z", "")
    };
    lines.map(row).collect()
}

#[test]
fn a_file_that_cannot_be_written_is_written_by_the_next_export() {
    let folder = project("wfm: { onApply: true, to: 'out/wfm.csv' }\n");
    let ran = run(&folder, &[], &["apply", "--auto-approve"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.err.contains("warning: wfm: not delivered to ") && ran.err.contains("1 CSV file waits")
    );
    assert_eq!(rows(&waiting(&folder)[0]), ["u-1,s-1,3", "u-1,s-2,2", "u-2,s-1,4"]);
    std::fs::create_dir(folder.path().join("out")).unwrap();
    let ran = run(&folder, &[], &["wfm", "export", "--send"]);
    assert!(ran.out.ends_with("/out/wfm.csv; before them 1 CSV file that had waited\n"), "{ran:?}");
    assert!(waiting(&folder).is_empty());
    let written = std::fs::read_to_string(folder.path().join("out/wfm.csv")).unwrap();
    assert_eq!(rows(&written), ["u-1,s-1,3", "u-1,s-2,2", "u-2,s-1,4"]);
}
