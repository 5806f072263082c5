//! Doors: what the spans say, and collectors that do not do their part.

use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::{BATCH, Otlp, OtlpSettings, ROOM, RunSpan};
use crate::plan::{Outcome, OutcomeStatus};
use crate::tenant::{Figures, Watching as _};

const RUN: RunSpan<'_> = RunSpan {
    run: "r",
    tenant: "t",
    plan_hash: "sha256:p",
    result: "incomplete",
    is_complete: false,
};

fn otlp(endpoint: &str, traceparent: &str) -> std::sync::Arc<Otlp> {
    let settings = OtlpSettings::read(|name| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint),
        "TRACEPARENT" => Some(traceparent),
        _ => None,
    });
    Otlp::new(settings.unwrap(), "seed", 1_000_000_000).unwrap()
}

fn outcome(status: OutcomeStatus) -> Outcome {
    let change = json!({
        "address": "queue/a", "kind": "queue", "name": "a", "id": "q-1", "previous_address": null,
        "change": {"actions": ["update"], "before": {"a": 1}, "after": {"a": 2}, "paths": []},
        "reason": "differs", "source": {"file": "f.yaml", "line": 1, "column": 1},
        "precondition": {"etag": null, "digest": null}, "held_by": [],
    });
    let change: crate::plan::Change = serde_json::from_value(change).unwrap();
    Outcome { duration: Duration::from_millis(250), ..Outcome::of(&change, status) }
}

#[tokio::test(start_paused = true)]
async fn a_change_is_a_span_of_the_run() {
    let otlp =
        otlp("http://localhost:1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    tokio::time::advance(Duration::from_secs(2)).await;
    let failed = Outcome {
        message: Some("no".to_owned()),
        http_status: Some(422),
        ..outcome(OutcomeStatus::Failed)
    };
    otlp.finished(&failed, Some("q-1"));
    otlp.finished(&outcome(OutcomeStatus::NotStarted), None);
    let waiting = otlp.waiting.lock().unwrap().clone();
    assert_eq!(waiting.len(), 1);
    let span = &waiting[0];
    assert_eq!(span["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span["parentSpanId"], otlp.trace.run.as_str());
    assert_eq!(span["spanId"].as_str().unwrap().len(), 16);
    assert_eq!(span["name"], "update queue");
    assert_eq!(span["startTimeUnixNano"], "2750000000");
    assert_eq!(span["endTimeUnixNano"], "3000000000");
    assert_eq!(span["status"], json!({"code": 2, "message": "no"}));
    let address = json!({"key": "cxform.address", "value": {"stringValue": "queue/a"}});
    assert_eq!(span["attributes"][0], address);
}

#[tokio::test]
async fn a_trace_that_is_not_recorded_has_no_spans() {
    let otlp =
        otlp("http://localhost:1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    otlp.finished(&outcome(OutcomeStatus::Done), None);
    assert!(otlp.waiting.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_never_answers_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let otlp = otlp(&format!("http://{}", listener.local_addr().unwrap()), "");
    for _ in 0..3 * BATCH {
        otlp.finished(&outcome(OutcomeStatus::Done), None);
    }
    otlp.begin();
    // The first batch is under way when the end comes, and the next one when it is over.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let start = Instant::now();
    let warning = otlp.finish(RUN, &Figures::default(), &[("done", 1500)]).await.unwrap();
    assert!(start.elapsed() <= Duration::from_secs(6), "{:?}", start.elapsed());
    assert!(warning.contains("OTEL_EXPORTER_OTLP_ENDPOINT did not take all"), "{warning}");
    assert!(warning.ends_with("(1501 spans lost)"), "{warning}");
}

#[tokio::test]
async fn a_collector_that_is_not_there_is_told_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let otlp = otlp(&format!("http://{address}"), "");
    otlp.begin();
    otlp.finished(&outcome(OutcomeStatus::Done), None);
    let warning = otlp.finish(RUN, &Figures::default(), &[]).await.unwrap();
    assert!(warning.contains("refused") && warning.ends_with("(2 spans lost)"), "{warning}");
}

#[tokio::test]
async fn what_finds_no_room_is_dropped_and_counted() {
    let otlp = otlp("http://localhost:1", "");
    for _ in 0..ROOM + 5 {
        otlp.finished(&outcome(OutcomeStatus::Done), None);
    }
    assert_eq!(otlp.waiting.lock().unwrap().len(), ROOM);
    assert_eq!(otlp.lost.load(std::sync::atomic::Ordering::Relaxed), 5);
}
