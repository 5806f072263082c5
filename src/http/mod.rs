//! Requests and responses as data, and the pure decisions about them. Sockets live in `tenant` and
//! `sim`.

pub mod lenient;
mod query;
pub mod retry;
pub mod rows;

use std::fmt::Write as _;

pub use query::{Query, Report};

use serde_json::Value;

use crate::model::Raw;

/// How a tenant's API is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// CXone API v2 (the contract page of the first dialect).
    V2,
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::V2 => f.write_str("v2"),
        }
    }
}

/// The methods that the contract uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, replaces an assignment, asks for a token or a report.
    Post,
    /// Replaces a queue.
    Put,
    /// Deletes.
    Delete,
}

impl Method {
    /// The method's name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A request that can only read: it has no method and no body to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The path, percent-encoded, after the tenant's base URL.
    pub path: String,
    /// Query parameters, not yet encoded.
    pub query: Vec<(&'static str, String)>,
    /// The OAuth scope that the call needs; empty for none.
    pub scope: &'static str,
}

impl Read {
    /// A read of `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, scope: &'static str) -> Self {
        Self { path: path.into(), query: Vec::new(), scope }
    }

    /// The same read of one page of a list, from 1.
    #[must_use]
    pub fn page(&self, page: usize) -> Self {
        let mut read = self.clone();
        read.query.push(("page", page.to_string()));
        read.query.push(("pageSize", PAGE_SIZE.to_string()));
        read
    }

    /// Path and query as they go over the wire.
    #[must_use]
    pub fn target(&self) -> String {
        target(&self.path, &self.query)
    }
}

/// A path with its query parameters, encoded.
fn target(path: &str, query: &[(&'static str, String)]) -> String {
    let mut target = path.to_owned();
    for (index, (name, value)) in query.iter().enumerate() {
        let _ = write!(target, "{}{name}={}", if index == 0 { '?' } else { '&' }, encode(value));
    }
    target
}

/// A request that changes the tenant.
#[derive(Clone, PartialEq, Eq)]
pub struct Write {
    /// The method.
    pub method: Method,
    /// The path, percent-encoded, after the tenant's base URL.
    pub path: String,
    /// The JSON body, if any.
    pub body: Option<Raw>,
    /// The body as it may be seen, where it has secrets in it.
    pub masked: Option<Raw>,
    /// The OAuth scope that the call needs.
    pub scope: &'static str,
}

impl Write {
    /// The body without what is secret in it.
    #[must_use]
    pub fn seen(&self) -> Option<&Raw> {
        self.masked.as_ref().or(self.body.as_ref())
    }
}

impl std::fmt::Debug for Write {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Write");
        shown.field("method", &self.method).field("path", &self.path).field("body", &self.seen());
        shown.field("scope", &self.scope).finish()
    }
}

/// How many entities a page of a list holds at most, and how many are asked for.
pub const PAGE_SIZE: usize = 100;

/// One response, as a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// `ETag`, as it came.
    pub etag: Option<String>,
    /// `Retry-After`, as it came.
    pub retry_after: Option<String>,
    /// `X-Request-Id`, as it came.
    pub request_id: Option<String>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as JSON, or nothing where it is none.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Percent-encodes one path segment or query value (all but RFC 3986's unreserved characters).
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
