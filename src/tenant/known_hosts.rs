//! Which keys an SSH server may have: those that a `known_hosts` file of OpenSSH names for it, or
//! the one with a fingerprint.

use hmac::{Hmac, KeyInit as _, Mac as _};
use russh::keys::ssh_key::known_hosts::{Entry, HostPatterns, Marker};
use russh::keys::{Algorithm, HashAlg, PublicKey};
use sha1::Sha1;

/// What is known of servers. A server must be as everything here says, and something must be here.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    /// The text of a `known_hosts` file.
    pub file: Option<String>,
    /// The fingerprint of the key, `SHA256:…`.
    pub fingerprint: Option<String>,
}

/// What a file says about one server.
#[derive(Default)]
struct Said {
    keys: Vec<PublicKey>,
    revoked: Vec<PublicKey>,
}

impl KnownHosts {
    /// Why a server's key is not to be trusted, if it is not.
    pub(super) fn refuse(&self, host: &str, port: u16, key: &PublicKey) -> Option<String> {
        let seen = told(key);
        if self.fingerprint.is_none() && self.file.is_none() {
            return Some(format!("it showed {seen}, and no key of it is known"));
        }
        if let Some(expected) = &self.fingerprint
            && key.fingerprint(HashAlg::Sha256).to_string() != expected.trim_end_matches('=')
        {
            return Some(format!("it showed {seen}, expected {expected}"));
        }
        let file = self.file.as_deref()?;
        let said = said(file, host, port);
        let is = |known: &PublicKey| known.key_data() == key.key_data();
        if said.revoked.iter().any(is) {
            return Some(format!("it showed {seen}, which the known hosts revoke"));
        }
        if said.keys.iter().any(is) {
            return None;
        }
        let expected: Vec<String> = said.keys.iter().map(told).collect();
        Some(match expected.is_empty() {
            true => format!("it showed {seen}, and the known hosts have no key of it"),
            false => format!("it showed {seen}, expected {}", expected.join(" or ")),
        })
    }

    /// The sorts of keys that a server is to be asked for, of those that can be verified.
    pub(super) fn algorithms(&self, host: &str, port: u16, all: &[Algorithm]) -> Vec<Algorithm> {
        let said = self.file.as_deref().map(|file| said(file, host, port)).unwrap_or_default();
        let is_known =
            |algorithm: &&Algorithm| said.keys.iter().any(|key| key.algorithm() == **algorithm);
        let known: Vec<Algorithm> = all.iter().filter(is_known).cloned().collect();
        // With none of them, whatever it shows is told.
        if known.is_empty() { all.to_vec() } else { known }
    }
}

/// A key as people see it: `ssh-ed25519 SHA256:…`.
fn told(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256))
}

/// What a file says about a server. A line that cannot be read says nothing, as OpenSSH has it.
fn said(file: &str, host: &str, port: u16) -> Said {
    let name = match port {
        22 => host.to_ascii_lowercase(),
        port => format!("[{}]:{port}", host.to_ascii_lowercase()),
    };
    let mut said = Said::default();
    for line in file.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let Ok(entry) = line.parse::<Entry>() else { continue };
        if !is_named(entry.host_patterns(), &name) {
            continue;
        }
        match entry.marker() {
            None => said.keys.push(entry.public_key().clone()),
            Some(Marker::Revoked) => said.revoked.push(entry.public_key().clone()),
            // Certificates are not asked for.
            Some(Marker::CertAuthority) => {}
        }
    }
    said
}

fn is_named(patterns: &HostPatterns, name: &str) -> bool {
    match patterns {
        HostPatterns::HashedName { salt, hash } => Hmac::<Sha1>::new_from_slice(salt)
            .is_ok_and(|mac| mac.chain_update(name).verify_slice(hash).is_ok()),
        HostPatterns::Patterns(patterns) => {
            let fits =
                |pattern: &str| fits(pattern.to_ascii_lowercase().as_bytes(), name.as_bytes());
            let is_excluded = |p: &String| p.strip_prefix('!').is_some_and(fits);
            !patterns.iter().any(is_excluded) && patterns.iter().any(|pattern| fits(pattern))
        }
    }
}

