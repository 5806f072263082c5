//! One request over the network: the only user of reqwest.

use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::TenantError;
use crate::http::{Method, Response};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(60);

/// A client for one base URL.
pub(super) struct Transport {
    client: reqwest::Client,
    base: String,
}

/// One request as it leaves.
pub(super) struct Outgoing<'a> {
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: &'a str,
    pub(super) token: Option<&'a SecretString>,
    pub(super) if_match: Option<&'a str>,
    pub(super) body: Payload<'a>,
}

/// What a request carries.
pub(super) enum Payload<'a> {
    None,
    Json(&'a str),
    Form(&'a SecretString),
}

/// No answer came.
pub(super) struct NoAnswer {
    /// Whether it is certain that nothing was sent.
    pub(super) not_sent: bool,
    /// What the system said.
    pub(super) why: String,
}

/// A client that follows no redirects and, for this machine's own addresses, no proxy.
pub(super) fn builder(base: &str) -> reqwest::ClientBuilder {
    // A second call finds the provider installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("cxform/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .tcp_nodelay(true);
    if base.starts_with("http://") { builder.no_proxy() } else { builder }
}

/// The same, which waits so long for an answer and no longer.
pub(super) fn client(base: &str) -> reqwest::Result<reqwest::Client> {
    builder(base).timeout(ANSWER).build()
}

impl NoAnswer {
    /// What went wrong, without the system's own words.
    pub(super) fn in_short(&self) -> &'static str {
        if self.not_sent { "no connection could be made" } else { "the connection broke" }
    }
}

impl Transport {
    /// A client for the tenant at `base`.
    pub(super) fn new(base: &str) -> Result<Self, TenantError> {
        let client = client(base).map_err(|error| TenantError::Unreachable {
            url: base.to_owned(),
            why: chain(&error),
        })?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned() })
    }

    /// The URL of a request, for messages.
    pub(super) fn url(&self, target: &str) -> String {
        format!("{}{target}", self.base)
    }

    /// Sends one request and reads its whole answer.
    pub(super) async fn send(&self, outgoing: &Outgoing<'_>) -> Result<Response, NoAnswer> {
        let method = match outgoing.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = self
            .client
            .request(method, self.url(outgoing.target))
            .header(header::ACCEPT, "application/json");
        if let Some(token) = outgoing.token {
            request = request.header(header::AUTHORIZATION, bearer(token)?);
        }
        if let Some(version) = outgoing.if_match {
            request = request.header(header::IF_MATCH, version);
        }
        request = match &outgoing.body {
            Payload::None => request,
            Payload::Json(text) => {
                request.header(header::CONTENT_TYPE, "application/json").body((*text).to_owned())
            }
            Payload::Form(form) => request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.expose_secret().to_owned()),
        };
        let response = request.send().await.map_err(|error| no_answer(&error))?;
        let status = response.status().as_u16();
        let (etag, retry_after, request_id) = {
            let headers = response.headers();
            (
                text(headers, header::ETAG.as_str()),
                text(headers, header::RETRY_AFTER.as_str()),
                text(headers, "x-request-id"),
            )
        };
        let body = response.bytes().await.map_err(|error| no_answer(&error))?.into();
        Ok(Response { status, etag, retry_after, request_id, body })
    }
}

fn bearer(token: &SecretString) -> Result<HeaderValue, NoAnswer> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|_| NoAnswer { not_sent: true, why: "the token is no header text".to_owned() })?;
    value.set_sensitive(true);
    Ok(value)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    NoAnswer { not_sent: error.is_connect() || error.is_builder(), why: chain(error) }
}

/// An error's causes, innermost last; reqwest puts no header and no body into its errors.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}
