//! A run as a trace, sent to a collector over HTTP.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use super::{APPLY, many_queues, tenant};
use crate::support::port::{Port, end};

/// What a collector was sent: path, key, body.
type Posted = Arc<Mutex<Vec<(String, String, Value)>>>;

/// A collector that takes all.
struct Collector {
    url: String,
    posted: Posted,
    // Dropped last: what serves the port.
    _runtime: tokio::runtime::Runtime,
}

impl Collector {
    fn serve() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let posted = Posted::default();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let all = Arc::clone(&posted);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let all = Arc::clone(&all);
                let service = service_fn(move |request| take(request, Arc::clone(&all)));
                let connection = hyper::server::conn::http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, posted, _runtime: runtime }
    }

    fn of(&self, path: &str) -> Vec<(String, Value)> {
        let posted = self.posted.lock().unwrap();
        let fits = posted.iter().filter(|(found, ..)| found == path);
        fits.map(|(_, key, body)| (key.clone(), body.clone())).collect()
    }
}

async fn take(
    request: Request<Incoming>,
    all: Posted,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let header = |name| request.headers().get(name).map_or("", |value| value.to_str().unwrap());
    assert_eq!(header("content-type"), "application/json");
    let (path, key) = (request.uri().path().to_owned(), header("x-key").to_owned());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    all.lock().unwrap().push((path, key, serde_json::from_slice(&body).unwrap()));
    Ok(Response::new(Empty::new()))
}

#[test]
fn a_run_is_one_trace_and_its_figures_are_metrics() {
    let busy = json!({"faults": [
        {"method": "POST", "path": "/api/v2/queues", "what": {"status": {"code": 422}}}]});
    let (port, folder) = (Port::serve(&tenant(busy)), many_queues(30));
    let collector = Collector::serve();
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut apply = port.program(folder.path(), &APPLY);
    apply
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url)
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=s3cr3t%20key")
        .env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
        .env("TRACEPARENT", parent)
        .env("CXFORM_LOG", "trace");
    let ran = end(apply.spawn().unwrap());
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(!ran.err.contains("warning: ") && !ran.err.contains("s3cr3t key"), "{ran:?}");

    let mut spans = Vec::new();
    for (key, body) in collector.of("/v1/traces") {
        assert_eq!(key, "s3cr3t key");
        let resource = &body["resourceSpans"][0];
        let attributes = resource["resource"]["attributes"].as_array().unwrap();
        for (key, value) in [("service.name", "cxform"), ("deployment.environment", "test")] {
            let expect = json!({"key": key, "value": {"stringValue": value}});
            assert!(attributes.contains(&expect), "{attributes:?}");
        }
        spans.extend(resource["scopeSpans"][0]["spans"].as_array().unwrap().iter().cloned());
    }
    let by_id: BTreeMap<&str, &Value> =
        spans.iter().map(|span| (span["spanId"].as_str().unwrap(), span)).collect();
    assert_eq!((spans.len(), by_id.len()), (31, 31));
    assert!(spans.iter().all(|span| span["traceId"] == parent[3..35]));
    let run = spans.iter().find(|span| span["name"] == "cxform apply").unwrap();
    assert_eq!((&run["parentSpanId"], &run["status"]["code"]), (&json!(parent[36..52]), &json!(2)));
    let time = |span: &Value, key: &str| span[key].as_str().unwrap().parse::<u64>().unwrap();
    let changes: Vec<&Value> = spans.iter().filter(|span| span["name"] == "create queue").collect();
    assert_eq!(changes.len(), 30);
    for change in &changes {
        assert_eq!(change["parentSpanId"], run["spanId"]);
        let (start, end) = (time(change, "startTimeUnixNano"), time(change, "endTimeUnixNano"));
        assert!(time(run, "startTimeUnixNano") <= start && start < end, "{change}");
        assert!(end <= time(run, "endTimeUnixNano"), "{change}");
    }
    assert_eq!(changes.iter().filter(|change| change["status"]["code"] == 2).count(), 1);

    let metrics = collector.of("/v1/metrics");
    assert_eq!(metrics.len(), 1);
    let metrics = metrics[0].1["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].clone();
    let metric = |name: &str| {
        let metrics = metrics.as_array().unwrap();
        metrics.iter().find(|metric| metric["name"] == name).unwrap().clone()
    };
    let requests = port.log().len().to_string();
    assert_eq!(metric("cxform.requests")["sum"]["dataPoints"][0]["asInt"], requests.as_str());
    let writes = &metric("cxform.latency")["summary"]["dataPoints"][1];
    assert_eq!(writes["count"], "30");
}
