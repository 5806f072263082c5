//! The two handles on a tenant: one that reads, and one that also writes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::figures::Figures;
use super::request::Transport;
use super::session::{Call, Called, Session};
use super::side_by_side::side_by_side;
use super::transport::Network;
use super::watching::{Retry, Watching};
use super::{Connection, TenantError};
use crate::http::rows::{self, Found, Rows};
use crate::http::{Dialect, Method, PAGE_SIZE, Query, Read, Response, Write};
use crate::model::Raw;
use crate::plan::{Change, Outcome};

/// A handle that can only read: it has no way to write.
#[derive(Clone)]
pub struct Reader(Arc<Session>);

/// A handle that reads and writes; only apply gets one.
pub struct Writer(Arc<Session>);

/// What a read brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fetched {
    /// The entities, page by page.
    pub pages: Vec<Rows>,
    /// The version, where the tenant tells one.
    pub etag: Option<String>,
}

impl Fetched {
    /// The entities, each verbatim.
    pub fn rows(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().flat_map(Rows::iter)
    }

    /// Whether the last page is the list's last.
    fn is_over(&self) -> bool {
        self.pages.last().is_some_and(|last| last.len() < PAGE_SIZE)
    }

    /// Adds the next page, unless it is the one before once more.
    fn push(&mut self, rows: Rows, read: &Read) -> Result<(), TenantError> {
        let is_again = self.pages.last().is_some_and(|last| last.iter().eq(rows.iter()));
        if rows.len() >= PAGE_SIZE && is_again {
            let what = format!("GET {}", read.page(self.pages.len() + 1).target());
            let why = "the same page again and again".to_owned();
            return Err(TenantError::Garbled { what, why });
        }
        self.pages.push(rows);
        Ok(())
    }
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
        wait: Duration,
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
        let network = Network::new(&connection.url)?;
        Ok(Self(Session::new(connection, Arc::new(network))))
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
        match self.get(read, &read.target(), rows::object).await {
            Ok((rows, etag, _)) => Ok(Some(Fetched { pages: vec![rows], etag })),
            Err(TenantError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every entity of a paged list; the version is the first page's. Where the tenant tells how many
    /// there are, the pages are fetched side by side; the short one is the last all the same.
    ///
    /// # Errors
    /// The tenant cannot be reached, refuses, or answers no list.
    pub async fn list(&self, read: &Read) -> Result<Fetched, TenantError> {
        let (first, etag, total) = self.page(read, 1).await?;
        let mut all = Fetched { pages: vec![first], etag };
        let told = total.map_or(0, |total| total.div_ceil(PAGE_SIZE as u64));
        let told = usize::try_from(told).unwrap_or(usize::MAX);
        while !all.is_over() {
            // One wave at a time: a tenant that tells too many costs no more than that.
            let next = all.pages.len() + 1;
            let wave: Vec<usize> = (next..=told.max(next)).take(2 * self.concurrency()).collect();
            let one = read.clone();
            let fetch = move |reader: Reader, number| {
                let one = one.clone();
                async move { reader.page(&one, number).await.map(|(rows, ..)| rows) }
            };
            for rows in side_by_side(self, wave, fetch).await? {
                if !all.is_over() {
                    all.push(rows, read)?;
                }
            }
        }
        Ok(all)
    }

    async fn page(
        &self,
        read: &Read,
        number: usize,
    ) -> Result<(Rows, Option<String>, Option<u64>), TenantError> {
        self.get(read, &read.page(number).target(), rows::page).await
    }

    /// Asks until the answer has rows, as `find` finds them.
    async fn get(
        &self,
        read: &Read,
        target: &str,
        find: fn(&[u8]) -> Option<Found>,
    ) -> Result<(Rows, Option<String>, Option<u64>), TenantError> {
        let method = Method::Get;
        let call =
            Call { method, target, if_match: None, body: None, reads: true, scope: read.scope };
        self.call(call, find).await
    }

    /// Every row of a report.
    ///
    /// # Errors
    /// The tenant cannot be reached, refuses, or answers no report.
    pub async fn ask(&self, query: &Query) -> Result<Fetched, TenantError> {
        let call = Call {
            method: Method::Post,
            target: &query.target(),
            if_match: None,
            body: Some(query.body()),
            reads: true,
            scope: query.scope(),
        };
        let (rows, etag, _) = self.call(call, rows::data).await?;
        Ok(Fetched { pages: vec![rows], etag })
    }

    async fn call(
        &self,
        call: Call<'_>,
        find: fn(&[u8]) -> Option<Found>,
    ) -> Result<(Rows, Option<String>, Option<u64>), TenantError> {
        let mut found = None;
        let sound = |response: &Response| {
            found = find(&response.body);
            found.is_some()
        };
        match self.0.call(call, sound).await {
            Called::Done(response) => {
                let Found { spans, total } = found.unwrap_or_default();
                Ok((Rows::new(response.body, spans), response.etag, total))
            }
            Called::Conflict(error) | Called::Failed(error) => Err(error),
            Called::Lost { why, .. } => {
                Err(TenantError::Unreachable { url: call.target.to_owned(), why })
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
        let network = Network::new(&connection.url)?;
        Ok(Self(Session::new(connection, Arc::new(network))))
    }

    /// The same over another transport than the network.
    pub fn connect_over(connection: Connection, transport: Arc<dyn Transport>) -> Self {
        Self(Session::new(connection, transport))
    }

    /// The reading half, which shares token, pace and figures.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader(Arc::clone(&self.0))
    }

    /// Names who is told what happens from here on; the first one named stays.
    pub fn watched_by(&self, watching: Arc<dyn Watching>) {
        self.0.watched.by(watching);
    }

    /// A change is begun.
    pub(super) fn started(&self, change: &Change) {
        self.0.watched.tell(|watching| watching.started(change));
    }

    /// A change has ended, or will not be begun.
    pub(super) fn finished(&self, outcome: &Outcome, id: Option<&str>) {
        self.0.watched.tell(|watching| watching.finished(outcome, id));
    }

    /// Counts a write that is sent again after a look, and why it is.
    pub(super) fn count_retry(&self, write: &Write, why: Option<&str>) {
        let request = format!("{} {}", write.method.as_str(), write.path);
        // The look came between, and what was waited for was waited for before it.
        self.0.retry(&Retry { request: &request, status: None, why, wait: Duration::ZERO });
    }

    /// Sends a write; `version` is its precondition, where the tenant has versions.
    pub async fn write(&self, write: &Write, version: Option<&str>) -> Wrote {
        let call = Call {
            method: write.method,
            target: &write.path,
            if_match: version,
            body: write.body.as_ref().map(Raw::as_str),
            reads: false,
            scope: write.scope,
        };
        // A tenant may say no more than yes; what it says besides is an object.
        let sound = |response: &Response| {
            response.body.is_empty() || rows::object(&response.body).is_some()
        };
        match self.0.call(call, sound).await {
            Called::Done(response) => Wrote::Done(response),
            Called::Conflict(error) => Wrote::Conflict(error),
            Called::Lost { wait, why } => Wrote::Lost { wait, why },
            Called::Failed(error) => Wrote::Failed(error),
        }
    }
}
