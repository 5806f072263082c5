//! What a CI works with: a remote, a tenant behind a port, and a folder of programs that stand in.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use cxform::http::Method;
use serde_json::{Value, json};

use crate::support::clones::Clones;
use crate::support::port::{Port, SECRET};
use crate::support::{Folder, Ran, cxform, root};

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
        for program in ["bash", "jq", "curl", "sha256sum", "tar"] {
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
        let (archive, sum) = pack(&store);
        for file in FETCHING.iter().map(|(_, file)| *file) {
            if let Ok(text) = std::fs::read_to_string(files.path().join(file)) {
                let (url, zeros) = placeholders(&text);
                let url = text.replace(&url, &format!("file://{}", archive.display()));
                files.put(file, &url.replace(&zeros, &sum));
            }
        }
        let scene = Self { port, clones: Clones::of(&files)?, store };
        scene.program("gh", include_str!("gh.sh"));
        let curl = Command::new("bash").args(["-c", "command -v curl"]).output().unwrap().stdout;
        let curl = String::from_utf8(curl).unwrap();
        scene.program("curl", &include_str!("curl.sh").replace("$CURL", curl.trim()));
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

    /// Somebody declares on main that the queue is to be gone, which is held, and if it were not
    /// would be blocked.
    pub(super) fn abandon(&self, clone: &str) {
        let folder = self.clone(clone);
        let project = std::fs::read_to_string(folder.join("cxform.yaml")).unwrap();
        let policy = format!("{project}\npolicy: {{ deletes: 0 }}\n");
        std::fs::write(folder.join("cxform.yaml"), policy).unwrap();
        let file = folder.join("desired-state/billing.yaml");
        let text = std::fs::read_to_string(&file).unwrap();
        let (_, others) = text.split_once("---\n").unwrap();
        let gone =
            "apiVersion: cxform/v1\nkind: Queue\nmetadata: { name: Billing }\nstate: absent\n";
        std::fs::write(&file, format!("{gone}---\n{others}")).unwrap();
        self.clones.git(clone, &["commit", "--quiet", "--all", "-m", "gone"]);
        self.clones.git(clone, &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    }

    /// What lifts the rule that blocks a plan, as its report says: `RULE@HASH`.
    pub(super) fn lifting(report: &str) -> String {
        let (_, told) = report.split_once("--override ").unwrap_or_else(|| panic!("{report}"));
        told.split_whitespace().next().unwrap().to_owned()
    }

    /// Whether the branch's audit has this reason.
    pub(super) fn has_reason(&self, reason: &str) -> bool {
        let audit = self.clones.on_branch("prod/audit/prod.jsonl").unwrap();
        audit.contains(&format!("\"reason\":\"{reason}\""))
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

    /// Runs a script in a clone with these variables and no others, while something happens to it.
    pub(super) fn bash(
        &self,
        clone: &str,
        script: &str,
        variables: &[(&str, String)],
        meanwhile: Option<&dyn Fn(&mut Child)>,
    ) -> Ran {
        let file = self.store.path().join("script.sh");
        std::fs::write(&file, script).unwrap();
        let mut bash = Command::new("bash");
        bash.arg("-e").arg(&file).current_dir(self.clones.path(clone)).env_clear();
        bash.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        bash.envs(self.clones.variables())
            .env("CI_STORE", self.store.path())
            .env("PATH", self.path())
            .envs(variables.iter().map(|(name, value)| (*name, value)));
        let mut child = bash.spawn().unwrap();
        if let Some(meanwhile) = meanwhile {
            meanwhile(&mut child);
        }
        ended(child)
    }

    /// 60 queues more on main, and a tenant that takes its time with each.
    pub(super) fn declare_many(&self) {
        let queues: String = (0..60)
            .map(|n| {
                format!(
                    "---\napiVersion: cxform/v1\nkind: Queue\nmetadata: {{ name: q-{n} }}\n\
                     spec: {{ capacity: 10, priority: 5 }}\n"
                )
            })
            .collect();
        std::fs::write(self.clone("many").join("desired-state/many.yaml"), queues).unwrap();
        self.clones.git("many", &["add", "--all"]);
        self.clones.git("many", &["commit", "--quiet", "-m", "many"]);
        self.clones.git("many", &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
        let slow = json!([{"method": "POST", "path": "/api/v2/queues", "times": "forever",
            "what": {"delay": {"ms": 150}}}]);
        self.port.world().behaviour.faults = serde_json::from_value(slow).unwrap();
    }

    /// Sends a process a signal once the first of many queues is asked for.
    pub(super) fn signal(&self, child: &Child, signal: &str) {
        self.port.wait_for(|asked| asked.method == Method::Post && asked.path == "/api/v2/queues");
        let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    /// The program that a step finds: ours, and what stands in.
    pub(super) fn path(&self) -> String {
        let bin = self.store.path().join("bin");
        format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())
    }

    /// How many requests a service that is stood in for has got.
    pub(super) fn asked(&self) -> usize {
        let asked = std::fs::read_to_string(self.store.path().join("asked"));
        asked.map_or(0, |asked| asked.lines().count())
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

/// The CIs, and the file of each that says where the program is fetched from.
pub(super) const FETCHING: [(&str, &str); 3] = [
    ("github", ".github/actions/cxform/action.yml"),
    ("gitlab", ".gitlab-ci.yml"),
    ("azure", ".azure/cxform.yml"),
];

/// What whoever copies a file has to fill in: the address of the archive, and its checksum.
pub(super) fn placeholders(text: &str) -> (String, String) {
    let said = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap();
        line.trim_matches('"').to_owned()
    };
    (said("CXFORM_URL: "), said("CXFORM_SHA256: "))
}

/// An archive as `dist/build.sh` packs it, and its checksum. The program in it is a script that calls
/// ours, so that it is not the size of it.
pub(super) fn pack(folder: &Folder) -> (PathBuf, String) {
    let name = format!("cxform-{}-x86_64-unknown-linux-musl", env!("CARGO_PKG_VERSION"));
    let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_cxform"));
    folder.put(&format!("work/{name}/cxform"), &script);
    folder.put(&format!("work/{name}/man/cxform.1"), ".TH cxform 1\n");
    let build = std::fs::read_to_string(root().join("dist/build.sh")).unwrap();
    assert!(build.contains("\nname=cxform-$version-$target\n"), "{build}");
    let (_, packing) = build.split_once("\ntar --directory").unwrap();
    let (packing, _) = packing.split_once("\n#").unwrap();
    let packing = format!(
        "set -euo pipefail\nchmod 755 \"$work/$name/cxform\"\ntar --directory{packing}\n\
         sha256sum \"$out/$name.tar.gz\""
    );
    let packed = Command::new("bash")
        .args(["-c", &packing])
        .envs([("SOURCE_DATE_EPOCH", "0"), ("name", &name)])
        .env("work", folder.path().join("work"))
        .env("out", folder.path())
        .output()
        .unwrap();
    assert!(packed.status.success(), "{packed:?}");
    let sum = String::from_utf8(packed.stdout).unwrap()[..64].to_owned();
    (folder.path().join(format!("{name}.tar.gz")), sum)
}

/// Waits for a step to end; one that a signal ended has the code that a shell gives it.
pub(super) fn ended(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let code = output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap());
    Ran {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: code.try_into().unwrap(),
    }
}

#[allow(clippy::print_stderr, reason = "a test that is passed over says so")]
fn tell(text: &str) {
    eprintln!("{text}");
}
