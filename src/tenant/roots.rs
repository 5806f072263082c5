//! Whose certificates are trusted: what `SSL_CERT_FILE` or `SSL_CERT_DIR` names, else the system's
//! store, else, in a container without any, Mozilla's list as it was when we were built.

use std::sync::OnceLock;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

/// The authorities that an `https://` server's certificate is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// Where they are from.
    pub origin: Origin,
    certificates: Vec<CertificateDer<'static>>,
}

/// Where authorities are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From what `SSL_CERT_FILE` or `SSL_CERT_DIR` names.
    Named,
    /// From the system's store.
    System,
    /// From Mozilla's list, since the system has none.
    Bundled,
}

impl Roots {
    /// Those of this process; they are looked for once.
    ///
    /// # Errors
    /// A variable names them, and there are none.
    pub fn of_process() -> Result<&'static Self, &'static str> {
        static ROOTS: OnceLock<Result<Roots, String>> = OnceLock::new();
        ROOTS.get_or_init(find).as_ref().map_err(String::as_str)
    }

    /// How many there are, never none.
    #[must_use]
    pub fn count(&self) -> usize {
        self.certificates.len()
    }

    /// As the client wants them.
    pub(super) fn certificates(&self) -> impl Iterator<Item = reqwest::Certificate> + '_ {
        self.certificates.iter().filter_map(|der| reqwest::Certificate::from_der(der).ok())
    }
}

#[allow(clippy::disallowed_methods, reason = "who loads them reads these two itself")]
fn find() -> Result<Roots, String> {
    let is_named =
        ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| std::env::var_os(name).is_some());
    let found = rustls_native_certs::load_native_certs();
    let why = found.errors.first().map(ToString::to_string);
    choose(is_named, found.certs, why.as_deref())
}

/// What is named wins, even where there is nothing in it: who narrows what is trusted does not get
/// the whole of Mozilla's list for a slip of the pen.
fn choose(
    is_named: bool,
    found: Vec<CertificateDer<'static>>,
    why: Option<&str>,
) -> Result<Roots, String> {
    let found = usable(found);
    match (is_named, found.is_empty()) {
        (true, false) => Ok(Roots { origin: Origin::Named, certificates: found }),
        (false, false) => Ok(Roots { origin: Origin::System, certificates: found }),
        (false, true) => {
            let certificates = usable(webpki_root_certs::TLS_SERVER_ROOT_CERTS.to_vec());
            Ok(Roots { origin: Origin::Bundled, certificates })
        }
        (true, true) => Err(format!(
            "SSL_CERT_FILE or SSL_CERT_DIR is set, and no certificate can be read there{}; it needs \
             PEM, or unset it to trust the system's",
            why.map_or_else(String::new, |why| format!(" ({why})"))
        )),
    }
}

/// Without what is no certificate: systems' stores have some that are too old to be read.
fn usable(mut certificates: Vec<CertificateDer<'static>>) -> Vec<CertificateDer<'static>> {
    let mut store = RootCertStore::empty();
    certificates.retain(|der| store.add(der.clone()).is_ok());
    certificates
}

#[cfg(test)]
mod tests {
    use super::{CertificateDer, Origin, choose};

    #[test]
    fn what_is_named_wins_and_what_is_bundled_is_the_last_resort() {
        let one = || vec![webpki_root_certs::TLS_SERVER_ROOT_CERTS[0].clone()];
        let broken = || vec![CertificateDer::from(vec![1, 2, 3])];
        let check = |is_named, found, expect: Option<(Origin, bool)>| {
            let roots = choose(is_named, found, Some("the reason")).ok();
            let told = roots.map(|roots| (roots.origin, roots.count() > 100));
            assert_eq!(told, expect, "{is_named}");
        };
        check(true, one(), Some((Origin::Named, false)));
        check(false, one(), Some((Origin::System, false)));
        check(false, vec![], Some((Origin::Bundled, true)));
        check(false, broken(), Some((Origin::Bundled, true)));
        check(true, vec![], None);
        check(true, broken(), None);
        let both = [one(), broken()].concat();
        assert_eq!(choose(false, both, None).unwrap().certificates, one());
        let error = choose(true, vec![], Some("the reason")).unwrap_err();
        assert!(error.starts_with("SSL_CERT_FILE") && error.contains("(the reason)"), "{error}");
    }

    #[test]
    fn the_client_takes_every_one_that_is_bundled() {
        let roots = choose(false, vec![], None).unwrap();
        assert_eq!(roots.count(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
        assert_eq!(roots.certificates().count(), roots.count());
    }
}
