//! What was asked of the world, so that tests can count it.

use std::collections::VecDeque;

use super::{Connection, Incoming, Reply};
use crate::http::Method;

/// How many requests are remembered; the oldest are forgotten first.
const LENGTH: usize = 20_000;

/// One request that was handled. It never holds the `Authorization` header nor a form's body.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// When, in milliseconds since 1970.
    pub now_ms: i64,
    /// The method.
    pub method: Method,
    /// The path, as it came.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The answer's status; nothing where the connection was broken.
    pub status: Option<u16>,
    /// `If-Match`.
    pub if_match: Option<String>,
    /// The requests in flight, this one included.
    pub in_flight: usize,
    /// The body of a write.
    pub body: String,
}

/// The requests that are remembered, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    entries: VecDeque<Logged>,
}

impl Journal {
    /// Remembers a request.
    pub(super) fn add(&mut self, now_ms: i64, incoming: &Incoming, reply: &Reply) {
        if self.entries.len() == LENGTH {
            self.entries.pop_front();
        }
        let body = match incoming.is_form() || incoming.path.ends_with("/oauth/token") {
            true => String::new(),
            false => String::from_utf8_lossy(&incoming.body).into_owned(),
        };
        let answered = reply.connection == Connection::Answer;
        self.entries.push_back(Logged {
            now_ms,
            method: incoming.method,
            path: incoming.path.clone(),
            query: incoming.query.clone(),
            status: answered.then_some(reply.response.status),
            if_match: incoming.if_match.clone(),
            in_flight: incoming.in_flight,
            body,
        });
    }

    /// The requests, oldest first.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Logged> {
        self.entries.iter()
    }

    /// Forgets them.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}
