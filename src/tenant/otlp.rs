//! A run as one trace, and its figures as metrics, over OTLP/HTTP in JSON. It never holds up an
//! apply: spans leave beside it, those that find no room are counted and dropped, and its end waits
//! for a few seconds at most.

mod settings;
mod shape;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::transport::{builder, chain};
use super::{Figures, Retry, Watching};
use crate::model::digest_of;
use crate::plan::{Change, Outcome, OutcomeStatus};
pub use settings::OtlpSettings;
use settings::Parent;

/// How many spans may wait: 20 MB at most.
const ROOM: usize = 20_000;
/// How many spans leave in one request.
const BATCH: usize = 500;
/// How often the spans that wait leave.
const PAUSE: Duration = Duration::from_secs(1);
/// How long one request may take.
const ANSWER: Duration = Duration::from_secs(3);
/// How long the end waits.
const END: Duration = Duration::from_secs(5);

/// A trace that is being told.
pub struct Otlp {
    client: reqwest::Client,
    settings: OtlpSettings,
    trace: Trace,
    /// What the clocks said at the beginning: the monotonic one, and nanoseconds since 1970.
    begun: (Instant, u64),
    waiting: Mutex<Vec<Value>>,
    spans: AtomicU64,
    lost: AtomicU64,
    failure: Mutex<Option<String>>,
    is_over: AtomicBool,
    /// Wakes who sends when it is over.
    over: Notify,
    sending: Mutex<Option<JoinHandle<()>>>,
}

/// Which trace, and where in it the run is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Trace {
    id: String,
    /// The run's own span.
    run: String,
    /// The span that the run is a part of.
    parent: Option<String>,
    /// Whether whoever began the trace wants its spans.
    is_wanted: bool,
}

/// What a run's own span says.
#[derive(Clone, Copy, Debug)]
pub struct RunSpan<'a> {
    /// The run's name.
    pub run: &'a str,
    /// The tenant's name in the settings.
    pub tenant: &'a str,
    /// The plan's hash.
    pub plan_hash: &'a str,
    /// How it ended, in a word.
    pub result: &'a str,
    /// Whether that is its good end.
    pub is_complete: bool,
}

impl Otlp {
    /// A trace that begins now, `nanos` since 1970. The seed is this run's alone: it makes the ids.
    ///
    /// # Errors
    /// The settings cannot be used, and why.
    pub fn new(settings: OtlpSettings, seed: &str, nanos: u64) -> Result<Arc<Self>, String> {
        let client = builder(&settings.endpoint)?.timeout(ANSWER).build();
        let client = client.map_err(|error| chain(&error))?;
        let own = id(seed, 32);
        let trace = match settings.parent.clone() {
            Some(Parent { trace, span, is_wanted }) => {
                Trace { id: trace, run: id(&own, 16), parent: Some(span), is_wanted }
            }
            None => Trace { run: id(&own, 16), id: own, parent: None, is_wanted: true },
        };
        Ok(Arc::new(Self {
            client,
            settings,
            trace,
            begun: (Instant::now(), nanos),
            waiting: Mutex::default(),
            spans: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            failure: Mutex::default(),
            is_over: AtomicBool::new(false),
            over: Notify::new(),
            sending: Mutex::default(),
        }))
    }

    /// Begins to send, beside what else this runtime does.
    pub fn begin(self: &Arc<Self>) {
        let this = Arc::clone(self);
        let sending = tokio::spawn(async move {
            while !this.is_over.load(Ordering::Relaxed) {
                this.send_spans().await;
                // Over or not, there is something to send.
                let _ = timeout(PAUSE, this.over.notified()).await;
            }
        });
        *lock(&self.sending) = Some(sending);
    }

