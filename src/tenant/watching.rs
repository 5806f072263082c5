//! Who wants to know what happens while a tenant is read and written.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::TenantError;
use crate::plan::{Change, Outcome};

/// Is told what happens, at the moment that it does. Nothing waits for it but the moment itself: it
/// takes note and returns.
pub trait Watching: Send + Sync {
    /// A change is begun.
    fn started(&self, change: &Change);

    /// A change has ended, or will not be begun; `id` is the tenant's, where it is known by now.
    fn finished(&self, outcome: &Outcome, id: Option<&str>);

    /// A request is sent again.
    fn retried(&self, retry: &Retry<'_>);

    /// The tenant asked everybody to hold back for so long.
    fn held_back(&self, wait: Duration);
}

/// A request that is sent again, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry<'a> {
    /// Method and path.
    pub request: &'a str,
    /// The status of the answer; none where there was no whole answer, or where it is told in `why`.
    pub status: Option<u16>,
    /// What is known of the reason, where the status does not say it.
    pub why: Option<&'a str>,
    /// How long is waited before.
    pub wait: Duration,
}

impl Outcome {
    /// What the answer that was no success had to tell.
    pub(super) fn refused(&mut self, error: &TenantError) {
        self.http_status = error.status();
        self.request_id = error.request_id().map(str::to_owned);
    }
}

/// Who watches a session: nobody, until somebody is named.
#[derive(Default)]
pub(super) struct Watched(OnceLock<Arc<dyn Watching>>);

impl Watched {
    /// Names who watches; the first stays.
    pub(super) fn by(&self, watching: Arc<dyn Watching>) {
        // A second one is not expected, and would be told only half of it.
        let _ = self.0.set(watching);
    }

    pub(super) fn tell(&self, what: impl FnOnce(&dyn Watching)) {
        if let Some(watching) = self.0.get() {
            what(watching.as_ref());
        }
    }
}
