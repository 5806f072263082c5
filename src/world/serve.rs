//! The world itself: from a request to its reply.

use std::collections::BTreeMap;

use serde_json::Value;

use super::auth::{self, Tokens};
use super::fault::strike;
use super::journal::Journal;
use super::limits::Limits;
use super::{
    Access, Analytics, Behaviour, Call, Collection, Connection, ErrorBody, Garbage, Incoming,
    Logged, Refusal, Reply, RetryAfter, Route, Table, What,
};
use crate::http::Response;

const HTML: &str = "<!doctype html><title>gateway</title><h1>something is in the way</h1>";

/// A tenant in memory.
#[derive(Clone, Debug)]
pub struct World {
    /// What the tenant is like. A test may change it between requests.
    pub behaviour: Behaviour,
    pub(super) name: Option<String>,
    pub(super) tables: BTreeMap<String, Table>,
    pub(super) analytics: Option<Analytics>,
    pub(super) revision: u64,
    pub(super) last_id: u64,
    pub(super) requests: u64,
    pub(super) tokens: Tokens,
    limits: Limits,
    journal: Journal,
    collections: BTreeMap<&'static str, &'static Collection>,
    routes: Vec<&'static Route>,
}

impl World {
    /// An empty tenant that serves these collections, and tokens.
    #[must_use]
    pub fn new(collections: impl IntoIterator<Item = &'static Collection>) -> Self {
        let collections: BTreeMap<_, _> = collections.into_iter().map(|c| (c.table, c)).collect();
        let served = collections.values().flat_map(|collection| collection.routes);
        Self {
            behaviour: Behaviour::default(),
            name: None,
            tables: BTreeMap::new(),
            analytics: None,
            revision: 0,
            last_id: 0,
            requests: 0,
            tokens: Tokens::default(),
            limits: Limits::default(),
            journal: Journal::default(),
            routes: auth::ROUTES.iter().chain(served).collect(),
            collections,
        }
    }

    /// Handles one request: limits, faults, token, scope, route. `now_ms` is the time in
    /// milliseconds since 1970. Whatever happens is a reply, and is logged.
    pub fn handle(&mut self, now_ms: i64, incoming: &Incoming) -> Reply {
        self.requests += 1;
        let mut reply = match self.limits.pass(now_ms, incoming.in_flight, &self.behaviour) {
            Err(refusal) => Reply::send(self.refuse(now_ms, &refusal)),
            Ok(()) => match strike(&mut self.behaviour.faults, incoming) {
                None => Reply::send(self.carry_out(now_ms, incoming)),
                Some(what) => {
                    // What is left of the faults is something new, even where nothing is written.
                    self.revision += 1;
                    self.suffer(now_ms, incoming, what)
                }
            },
        };
        reply.response.request_id = Some(self.request_id());
        self.journal.add(now_ms, incoming, &reply);
        reply
    }

    /// The requests that were handled, oldest first.
    pub fn log(&self) -> impl Iterator<Item = &Logged> {
        self.journal.entries()
    }

    /// Forgets the requests that were handled.
    pub fn clear_log(&mut self) {
        self.journal.clear();
    }

    /// Makes every token unknown, as if its time were over.
    pub fn expire_tokens(&mut self) {
        self.tokens.expire();
    }

