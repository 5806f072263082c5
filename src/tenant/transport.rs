//! Requests over the network: the only user of reqwest.

use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::TenantError;
use super::request::{Answering, NoAnswer, Outgoing, Payload, Transport};
use super::roots::Roots;
use crate::http::{Method, Response};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// A client for one base URL.
pub(super) struct Network {
    client: reqwest::Client,
    base: String,
}

/// A client that follows no redirects and, for this machine's own addresses, has no proxy and trusts
/// no authority, since none is asked for.
///
/// # Errors
/// Nobody can be trusted.
pub(super) fn builder(base: &str) -> Result<reqwest::ClientBuilder, String> {
    // A second call finds the provider installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("cxform/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .tcp_nodelay(true);
    if base.starts_with("http://") {
        return Ok(builder.no_proxy().tls_certs_only([]));
    }
    Ok(builder.tls_certs_only(Roots::of_process()?.certificates()))
}

/// The client itself.
///
/// # Errors
/// As [`builder`]'s, or it cannot be made.
pub(super) fn client(base: &str) -> Result<reqwest::Client, String> {
    builder(base)?.build().map_err(|error| chain(&error))
}

impl Network {
    /// A client for the tenant at `base`.
    pub(super) fn new(base: &str) -> Result<Self, TenantError> {
        let client =
            client(base).map_err(|why| TenantError::Unreachable { url: base.to_owned(), why })?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned() })
    }

    async fn exchange(&self, outgoing: &Outgoing<'_>) -> Result<Response, NoAnswer> {
        let method = match outgoing.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = self
            .client
            .request(method, format!("{}{}", self.base, outgoing.target))
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

impl Transport for Network {
    fn send<'a>(&'a self, outgoing: &'a Outgoing<'a>) -> Answering<'a> {
        Box::pin(self.exchange(outgoing))
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
