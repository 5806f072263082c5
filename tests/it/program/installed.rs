//! What an installation relies on: whom TLS trusts, and the manual pages.

use std::process::Command;

use crate::support::port::{end, program};
use crate::support::tls::Authority;
use crate::support::{Folder, Ran, cxform, root};

/// `doctor` about a tenant that does not answer, with what this file's content makes trusted.
fn doctor(trusted: &str) -> Ran {
    let folder = Folder::new("trusted");
    folder.put("trusted.pem", trusted);
    let mut program = program(folder.path(), &["doctor"]);
    program
        .env("SSL_CERT_FILE", folder.path().join("trusted.pem"))
        .env("CXONE_BASE_URL", "https://127.0.0.1:1")
        .env("CXONE_CLIENT_ID", "id")
        .env("CXONE_CLIENT_SECRET", "secret");
    end(program.spawn().unwrap())
}

#[test]
fn doctor_tells_whom_tls_trusts() {
    let named = doctor(&Authority::new().pem);
    let expect = "ok      TLS trusts 1 authority named by SSL_CERT_FILE or SSL_CERT_DIR\n";
    assert!(named.out.contains(expect), "{named:?}");
}

#[test]
fn a_file_without_authorities_trusts_nobody_rather_than_all() {
    let empty = doctor("");
    let expect =
        "failed  SSL_CERT_FILE or SSL_CERT_DIR is set, and no certificate can be read there";
    assert!(empty.code == 1 && empty.out.contains(expect), "{empty:?}");
    let reached = empty.out.lines().filter(|line| line.starts_with("failed")).count();
    assert_eq!(reached, 2, "the tenant is not tried either: {empty:?}");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Folder::new("man");
    let ran = cxform(folder.path(), &[], &["man", "--out", "man"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for page in ["cxform", "cxform-plan", "cxform-audit-verify"] {
        let text = std::fs::read_to_string(folder.path().join(format!("man/{page}.1"))).unwrap();
        assert!(text.contains(&format!(".TH {page} 1")), "{text}");
    }
    let ran = cxform(folder.path(), &[], &["man"]);
    let page = std::fs::read_to_string(folder.path().join("man/cxform.1")).unwrap();
    assert_eq!((ran.code, ran.out), (0, page));
}

/// The script of `action.yml` against a release in a folder.
fn install(release: &Folder, version: &str, sha256: &str) -> Ran {
    let said = |name: &str| release.path().join(name);
    let output = Command::new("bash")
        .arg(root().join("dist/install.sh"))
        .env("VERSION", version)
        .env("SHA256", sha256)
        .env("SERVER", format!("file://{}", release.path().display()))
        .env("REPOSITORY", "team/cxform")
        .env("RUNNER_TEMP", release.path())
        .env("GITHUB_PATH", said("path"))
        .env("GITHUB_OUTPUT", said("output"))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap().try_into().unwrap();
    Ran { out: text(output.stdout), err: text(output.stderr), code }
}

#[test]
fn the_action_installs_only_what_its_checksum_says() {
    let release = Folder::new("release");
    let name = format!("cxform-1.2.3-{}-unknown-linux-musl", std::env::consts::ARCH);
    let at = "team/cxform/releases/download/v1.2.3";
    release.put(&format!("{name}/cxform"), "#!/bin/sh\necho cxform 1.2.3\n");
    release.put(&format!("{at}/SHA256SUMS"), "");
    let pack = format!(
        "chmod +x {name}/cxform && tar -czf {at}/{name}.tar.gz {name} && cd {at} && \
         sha256sum {name}.tar.gz > SHA256SUMS"
    );
    let packed = Command::new("sh").args(["-c", &pack]).current_dir(release.path()).status();
    assert!(packed.unwrap().success());
    let sums = std::fs::read_to_string(release.path().join(at).join("SHA256SUMS")).unwrap();
    let right = sums.split(' ').next().unwrap();

    for sha256 in ["", right] {
        let ran = install(&release, "1.2.3", sha256);
        assert_eq!((ran.code, &*ran.out), (0, "cxform 1.2.3\n"), "{ran:?}");
    }
    let path = std::fs::read_to_string(release.path().join("path")).unwrap();
    assert_eq!(path.lines().count(), 2);
    assert!(path.lines().all(|folder| std::path::Path::new(folder).join("cxform").exists()));

    let zeros = "0".repeat(64);
    for (version, sha256, why) in [
        ("1.2.3", &*zeros, "is not what its checksum says"),
        ("1.2.3", "; rm -rf .", "64 hexadecimal digits"),
        ("$(id)", "", "a release like 0.1.0"),
        ("1.2.4", "", "cannot be fetched"),
    ] {
        let ran = install(&release, version, sha256);
        assert!(ran.code == 1 && ran.out.contains(why), "{version} {sha256}: {ran:?}");
    }
    let path = std::fs::read_to_string(release.path().join("path")).unwrap();
    assert_eq!(path.lines().count(), 2, "nothing more is on the PATH");
}
