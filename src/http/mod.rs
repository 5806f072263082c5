//! Requests and responses as data, and the pure decisions about them. Sockets live in `tenant` and
//! `sim`.

pub mod retry;

use std::fmt::Write as _;

use serde_json::Value;

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

/// The body of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// None.
    Empty,
    /// JSON, sent as `application/json`.
    Json(Value),
}

/// One request, as a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, percent-encoded, from the slash after the host; no query.
    pub path: String,
    /// Query parameters, not yet encoded.
    pub query: Vec<(String, String)>,
    /// `If-Match`, where the write has a precondition.
    pub if_match: Option<String>,
    /// The body.
    pub body: Body,
    /// The OAuth scope that the call needs.
    pub scope: &'static str,
}

impl Request {
    /// A request without query, precondition and body.
    #[must_use]
    pub fn new(method: Method, path: String, scope: &'static str) -> Self {
        Self { method, path, query: Vec::new(), if_match: None, body: Body::Empty, scope }
    }

    /// A read.
    #[must_use]
    pub fn get(path: String, scope: &'static str) -> Self {
        Self::new(Method::Get, path, scope)
    }

    /// The same request with a JSON body.
    #[must_use]
    pub fn json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    /// The same request with one more query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// Path and query as they go over the wire.
    #[must_use]
    pub fn target(&self) -> String {
        let mut target = self.path.clone();
        for (index, (name, value)) in self.query.iter().enumerate() {
            target.push(if index == 0 { '?' } else { '&' });
            let _ = write!(target, "{}={}", encode(name), encode(value));
        }
        target
    }
}

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