/// Whether a name is as a pattern says, in which `*` is any text and `?` any character.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // Where the last `*` was, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(one) if *one == b'?' || *one == name[from] => (at, from) = (at + 1, from + 1),
            _ => match star {
                Some((back, taken)) => {
                    star = Some((back, taken + 1));
                    (at, from) = (back + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|one| *one == b'*')
}

#[cfg(test)]
mod tests {
    use russh::keys::{Algorithm, PublicKey};

    use super::KnownHosts;

    const ONE: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEIA7bWB0Tah/G0ntlvEHYXlZfRwzKtqZf9HPCHfx1PK";
    const OTHER: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPMyFstD8RxVURj21t0h369ynNPTp0Oy5QRZuWjpNd7K";
    const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJbO+P2Lspywke5/8Wxno/wRJ8W5MyC0e74l5etqfbefAuPxSOhvR/kFLi2P3/WrtRjPwbpevBtnoYyV3izQWOs=";

    fn key(text: &str) -> PublicKey {
        PublicKey::from_openssh(text).unwrap()
    }

    fn fingerprint(text: &str) -> String {
        key(text).fingerprint(russh::keys::HashAlg::Sha256).to_string()
    }

    #[test]
    fn a_key_must_be_the_known_one() {
        let check = |file: &str, host: &str, port: u16, expect: Option<&str>| {
            let known = KnownHosts { file: Some(file.to_owned()), fingerprint: None };
            let refused = known.refuse(host, port, &key(ONE));
            assert_eq!(refused.as_deref(), expect, "{file}");
        };
        let seen = format!("it showed ssh-ed25519 {}", fingerprint(ONE));
        let unknown = format!("{seen}, and the known hosts have no key of it");
        let wrong = format!("{seen}, expected ssh-ed25519 {}", fingerprint(OTHER));
        let revoked = format!("{seen}, which the known hosts revoke");
        check("", "host", 22, Some(&unknown));
        check(&format!("host {ONE} comment"), "host", 22, None);
        check(&format!("# host {ONE}"), "host", 22, Some(&unknown));
        check(&format!("host {ONE}"), "HOST", 22, None);
        check(&format!("host {ONE}"), "host", 2222, Some(&unknown));
        check(&format!("[host]:2222,other {ONE}"), "host", 2222, None);
        check(&format!("host {OTHER}"), "host", 22, Some(&wrong));
        check(&format!("host {OTHER}\nnonsense\n\nhost {ONE}\n"), "host", 22, None);
        check(&format!("*.example,!bad.example {ONE}"), "sftp.example", 22, None);
        check(&format!("*.example,!bad.example {ONE}"), "bad.example", 22, Some(&unknown));
        check(&format!("10.0.0.? {ONE}"), "10.0.0.7", 22, None);
        check(&format!("10.0.0.? {ONE}"), "10.0.0.17", 22, Some(&unknown));
        check(&format!("host {ONE}\n@revoked * {ONE}"), "host", 22, Some(&revoked));
        check(&format!("@cert-authority * {ONE}"), "host", 22, Some(&unknown));
        // ssh-keygen -H
        check(
            &format!("|1|onPi4Gg3z+N9fKzHtE6rf4OIPmM=|k+tGfd1bDIMVir/3hVcQQijHs7w= {ONE}"),
            "host",
            22,
            None,
        );
        check(
            &format!("|1|onPi4Gg3z+N9fKzHtE6rf4OIPmM=|k+tGfd1bDIMVir/3hVcQQijHs7w= {ONE}"),
            "other",
            22,
            Some(&unknown),
        );
    }

    #[test]
    fn a_fingerprint_pins_the_key() {
        let check = |fingerprint: Option<String>, file: Option<String>, is_trusted: bool| {
            let known = KnownHosts { file, fingerprint };
            let refused = known.refuse("host", 22, &key(ONE));
            assert_eq!(refused.is_none(), is_trusted, "{known:?} {refused:?}");
        };
        check(None, None, false);
        check(Some(fingerprint(ONE)), None, true);
        check(Some(fingerprint(ONE) + "="), None, true);
        check(Some(fingerprint(OTHER)), None, false);
        check(Some(fingerprint(ONE)), Some(format!("host {ONE}")), true);
        check(Some(fingerprint(ONE)), Some(format!("host {OTHER}")), false);
        check(Some(fingerprint(OTHER)), Some(format!("host {ONE}")), false);
    }

    #[test]
    fn a_server_is_asked_for_the_sort_of_key_that_is_known() {
        let all = [Algorithm::Ed25519, key(ECDSA).algorithm()];
        let check = |file: Option<String>, expect: &[Algorithm]| {
            let known = KnownHosts { file, fingerprint: None };
            assert_eq!(known.algorithms("host", 22, &all), expect);
        };
        check(None, &all);
        check(Some(format!("other {ECDSA}")), &all);
        check(Some(format!("host {ECDSA}")), &all[1..]);
        check(Some(format!("host {ONE}\nhost {ECDSA}")), &all);
    }
}