    /// The collection that a table belongs to, where the tenant serves one.
    pub(super) fn collection(&self, table: &str) -> Option<&'static Collection> {
        self.collections.get(table).copied()
    }

    /// What a fault makes of a request.
    fn suffer(&mut self, now_ms: i64, incoming: &Incoming, what: What) -> Reply {
        match what {
            What::Status { code, retry_after, body, done } => {
                if done {
                    self.carry_out(now_ms, incoming);
                }
                let wait = retry_after.map(|seconds| u64::from(seconds) * 1000);
                let refusal = Refusal::new(code, "scripted", "a scripted fault");
                let refusal = Refusal { retry_after_ms: wait, ..refusal };
                let response = self.refuse(now_ms, &refusal);
                match body {
                    ErrorBody::Json => Reply::send(response),
                    ErrorBody::Html => page(response),
                    ErrorBody::Empty => Reply::send(Response { body: Vec::new(), ..response }),
                }
            }
            What::Break { done } => {
                if done {
                    self.carry_out(now_ms, incoming);
                }
                let connection = Connection::Break;
                Reply { connection, ..Reply::send(Response::default()) }
            }
            What::Garbage { body, done } => {
                let done = done.then(|| self.carry_out(now_ms, incoming));
                let answer = Response { status: 200, ..Response::default() };
                match body {
                    Garbage::Html => page(answer),
                    Garbage::Truncated => {
                        let whole = done.map_or_else(|| b"{\"id\":\"".to_vec(), |done| done.body);
                        let half = whole[..whole.len().div_ceil(2)].to_vec();
                        Reply::send(Response { body: half, ..answer })
                    }
                }
            }
            What::Delay { ms } => {
                Reply { delay_ms: ms, ..Reply::send(self.carry_out(now_ms, incoming)) }
            }
            before => {
                self.interfere(before);
                Reply::send(self.carry_out(now_ms, incoming))
            }
        }
    }

    /// What a fault does to the tenant before the request is carried out.
    fn interfere(&mut self, what: What) {
        match what {
            What::ExpireTokens => self.tokens.expire(),
            What::Edit { table, id, patch } => self.edit(&table, &id, &Value::Object(patch)),
            What::Delete { table, id } => drop(self.remove(&table, &id)),
            What::Insert { table, row } => drop(self.insert(&table, Value::Object(row))),
            What::Status { .. }
            | What::Break { .. }
            | What::Garbage { .. }
            | What::Delay { .. } => {}
        }
    }

    /// Carries a request out as a tenant without faults would.
    fn carry_out(&mut self, now_ms: i64, incoming: &Incoming) -> Response {
        let answer = self.dispatch(now_ms, incoming);
        let mut response = answer.unwrap_or_else(|refusal| self.refuse(now_ms, &refusal));
        if !self.tells_version(incoming.method) {
            response.etag = None;
        }
        response
    }

    fn dispatch(&mut self, now_ms: i64, incoming: &Incoming) -> Result<Response, Refusal> {
        let mut other_method = false;
        for route in &self.routes {
            let Some(params) = route.params(&incoming.path) else { continue };
            if route.method != incoming.method {
                other_method = true;
                continue;
            }
            let header = incoming.authorization.as_deref();
            let client = self.tokens.admit(now_ms, header, route.access)?;
            return (route.handle)(self, &Call { now_ms, incoming, params, client });
        }
        // What stands behind the door is not told to strangers.
        self.tokens.admit(now_ms, incoming.authorization.as_deref(), Access::Token)?;
        Err(match other_method {
            true => Refusal::new(405, "method.not.allowed", "the path has no such method"),
            false => Refusal::not_found("path", &incoming.path),
        })
    }

    fn refuse(&self, now_ms: i64, refusal: &Refusal) -> Response {
        let retry_after = refusal.retry_after_ms.map(|wait| match self.behaviour.retry_after {
            RetryAfter::Seconds => wait.div_ceil(1000).to_string(),
            RetryAfter::Date => {
                let now = u64::try_from(now_ms).unwrap_or_default();
                let seconds = std::time::Duration::from_secs((now + wait).div_ceil(1000));
                httpdate::fmt_http_date(std::time::UNIX_EPOCH + seconds)
            }
        });
        let answer = Self::answer(refusal.status, &refusal.body(&self.request_id()));
        Response { retry_after, ..answer }
    }

    fn request_id(&self) -> String {
        format!("req-{:06}", self.requests)
    }
}

/// The reply whose body is a page of HTML.
fn page(response: Response) -> Reply {
    let response = Response { body: HTML.as_bytes().to_vec(), ..response };
    Reply { content_type: "text/html; charset=utf-8", ..Reply::send(response) }
}
