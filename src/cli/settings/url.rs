//! The addresses of tenants.

use std::path::{Path, PathBuf};

use url::{Host, Url};

/// What stands before the seed's file in the url of the embedded tenant.
const SIM: &str = "sim:";

/// Why a text is not the url of a tenant, or of somebody who is sent something. None of the
/// messages repeats the text: a url may carry a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is no url at all.
    #[error("not a url: expected https://HOST, or sim:FILE")]
    NoUrl,
    /// The scheme is another one.
    #[error("not an https url: http:// is for loopback addresses only")]
    NotSafe,
    /// It has a user name or a password.
    #[error("the url carries a user name or a password: credentials are settings of their own")]
    UserInfo,
    /// It has a query or a fragment.
    #[error("the url has a query or a fragment: only a path prefix may follow the host")]
    Query,
    /// `sim:` without a file.
    #[error("`sim:` needs the snapshot that seeds the tenant: sim:FILE")]
    NoSeed,
}

/// Where a tenant is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// Behind a normalised url: host in lower case, no default port, no slash at the end.
    Api(String),
    /// Embedded, seeded from this file (absolute).
    Sim(PathBuf),
}

impl Location {
    /// Reads a tenant's url; a seed's file is relative to `folder`.
    ///
    /// # Errors
    /// The text is no url, or one that must not be used.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, UrlError> {
        match text.strip_prefix(SIM) {
            Some("") => Err(UrlError::NoSeed),
            Some(seed) => Ok(Self::Sim(folder.join(seed))),
            None => normalised(text).map(Self::Api),
        }
    }
}

fn normalised(text: &str) -> Result<String, UrlError> {
    let url = safe(text)?;
    if url.query().is_some() {
        return Err(UrlError::Query);
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// A url that secrets may be sent to.
pub(super) fn safe(text: &str) -> Result<Url, UrlError> {
    let url = Url::parse(text).map_err(|_| UrlError::NoUrl)?;
    let is_loopback = match url.host().ok_or(UrlError::NoUrl)? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(UrlError::Query);
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback => Ok(url),
        _ => Err(UrlError::NotSafe),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Location, UrlError};

    fn check(text: &str, expect: Result<&str, UrlError>) {
        let location = Location::parse(text, Path::new("/project"));
        let expect = expect.map(|url| match url.strip_prefix('/') {
            Some(_) => Location::Sim(url.into()),
            None => Location::Api(url.to_owned()),
        });
        assert_eq!(location, expect, "{text}");
    }

    #[test]
    fn urls_are_normalised() {
        check("https://api.cxone.com", Ok("https://api.cxone.com"));
        check("https://API.CXone.com:443/", Ok("https://api.cxone.com"));
        check("https://api.cxone.com:8443/", Ok("https://api.cxone.com:8443"));
        check("https://gate.example.com/cxone/", Ok("https://gate.example.com/cxone"));
        check("sim:tenant.yaml", Ok("/project/tenant.yaml"));
        check("sim:/seeds/tenant.yaml", Ok("/seeds/tenant.yaml"));
    }

    #[test]
    fn http_is_for_loopback_only() {
        for host in ["127.0.0.1:8080", "127.1.2.3", "[::1]:80", "localhost:9", "LOCALHOST"] {
            assert!(Location::parse(&format!("http://{host}"), Path::new("/")).is_ok(), "{host}");
        }
        for host in ["api.cxone.com", "10.0.0.1", "localhost.evil.com", "[::2]", "127.0.0.1.nip.io"]
        {
            check(&format!("http://{host}"), Err(UrlError::NotSafe));
        }
        check("ftp://127.0.0.1", Err(UrlError::NotSafe));
    }

    #[test]
    fn what_does_not_belong_is_refused() {
        check("https://user:pass@api.cxone.com", Err(UrlError::UserInfo));
        check("http://127.0.0.1@evil.com", Err(UrlError::UserInfo));
        check("https://api.cxone.com/?a=b", Err(UrlError::Query));
        check("https://api.cxone.com/#x", Err(UrlError::Query));
        check("api.cxone.com", Err(UrlError::NoUrl));
        check("file:///etc/passwd", Err(UrlError::NoUrl));
        check("", Err(UrlError::NoUrl));
        check("sim:", Err(UrlError::NoSeed));
    }
}
