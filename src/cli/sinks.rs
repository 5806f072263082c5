//! The audit's way to others, a SIEM say. The file is always first: a sink gets a line when it is
//! on the disk, and what it has not got yet is what the file has more. No sink changes what a run
//! does or how it ends.

mod courier;
mod spool;

use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::clock;
use super::context::Context;
use super::environment::Environment;
use super::exit::{Exit, UsageError};
use super::handover::Ending;
use super::planning::runtime;
use super::settings::{Settings, SinkSettings};
use super::state::{AuditFiles, Holder, StateFolder};
use courier::{Courier, Report};

/// How long a run waits at its end for its rest to be delivered.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much longer it waits to be told what became of that.
const SLACK: Duration = Duration::from_secs(5);

/// A delivery that goes on beside a run, on a thread of its own: it delays no write to the tenant.
pub(super) struct Delivery {
    ending: watch::Sender<Option<Ending>>,
    reports: oneshot::Receiver<Vec<Report>>,
    names: Vec<String>,
    synced: watch::Receiver<u64>,
}

impl Delivery {
    /// Begins to deliver what waits and what comes.
    pub(super) fn start(
        context: &Context<'_>,
        settings: &Settings,
        audit: &AuditFiles,
        synced: &watch::Receiver<u64>,
    ) -> Self {
        let (ending, ends) = watch::channel(None);
        let (told, reports) = oneshot::channel();
        let sinks = settings.audit.sinks.clone();
        let names = sinks.iter().map(|sink| sink.name.clone()).collect();
        if !sinks.is_empty() {
            let environment = context.environment.clone();
            let (audit, synced) = (audit.clone(), synced.clone());
            // Without a thread `told` is dropped, and the end tells.
            let _ = std::thread::Builder::new().name("sinks".to_owned()).spawn(move || {
                if let Ok(reported) = deliver(sinks, &environment, &audit, &synced, &ends) {
                    // Who does not wait any more has told that it waits.
                    let _ = told.send(reported);
                }
            });
        }
        Self { ending, reports, names, synced: synced.clone() }
    }

    /// The run has ended: waits a moment for the rest, and tells on standard error what a sink has
    /// not got.
    pub(super) async fn end(self, context: &mut Context<'_>) {
        let synced = self.synced.clone();
        for report in self.reports(Some(PATIENCE)).await {
            let waiting = waiting(&report, &synced);
            let mut told = String::new();
            if report.is_anew {
                told = anew(&report);
            }
            if let Some(why) = &report.why {
                told.push_str(&format!(
                    "warning: audit sink {}: {waiting} not delivered: {why}; the next run delivers, \
                     or `cxform audit export --sinks`\n",
                    report.sink
                ));
            }
            // Where standard error is gone, the next run tells again.
            let _ = context.note(&told);
        }
    }

    async fn reports(self, patience: Option<Duration>) -> Vec<Report> {
        if self.names.is_empty() {
            return Vec::new();
        }
        let deadline = patience.map(|patience| Instant::now() + patience);
        self.ending.send_replace(Some(Ending { deadline }));
        // A secret may come from a program that does not end, and a disk may be slow.
        let limit = patience.unwrap_or(Duration::MAX).saturating_add(SLACK);
        let Ok(Ok(reports)) = tokio::time::timeout(limit, self.reports).await else {
            let why = Some("the delivery did not get going".to_owned());
            let report = |sink| Report { sink, why: why.clone(), ..Report::default() };
            return self.names.into_iter().map(report).collect();
        };
        reports
    }
}

/// Delivers to all sinks side by side.
fn deliver(
    sinks: Vec<SinkSettings>,
    environment: &Environment,
    audit: &AuditFiles,
    synced: &watch::Receiver<u64>,
    ending: &watch::Receiver<Option<Ending>>,
) -> anyhow::Result<Vec<Report>> {
    runtime()?.block_on(async {
        let couriers = sinks.into_iter().map(|sink| {
            let courier = Courier {
                sink,
                environment: environment.clone(),
                audit: audit.clone(),
                synced: synced.clone(),
                ending: ending.clone(),
            };
            tokio::spawn(courier.run())
        });
        let mut reports = Vec::new();
        for courier in couriers.collect::<Vec<_>>() {
            reports.push(courier.await?);
        }
        Ok(reports)
    })
}

/// `audit export --sinks`: delivers what waits, outside of a run.
pub(super) fn deliver_waiting(context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let settings = context.settings(&context.global.flags(&[]))?;
    if settings.audit.sinks.is_empty() {
        return Err(UsageError::new("there is no sink")
            .hint("name one under `audit.sinks` in cxform.yaml")
            .into());
    }
    let state = StateFolder::new(&settings.state_dir.value);
    // A run delivers by itself.
    let holder = Holder::of_process(&context.environment, clock::now());
    let _lock = state.lock(&holder, Duration::ZERO)?;
    let audit = state.audit_files(&settings.tenant()?.name.value);
    let (_last, synced) = watch::channel(audit.last_number()?);
    let delivery = Delivery::start(context, &settings, &audit, &synced);
    let reports = runtime()?.block_on(delivery.reports(None));
    let mut exit = Exit::Done;
    for report in reports {
        if report.is_anew {
            context.note(&anew(&report))?;
        }
        let waiting = waiting(&report, &synced);
        context.say(&format!("{}: {} delivered\n", report.sink, lines(report.delivered)))?;
        if let Some(why) = report.why {
            let sink = &report.sink;
            context.note(&format!("error: audit sink {sink}: {waiting} not delivered: {why}\n"))?;
            exit = Exit::Error;
        }
    }
    Ok(exit)
}

fn anew(report: &Report) -> String {
    format!(
        "warning: audit sink {}: the line that it got last is not in the audit any more; all of \
         the audit is delivered to it\n",
        report.sink
    )
}

/// How many lines a sink has not got.
fn waiting(report: &Report, synced: &watch::Receiver<u64>) -> String {
    let count = |last| lines(synced.borrow().saturating_sub(last));
    report.last.map_or_else(|| "what waits is".to_owned(), count)
}

fn lines(count: u64) -> String {
    format!("{count} line{}", if count == 1 { "" } else { "s" })
}
