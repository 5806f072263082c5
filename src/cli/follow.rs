//! Who follows an apply: events, progress, figures, metrics, the report. None of them can stop it.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::args::{Applying, PlanFormat, Planning};
#[cfg(feature = "otlp")]
use super::clock;
use super::context::Context;
use super::events::Events;
use super::exit::{Exit, UsageError};
use super::files::{self, Access};
use super::progress::{Progress, Tally};
use super::redacting::{Discreet, Redacting};
#[cfg(feature = "otlp")]
use super::report;
use super::report::Ended;
use super::settings::Settings;
use super::{figures, metrics};
use crate::plan::{Change, Outcome, Plan, Redaction};
#[cfg(feature = "otlp")]
use crate::tenant::{Otlp, OtlpSettings, RunSpan};
use crate::tenant::{Retry, Watching, Writer};

/// Those who follow one apply.
pub(super) struct Following {
    events: Option<Events>,
    tally: Arc<Tally>,
    #[cfg(feature = "otlp")]
    otlp: Option<Arc<Otlp>>,
    redacting: Redacting,
    /// What stands for people, once the plan is known.
    redaction: Arc<OnceLock<Redaction>>,
    /// Whether there was a run: it has told its own end.
    has_run: bool,
}

/// Several who watch, as one.
struct All(Vec<Arc<dyn Watching>>);

impl Following {
    /// Opens what was asked for. Where it cannot be, nothing was sent yet.
    pub(super) fn start(
        context: &mut Context<'_>,
        applying: &Applying,
        planning: &Planning,
    ) -> anyhow::Result<Self> {
        let events = applying.following.events.as_deref();
        if events == Some(Path::new("-")) {
            let format = planning.format.filter(|format| *format != PlanFormat::Text);
            if format.is_some() || planning.out.as_deref() == Some(Path::new("-")) {
                let other = format.map(|format| format!("--format {}", format.name()));
                let other = other.unwrap_or_else(|| "--out -".to_owned());
                let message = format!("--events - and {other} both want standard output");
                let way = "write the events into a file: --events FILE";
                return Err(UsageError::new(message).hint(way).into());
            }
        }
        let events = events.map(|file| Events::open(file, &context.cwd, context.console));
        Ok(Self {
            events: events.transpose()?,
            tally: Arc::default(),
            #[cfg(feature = "otlp")]
            otlp: otlp(context),
            redacting: context.redacting.clone(),
            redaction: Arc::default(),
            has_run: false,
        })
    }

    /// From here on they are told what happens in the tenant.
    pub(super) fn watch(&self, writer: &Writer) {
        let mut all: Vec<Arc<dyn Watching>> = vec![self.tally.clone()];
        all.extend(self.events.iter().map(Events::watching));
        #[cfg(feature = "otlp")]
        all.extend(self.otlp.clone().map(|otlp| otlp as Arc<dyn Watching>));
        let all = Arc::new(All(all));
        writer.watched_by(match self.redacting.is_on() {
            true => Arc::new(Discreet { to: all, redaction: Arc::clone(&self.redaction) }),
            false => all,
        });
    }

    /// The plan is made.
    pub(super) fn planned(&self, plan: &Plan) {
        if let Some(redaction) = self.redacting.of(plan) {
            // There is one plan.
            let _ = self.redaction.set(redaction);
        }
        self.events.iter().for_each(|events| events.planned(&self.redacting.plan(plan)));
    }

    /// Follows an apply to its end.
    pub(super) async fn run<T>(
        &self,
        context: &mut Context<'_>,
        plan: &Plan,
        work: impl Future<Output = T>,
    ) -> T {
        #[cfg(feature = "otlp")]
        self.otlp.iter().for_each(Otlp::begin);
        Progress::new(context.console).follow(&self.tally, plan.live().count(), work).await
    }

