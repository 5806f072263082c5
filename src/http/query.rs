//! Reads that are spelled as a `POST`: the reports that may be asked for are declared here, and
//! nothing else can be sent by whoever only reads.

use super::target;
use crate::model::Raw;

/// A report that a tenant makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// About agents.
    Agents,
    /// About queues.
    Queues,
}

impl Report {
    fn path(self) -> &'static str {
        match self {
            Self::Agents => "/api/v2/analytics/users/details/query",
            Self::Queues => "/api/v2/analytics/queues/details/query",
        }
    }

    /// The OAuth scope that it needs.
    #[must_use]
    pub fn scope(self) -> &'static str {
        "analytics:read"
    }
}

/// A question that changes nothing, although it is a `POST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    report: Report,
    /// Query parameters, not yet encoded.
    pub query: Vec<(&'static str, String)>,
    body: Raw,
}

impl Query {
    /// Asks for a report with this JSON body.
    #[must_use]
    pub fn new(report: Report, body: Raw) -> Self {
        Self { report, query: Vec::new(), body }
    }

    /// The OAuth scope that it needs.
    #[must_use]
    pub fn scope(&self) -> &'static str {
        self.report.scope()
    }

    /// Path and query as they go over the wire.
    #[must_use]
    pub fn target(&self) -> String {
        target(self.report.path(), &self.query)
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &str {
        self.body.as_str()
    }
}
