//! The two handles on a tenant: one that reads, and one that also writes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::figures::Figures;
use super::session::{Call, Called, Session};
use super::{Connection, TenantError};
use crate::http::{Dialect, Method, PAGE_SIZE, Page, Read, Response, Write};
use crate::model::Raw;

/// A handle that can only read: it has no way to write.
#[derive(Clone)]
pub struct Reader(Arc<Session>);

/// A handle that reads and writes; only apply gets one.
pub struct Writer(Arc<Session>);

/// What a read brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fetched {
    /// The entities, each verbatim.
    pub rows: Vec<Raw>,
    /// The version, where the tenant tells one.
    pub etag: Option<String>,
}

/// What became of a write.
pub enum Wrote {
    /// It happened.
    Done(Response),
    /// A version has moved on, or the resource is there already.
    Conflict(TenantError),
    /// It may or may not have happened: look first.
    Lost {
        /// How long to wait before looking.
        wait: std::time::Duration,
        /// What happened to the answer.
        why: String,
    },
    /// It did not happen.
    Failed(TenantError),
}

impl Reader {
    /// A reading handle on a tenant; nothing is sent yet.
    ///
    /// # Errors
    /// The client cannot be built.
    pub fn connect(connection: Connection) -> Result<Self, TenantError> {
        Session::new(connection).map(Self)
    }

    /// How the tenant's API is spelled.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.0.dialect()
    }

    /// Requests at the same time, at most.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.0.concurrency()
    }

    /// What was counted so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.0.figures()
    }

    /// Fails where the token names its scopes and one of these is missing.
    ///
    /// # Errors
    /// The missing scopes, or no token could be had.
    pub async fn require(&self, scopes: &BTreeSet<&str>) -> Result<(), TenantError> {
        self.0.require(scopes).await
    }

    /// The scopes that the token names, if it does.
    ///
    /// # Errors
    /// No token could be had.
    pub async fn scopes(&self) -> Result<Option<BTreeSet<String>>, TenantError> {
        self.0.scopes().await
    }

    /// One entity; none where the tenant answers 404.
    ///
    /// # Errors
    /// The tenant cannot be reached, refuses, or answers no JSON object.
    pub async fn one(&self, read: &Read) -> Result<Option<Fetched>, TenantError> {
        match self.get(read, &read.target(), |response| object(response).is_some()).await {
            Ok(response) => Ok(Some(Fetched {
                rows: object(&response).into_iter().collect(),
                etag: response.etag,
            })),
            Err(TenantError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every entity of a paged list; the version is the first page's.
    ///
    /// # Errors
    /// The tenant cannot be reached, refuses, or answers no list.
    pub async fn list(&self, read: &Read) -> Result<Fetched, TenantError> {
        let mut all = Fetched::default();
        let mut last: Vec<Raw> = Vec::new();
        for number in 1.. {
            let target = read.page(number).target();
            let response = self.get(read, &target, |response| page(response).is_some()).await?;
            let rows = page(&response).map(|page| page.entities).unwrap_or_default();
            if number == 1 {
                all.etag = response.etag;
            } else if rows.len() >= PAGE_SIZE && rows == last {
                let why = "the same page again and again".to_owned();
                return Err(TenantError::Garbled { what: format!("GET {target}"), why });
            }
            let is_last = rows.len() < PAGE_SIZE;
            all.rows.extend(std::mem::replace(&mut last, rows));
            if is_last {
                break;
            }
        }
        all.rows.extend(last);
        Ok(all)
    }

    async fn get(
        &self,
        read: &Read,
        target: &str,
        sound: fn(&Response) -> bool,
    ) -> Result<Response, TenantError> {
        let method = Method::Get;
        let call = Call { method, target, if_match: None, body: None, scope: read.scope, sound };
        match self.0.call(call).await {
            Called::Done(response) => Ok(response),
            Called::Conflict(error) | Called::Failed(error) => Err(error),
            Called::Lost { why, .. } => {
                Err(TenantError::Unreachable { url: target.to_owned(), why })
            }
        }
    }
}

impl Writer {
    /// A reading and writing handle on a tenant; nothing is sent yet.
    ///
    /// # Errors
    /// The client cannot be built.
    pub fn connect(connection: Connection) -> Result<Self, TenantError> {
        Session::new(connection).map(Self)
    }

    /// The reading half, which shares token, pace and figures.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader(Arc::clone(&self.0))
    }

    /// Counts a write that is sent again after a look.
    pub(super) fn count_retry(&self) {
        self.0.count_retry();
    }

    /// Sends a write; `version` is its precondition, where the tenant has versions.
    pub async fn write(&self, write: &Write, version: Option<&str>) -> Wrote {
        let call = Call {
            method: write.method,
            target: &write.path,
            if_match: version,
            body: write.body.as_ref().map(Raw::as_str),
            scope: write.scope,
            sound: |_| true,
        };
        match self.0.call(call).await {
            Called::Done(response) => Wrote::Done(response),
            Called::Conflict(error) => Wrote::Conflict(error),
            Called::Lost { wait, why } => Wrote::Lost { wait, why },
            Called::Failed(error) => Wrote::Failed(error),
        }
    }
}

fn object(response: &Response) -> Option<Raw> {
    let text = std::str::from_utf8(&response.body).ok()?;
    if text.trim_start().starts_with('{') { Raw::parse(text) } else { None }
}

fn page(response: &Response) -> Option<Page> {
    serde_json::from_slice(&response.body).ok()
}
