//! One request as it leaves, and who carries it.

use std::pin::Pin;
use std::time::Duration;

use secrecy::SecretString;

use crate::http::{Method, Response};

/// How long an answer may take.
pub(super) const ANSWER: Duration = Duration::from_secs(60);

/// A future that a request is answered with.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Response, NoAnswer>> + Send + 'a>>;

/// What carries requests to a tenant: the network, or whoever stands in for it.
pub trait Transport: Send + Sync {
    /// Sends one request and reads its whole answer. It is dropped when the answer takes too long.
    fn send<'a>(&'a self, outgoing: &'a Outgoing<'a>) -> Answering<'a>;
}

/// One request as it leaves.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// The method.
    pub method: Method,
    /// Path and query, after the tenant's base URL.
    pub target: &'a str,
    /// The bearer's token, if any.
    pub token: Option<&'a SecretString>,
    /// `If-Match`, if any.
    pub if_match: Option<&'a str>,
    /// What it carries.
    pub body: Payload<'a>,
}

/// What a request carries.
#[derive(Debug)]
pub enum Payload<'a> {
    /// Nothing.
    None,
    /// JSON.
    Json(&'a str),
    /// A form with a secret in it.
    Form(&'a SecretString),
}

/// No answer came.
#[derive(Debug)]
pub struct NoAnswer {
    /// Whether it is certain that nothing was sent.
    pub not_sent: bool,
    /// What the system said.
    pub why: String,
}

impl NoAnswer {
    /// What went wrong, without the system's own words.
    pub(super) fn in_short(&self) -> &'static str {
        if self.not_sent { "no connection could be made" } else { "the connection broke" }
    }

    /// It was waited for, and did not come.
    pub(super) fn in_time() -> Self {
        Self { not_sent: false, why: format!("no answer within {} s", ANSWER.as_secs()) }
    }
}