    /// Sends the rest, the run's own span and its figures; a warning where not all got through.
    pub async fn finish(
        &self,
        run: RunSpan<'_>,
        figures: &Figures,
        changes: &[(&'static str, usize)],
    ) -> Option<String> {
        self.is_over.store(true, Ordering::Relaxed);
        self.over.notify_one();
        let sending = lock(&self.sending).take();
        let now = self.now();
        if self.trace.is_wanted {
            self.keep(shape::run_span(&self.trace, run, (self.begun.1, now)));
        }
        let rest = async {
            if let Some(sending) = sending {
                let _ = sending.await;
            }
            self.send_spans().await;
            let metrics = shape::metrics(figures, changes, run.tenant, (self.begun.1, now));
            let metrics = shape::metrics_request(&self.settings, metrics);
            if let Err(why) = self.post("/v1/metrics", &metrics).await {
                self.fail(why);
            }
        };
        if timeout(END, rest).await.is_err() {
            self.fail(format!("no answer within {} s", END.as_secs()));
        }
        let why = lock(&self.failure).take();
        let lost = self.lost.load(Ordering::Relaxed) + lock(&self.waiting).len() as u64;
        match (why, lost) {
            (None, 0) => None,
            (None, lost) => Some(format!("{lost} spans were dropped: there were too many at once")),
            (Some(why), lost) => Some(format!(
                "the collector of OTEL_EXPORTER_OTLP_ENDPOINT did not take all: {why} \
                 ({lost} spans lost)"
            )),
        }
    }

    /// Sends what waits, batch by batch.
    async fn send_spans(&self) {
        loop {
            let batch: Vec<Value> = {
                let mut waiting = lock(&self.waiting);
                let count = waiting.len().min(BATCH);
                waiting.drain(..count).collect()
            };
            if batch.is_empty() {
                return;
            }
            let count = batch.len() as u64;
            let request = shape::spans_request(&self.settings, batch);
            // Lost until it is taken: the end may come while nobody answers.
            self.lost.fetch_add(count, Ordering::Relaxed);
            if let Err(why) = self.post("/v1/traces", &request).await {
                self.fail(why);
                return;
            }
            self.lost.fetch_sub(count, Ordering::Relaxed);
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Result<(), String> {
        let url = format!("{}{path}", self.settings.endpoint);
        let mut request = self.client.post(url).header(CONTENT_TYPE, "application/json");
        for (name, value) in &self.settings.headers {
            let name = HeaderName::try_from(name.as_str());
            let value = HeaderValue::try_from(value.expose_secret());
            let (Ok(name), Ok(mut value)) = (name, value) else {
                return Err("OTEL_EXPORTER_OTLP_HEADERS has a header that is none".to_owned());
            };
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let answer = request.body(body.to_string()).send().await;
        match answer.map_err(|error| chain(&error))?.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("{path} answered {}", status.as_u16())),
        }
    }

    fn keep(&self, span: Value) {
        let mut waiting = lock(&self.waiting);
        if waiting.len() < ROOM {
            waiting.push(span);
        } else {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The first failure is the one that tells most.
    fn fail(&self, why: String) {
        lock(&self.failure).get_or_insert(why);
    }

    /// Nanoseconds since 1970.
    fn now(&self) -> u64 {
        let (begun, nanos) = self.begun;
        nanos.saturating_add(nanoseconds(begun.elapsed()))
    }
}

impl Watching for Otlp {
    fn started(&self, _: &Change) {}

    fn finished(&self, outcome: &Outcome, id_of_resource: Option<&str>) {
        if self.trace.is_wanted && outcome.status != OutcomeStatus::NotStarted {
            let number = self.spans.fetch_add(1, Ordering::Relaxed);
            let own = id(&format!("{} {number}", self.trace.run), 16);
            let end = self.now();
            let start = end.saturating_sub(nanoseconds(outcome.duration));
            let span = shape::change_span(&self.trace, &own, outcome, id_of_resource, (start, end));
            self.keep(span);
        }
    }

    fn retried(&self, _: &Retry<'_>) {}

    fn held_back(&self, _: Duration) {}
}

/// An id of so many hexadecimal digits.
fn id(seed: &str, digits: usize) -> String {
    digest_of(seed.as_bytes()).trim_start_matches("sha256:").chars().take(digits).collect()
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
