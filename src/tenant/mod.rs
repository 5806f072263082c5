//! The only code that speaks to a tenant: transport, session, observe, apply. What reads and what
//! writes are different types, and whoever plans is handed a [`Reader`].

mod analytics;
mod apply;
mod change;
mod deliver;
mod figures;
mod histogram;
mod known_hosts;
mod lane;
mod observe;
#[cfg(feature = "otlp")]
mod otlp;
mod pace;
mod reader;
mod replace;
mod request;
mod reread;
mod roots;
mod session;
mod settle;
mod sftp;
mod side_by_side;
mod signature;
mod snapshot;
mod token;
mod transport;
mod upload;
mod watching;
mod wider;
mod words;

pub use analytics::analytics;
pub use apply::{Intent, Journal, JournalError, Manner, Recorded, apply};
pub use deliver::{Posted, Poster};
pub use figures::Figures;
pub use histogram::Histogram;
pub use known_hosts::KnownHosts;
pub use observe::{Observation, Step, Watch, learn, observe, recognise};
#[cfg(feature = "otlp")]
pub use otlp::{Otlp, OtlpSettings, RunSpan};
pub use reader::{Fetched, Reader, Writer, Wrote};
pub use request::{Answering, NoAnswer, Outgoing, Payload, Transport};
pub use reread::reread;
pub use roots::{Origin, Roots};
pub use settle::{Open, settle};
pub use sftp::{Sftp, SshIdentity};
pub use signature::signature;
pub use snapshot::{Taken, snapshot};
pub use token::Credentials;
pub use watching::{Retry, Watching};

use crate::http::Dialect;

/// How to reach a tenant and how hard to press it.
pub struct Connection {
    /// The base URL, without a trailing slash.
    pub url: String,
    /// How its API is spelled.
    pub dialect: Dialect,
    /// Who we are.
    pub credentials: Credentials,
    /// Requests a second, at most.
    pub requests_per_second: f64,
    /// Requests at the same time, at most.
    pub concurrency: usize,
    /// Seeds the jitter of waits.
    pub seed: u64,
    /// The current time in seconds since 1970.
    pub now: fn() -> i64,
}

/// Why a tenant could not be read or written. Nothing secret is in it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TenantError {
    /// The address does not answer.
    #[error("cannot reach {url}: {why}")]
    Unreachable {
        /// Method and URL.
        url: String,
        /// What the system said.
        why: String,
    },
    /// The tenant refused, or kept failing.
    #[error("{what} answered {status}{message}")]
    Refused {
        /// Method and path.
        what: String,
        /// The status.
        status: u16,
        /// What the tenant said, where it did, after a colon.
        message: String,
        /// The way out, where one can be told.
        hint: Option<String>,
        /// The tenant's own name of the request, if it told one.
        request_id: Option<String>,
    },
    /// A success whose body is not what the contract says.
    #[error("{what} answered something that is not the contract's JSON: {why}")]
    Garbled {
        /// Method and path.
        what: String,
        /// What was wrong.
        why: String,
    },
    /// The token names its scopes, and some are missing.
    #[error("the token lacks the scope{} {}", if missing.len() == 1 { "" } else { "s" }, missing.join(", "))]
    MissingScopes {
        /// What is missing.
        missing: Vec<String>,
    },
}

impl TenantError {
    /// The status that the tenant answered, if it did.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The tenant's own name of the request, if it told one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refused { request_id, .. } => request_id.as_deref(),
            _ => None,
        }
    }

    /// The way out, where one can be told.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { .. } => {
                Some("check the tenant's url, the network and HTTPS_PROXY".to_owned())
            }
            Self::Refused { hint, .. } => hint.clone(),
            Self::Garbled { .. } => {
                Some("check that the tenant's url is the API's base URL, not a web page".to_owned())
            }
            Self::MissingScopes { .. } => Some(
                "add the scopes to the OAuth client in the tenant; nothing was sent".to_owned(),
            ),
        }
    }
}
