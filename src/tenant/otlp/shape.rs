//! Spans and metrics in OTLP's JSON: whole numbers of 64 bits are texts, ids are hexadecimal.

use serde_json::{Value, json};

use super::{OtlpSettings, RunSpan, Trace};
use crate::plan::{Outcome, OutcomeStatus};
use crate::tenant::{Figures, Histogram};

/// A span within one run: nothing remote (`SPAN_KIND_INTERNAL`).
const INTERNAL: u32 = 1;
/// `STATUS_CODE_OK` and `STATUS_CODE_ERROR`.
const OK: u32 = 1;
const ERROR: u32 = 2;
/// A sum since its start (`AGGREGATION_TEMPORALITY_DELTA`): a run is a beginning and an end.
const DELTA: u32 = 1;

/// From when to when, in nanoseconds since 1970.
type Span = (u64, u64);

/// What is posted to `/v1/traces`.
pub(super) fn spans_request(settings: &OtlpSettings, spans: Vec<Value>) -> Value {
    json!({"resourceSpans": [{
        "resource": resource(settings),
        "scopeSpans": [{"scope": scope(), "spans": spans}],
    }]})
}

/// What is posted to `/v1/metrics`.
pub(super) fn metrics_request(settings: &OtlpSettings, metrics: Vec<Value>) -> Value {
    json!({"resourceMetrics": [{
        "resource": resource(settings),
        "scopeMetrics": [{"scope": scope(), "metrics": metrics}],
    }]})
}

pub(super) fn run_span(trace: &Trace, run: RunSpan<'_>, (start, end): Span) -> Value {
    let mut span = json!({
        "traceId": trace.id, "spanId": trace.run, "name": "cxform apply", "kind": INTERNAL,
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": end.to_string(),
        "attributes": [
            text("cxform.run", run.run),
            text("cxform.tenant", run.tenant),
            text("cxform.plan_hash", run.plan_hash),
            text("cxform.result", run.result),
        ],
        "status": {"code": if run.is_complete { OK } else { ERROR }},
    });
    if let Some(parent) = &trace.parent {
        span["parentSpanId"] = parent.as_str().into();
    }
    span
}

pub(super) fn change_span(
    trace: &Trace,
    own: &str,
    outcome: &Outcome,
    id: Option<&str>,
    (start, end): Span,
) -> Value {
    let mut attributes = vec![
        text("cxform.address", &outcome.address.to_string()),
        text("cxform.status", outcome.status.word()),
        number("cxform.attempts", outcome.attempts.into()),
    ];
    attributes.extend(id.map(|id| text("cxform.id", id)));
    attributes.extend(outcome.request_id.as_deref().map(|id| text("cxform.request_id", id)));
    let status = outcome.http_status.map(u64::from);
    attributes.extend(status.map(|status| number("http.response.status_code", status)));
    let status = match outcome.status {
        OutcomeStatus::Done | OutcomeStatus::Already => json!({"code": OK}),
        _ => json!({"code": ERROR, "message": outcome.message.as_deref().unwrap_or_default()}),
    };
    json!({
        "traceId": trace.id, "spanId": own, "parentSpanId": trace.run,
        "name": format!("{} {}", outcome.action.word(), outcome.address.kind()),
        "kind": INTERNAL,
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": end.to_string(),
        "attributes": attributes, "status": status,
    })
}

/// The figures of a run.
pub(super) fn metrics(
    figures: &Figures,
    changes: &[(&'static str, usize)],
    tenant: &str,
    span: Span,
) -> Vec<Value> {
    let tenant = text("cxform.tenant", tenant);
    let point = |mut value: Value, label: Option<(&str, &str)>| {
        let mut attributes = vec![tenant.clone()];
        attributes.extend(label.map(|(key, value)| text(key, value)));
        value["attributes"] = attributes.into();
        value["startTimeUnixNano"] = span.0.to_string().into();
        value["timeUnixNano"] = span.1.to_string().into();
        value
    };
    let sum = |name: &str, unit: &str, points: Vec<Value>| {
        json!({"name": name, "unit": unit, "sum": {
            "dataPoints": points, "aggregationTemporality": DELTA, "isMonotonic": true,
        }})
    };
    let whole = |number: u64| json!({"asInt": number.to_string()});
    let latency = |of: &str, latency: &Histogram| {
        let quantile = |percent: u32| {
            let took = latency.percentile(percent.into()).unwrap_or_default();
            json!({"quantile": f64::from(percent) / 100.0, "value": took.as_secs_f64()})
        };
        let value = json!({
            "count": latency.count().to_string(), "sum": latency.sum().as_secs_f64(),
            "quantileValues": ([50, 95, 99].map(quantile)),
        });
        point(value, Some(("cxform.of", of)))
    };
    let changes = changes.iter();
    let changes = changes.map(|(word, n)| point(whole(*n as u64), Some(("cxform.status", word))));
    let answers = figures.classes.iter();
    let answers = answers.map(|(class, n)| point(whole(*n), Some(("cxform.class", class))));
    let waited = json!({"asDouble": figures.waited.as_secs_f64()});
    vec![
        sum("cxform.changes", "{change}", changes.collect()),
        sum("cxform.answers", "{answer}", answers.collect()),
        sum("cxform.requests", "{request}", vec![point(whole(figures.requests), None)]),
        sum("cxform.retries", "{request}", vec![point(whole(figures.retries), None)]),
        sum("cxform.waited", "s", vec![point(waited, None)]),
        json!({"name": "cxform.latency", "unit": "s", "summary": {"dataPoints": [
            latency("read", &figures.reads), latency("write", &figures.writes),
        ]}}),
    ]
}

fn resource(settings: &OtlpSettings) -> Value {
    let own = [
        text("service.name", &settings.service),
        text("service.version", env!("CARGO_PKG_VERSION")),
    ];
    let others = settings.attributes.iter().filter(|(key, _)| !key.starts_with("service."));
    let others = others.map(|(key, value)| text(key, value));
    json!({"attributes": own.into_iter().chain(others).collect::<Vec<_>>()})
}

fn scope() -> Value {
    json!({"name": "cxform", "version": env!("CARGO_PKG_VERSION")})
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn number(key: &str, value: u64) -> Value {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}
