//! What a CI works with: a remote, a tenant behind a port, and a folder of programs that stand in.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use cxform::http::Method;
use serde_json::{Value, json};

use crate::support::clones::Clones;
use crate::support::port::{Port, SECRET};
use crate::support::{Folder, cxform, root};

pub(super) struct Scene {
    pub(super) port: Port,
    pub(super) clones: Clones,
    /// What stands in for the CI's own services keeps its things here.
    pub(super) store: Folder,
}

impl Scene {
    /// The project and the workflows that `init --ci` writes, for a tenant behind a port; none where
    /// the machine lacks what the steps need, which is told.
    pub(super) fn new(ci: &str) -> Option<Self> {
        for program in ["bash", "jq", "curl", "sha256sum"] {
            if Command::new(program).arg("--version").output().is_err() {
                tell(&format!(
                    "{program} is not installed: the steps of the workflows are not run"
                ));
                return None;
            }
        }
        let tenant = std::fs::read_to_string(root().join("examples/init/tenant.yaml")).unwrap();
        let port = Port::serve(&serde_yaml::from_str(&tenant).unwrap());
        let (files, store) = (Folder::new("ci-files"), Folder::new("ci-store"));
        let ran = cxform(files.path(), &[], &["init", "--ci", ci]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let project = std::fs::read_to_string(files.path().join("cxform.yaml")).unwrap();
        let real = "https://api-us-1.cxone.com";
        assert!(project.contains(real), "{project}");
        files.put("cxform.yaml", &project.replace(real, &port.url()));
        // What is fetched is a script, so that it is not the size of the program.
        let fetched = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_cxform"));
        store.put("cxform", &fetched);
        for file in [".github/actions/cxform/action.yml", ".gitlab-ci.yml", ".azure/cxform.yml"] {
            name_program(&files, file, &store.path().join("cxform"));
        }
        let scene = Self { port, clones: Clones::of(&files)?, store };
        scene.program("gh", include_str!("gh.sh"));
        Some(scene)
    }

    /// A program that steps find before the machine's own.
    pub(super) fn program(&self, name: &str, script: &str) {
        self.store.put(&format!("bin/{name}"), script);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.store.path().join("bin").join(name), executable).unwrap();
    }

    /// A whole clone, on no branch.
    pub(super) fn clone(&self, name: &str) -> PathBuf {
        let url = format!("file://{}", self.clones.path("remote.git").display());
        self.clones.git(".", &["clone", "--quiet", "--branch=main", &url, name]);
        self.clones.git(name, &["checkout", "--quiet", "--detach"]);
        self.clones.path(name)
    }

    /// The clone's commit.
    pub(super) fn head(&self, clone: &str) -> String {
        self.clones.git(clone, &["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Somebody changes the capacity that is declared, and pushes it to a branch.
    pub(super) fn declare(&self, clone: &str, branch: &str, capacity: u32) {
        let file = self.clone(clone).join("desired-state/billing.yaml");
        let text = std::fs::read_to_string(&file).unwrap();
        let (before, after) = text.split_once("capacity: ").unwrap();
        let (_, after) = after.split_once('\n').unwrap();
        std::fs::write(&file, format!("{before}capacity: {capacity}\n{after}")).unwrap();
        self.clones.git(clone, &["commit", "--quiet", "--all", "-m", "capacity"]);
        self.clones.git(
            clone,
            &["push", "--quiet", "--force", "origin", &format!("HEAD:refs/heads/{branch}")],
        );
    }

    /// A clone of what would be if the branch were merged, as CI systems plan it.
    pub(super) fn merged(&self, clone: &str, branch: &str) -> PathBuf {
        let path = self.clone(clone);
        self.clones.git(
            clone,
            &["merge", "--quiet", "--no-ff", "-m", "merge", &format!("origin/{branch}")],
        );
        path
    }

    /// The capacity that the tenant has.
    pub(super) fn capacity(&self) -> Option<u64> {
        let world = self.port.world();
        let capacity = world.table("queues").rows().find(|(_, row)| row["name"] == "Billing");
        capacity.map(|(_, row)| row["capacity"].as_u64().unwrap())
    }

    /// Somebody changes the tenant by hand.
    pub(super) fn change_by_hand(&self, capacity: u32) {
        let mut world = self.port.world();
        let id = world.table("queues").rows().next().unwrap().0.to_owned();
        world.edit("queues", &id, &json!({ "capacity": capacity }));
    }

    /// How many requests could have changed the tenant.
    pub(super) fn writes(&self) -> usize {
        let is_write = |method| method != Method::Get;
        let log = self.port.log();
        log.iter().filter(|l| is_write(l.method) && !l.path.contains("token")).count()
    }

    /// The audit on the branch, sound: how many runs began and ended.
    pub(super) fn audited(&self) -> (usize, usize) {
        let audit = self.clones.on_branch("prod/audit/prod.jsonl").unwrap();
        let verified = cxform::audit::verify(audit.as_bytes(), None);
        assert_eq!(verified.problems, [], "{audit}");
        let count = |event: &str| audit.matches(&format!("\"event\":\"{event}\"")).count();
        (count("start"), count("end"))
    }

    /// The program that a step finds: ours, and what stands in.
    pub(super) fn path(&self) -> String {
        let bin = self.store.path().join("bin");
        format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())
    }

    /// What a service that is stood in for has kept.
    pub(super) fn kept(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.store.path().join(name));
        text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
    }

    /// The secrets that the CI has.
    pub(super) fn secrets(&self) -> [(&'static str, String); 3] {
        [
            ("CXONE_BASE_URL", self.port.url()),
            ("CXONE_CLIENT_ID", "tests".to_owned()),
            ("CXONE_CLIENT_SECRET", SECRET.to_owned()),
        ]
    }
}

/// Says where the program is fetched from, as whoever copies the workflows does.
fn name_program(files: &Folder, file: &str, program: &Path) {
    let Ok(text) = std::fs::read_to_string(files.path().join(file)) else { return };
    let sum = Command::new("sha256sum").arg(program).output().unwrap().stdout;
    let sum = String::from_utf8(sum).unwrap()[..64].to_owned();
    let url = text.lines().find_map(|line| line.trim().strip_prefix("CXFORM_URL: ")).unwrap();
    let text = text.replace(url, &format!("file://{}", program.display()));
    assert!(text.contains(&"0".repeat(64)), "{text}");
    files.put(file, &text.replace(&"0".repeat(64), &sum));
}

#[allow(clippy::print_stderr, reason = "a test that is passed over says so")]
fn tell(text: &str) {
    eprintln!("{text}");
}