    /// Tells the end of a run: figures on the screen, metrics, events, the trace.
    pub(super) async fn ended(
        &mut self,
        context: &mut Context<'_>,
        settings: &Settings,
        plan: &Plan,
        ended: &Ended<'_>,
    ) {
        self.has_run = true;
        let mut told = figures::told(ended.figures);
        if let Some(head) = ended.audit_head {
            told.push_str(&format!("Audit head: {head}\n"));
        }
        if let Some(file) = &settings.metrics_file.value {
            let text = metrics::text(ended);
            if let Err(error) = files::write(file, text.as_bytes(), Access::Shared) {
                told.push_str(&format!("warning: {error}\n"));
            }
        }
        #[cfg(feature = "otlp")]
        if let Some(warning) = self.export(ended).await {
            told.push_str(&format!("warning: {warning}\n"));
        }
        // Where standard error is gone, what was done is still told on standard output.
        let _ = context.note(&told);
        let shown =
            self.redaction.get().map(|redaction| redaction.result(ended.outcomes, ended.stopped));
        let ended = match &shown {
            Some(shown) => {
                &Ended { outcomes: &shown.outcomes, stopped: shown.stopped.as_deref(), ..*ended }
            }
            None => ended,
        };
        self.events.iter().for_each(|events| events.ended(ended, plan.summary.held));
    }

    #[cfg(feature = "otlp")]
    async fn export(&self, ended: &Ended<'_>) -> Option<String> {
        let span = RunSpan {
            run: ended.run,
            tenant: ended.tenant,
            plan_hash: ended.plan_hash,
            result: ended.result,
            is_complete: ended.result == "complete",
        };
        let counts = report::counts(ended.outcomes).into_iter();
        let counts: Vec<_> = counts.map(|(status, count)| (status.word(), count)).collect();
        self.otlp.as_ref()?.finish(span, ended.figures, &counts).await
    }

    /// Waits until all is told. What came to no run is told here.
    pub(super) fn end(self, context: &mut Context<'_>, ended: &anyhow::Result<Exit>) {
        let Some(events) = self.events else { return };
        let why = match ended {
            // A run has told its own end.
            _ if self.has_run => None,
            Ok(Exit::Done) => None,
            Err(error) => {
                events.stopped(error);
                None
            }
            Ok(Exit::Blocked) => Some("the plan is blocked; nothing was sent"),
            Ok(Exit::Conflict) => Some("the plan's hash is not the expected one; nothing was sent"),
            Ok(_) => Some("the apply was cancelled; nothing was sent"),
        };
        why.into_iter().for_each(|why| events.stopped(&anyhow::anyhow!(why)));
        if let Some(warning) = events.finish() {
            // As above.
            let _ = context.note(&format!("warning: {warning}\n"));
        }
    }
}

/// The trace, where a collector is named. Settings that are wrong do not stop the apply.
#[cfg(feature = "otlp")]
fn otlp(context: &mut Context<'_>) -> Option<Arc<Otlp>> {
    let settings = OtlpSettings::read(|name| context.environment.get(name))?;
    let nanos = clock::system().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let nanos = u64::try_from(nanos.as_nanos()).unwrap_or_default();
    let seed = format!("{nanos} {}", std::process::id());
    match Otlp::new(settings, &seed, nanos) {
        Ok(otlp) => Some(otlp),
        Err(why) => {
            // Who is not told goes without a trace all the same.
            let _ = context.note(&format!("warning: there will be no trace: {why}\n"));
            None
        }
    }
}

impl Watching for All {
    fn started(&self, change: &Change) {
        self.0.iter().for_each(|one| one.started(change));
    }

    fn finished(&self, outcome: &Outcome, id: Option<&str>) {
        self.0.iter().for_each(|one| one.finished(outcome, id));
    }

    fn retried(&self, retry: &Retry<'_>) {
        self.0.iter().for_each(|one| one.retried(retry));
    }

    fn held_back(&self, wait: Duration) {
        self.0.iter().for_each(|one| one.held_back(wait));
    }
}
