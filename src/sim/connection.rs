//! One connection: requests in, replies out, or broken as the world says.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH, RETRY_AFTER,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::server::{Shared, locked};
use crate::http::Method;
use crate::world::{Connection, Incoming, Reply, decode_query};

/// The longest body that is read, in bytes.
const LONGEST_BODY: usize = 4 << 20;

/// Why a connection ends without an answer; the transport drops the socket on it.
#[derive(Debug, thiserror::Error)]
#[error("broken by a scripted fault")]
struct Broken;

/// Serves a connection until the client leaves, a fault breaks it, or the server ends.
pub(super) async fn serve(stream: TcpStream, shared: Shared) {
    let mut stop = shared.stop.clone();
    let service = service_fn(|request: Request<hyper::body::Incoming>| {
        let shared = shared.clone();
        async move { answer(request, &shared).await }
    });
    let mut connection =
        pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    // How a connection ended is the client's to notice: broken ones are what this is for.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stopped| *stopped) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

async fn answer(
    request: Request<hyper::body::Incoming>,
    shared: &Shared,
) -> Result<Response<Full<Bytes>>, Broken> {
    let flight = Flight::begin(&shared.in_flight);
    let (head, body) = request.into_parts();
    let Some(method) = method(&head.method) else {
        return Ok(bare(StatusCode::METHOD_NOT_ALLOWED));
    };
    let Ok(body) = Limited::new(body, LONGEST_BODY).collect().await else {
        return Ok(bare(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let incoming = Incoming {
        method,
        path: head.uri.path().to_owned(),
        query: decode_query(head.uri.query().unwrap_or_default()),
        authorization: text(&head.headers, AUTHORIZATION),
        if_match: text(&head.headers, IF_MATCH),
        content_type: text(&head.headers, CONTENT_TYPE),
        body: body.to_bytes().into(),
        in_flight: flight.number,
    };
    let now = (shared.clock)();
    let reply = locked(&shared.world).handle(now, &incoming);
    if reply.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(reply.delay_ms)).await;
    }
    match reply.connection {
        Connection::Break => Err(Broken),
        Connection::Answer => Ok(written(reply)),
    }
}

fn method(method: &hyper::Method) -> Option<Method> {
    [Method::Get, Method::Post, Method::Put, Method::Delete]
        .into_iter()
        .find(|known| known.as_str() == method.as_str())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn written(reply: Reply) -> Response<Full<Bytes>> {
    let source = reply.response;
    let status = StatusCode::from_u16(source.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = (!source.body.is_empty()).then(|| reply.content_type.to_owned());
    let mut response = bare(status);
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (ETAG, source.etag),
        (RETRY_AFTER, source.retry_after),
        (HeaderName::from_static("x-request-id"), source.request_id),
    ] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    *response.body_mut() = Full::from(source.body);
    response
}

fn bare(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// A request that is being answered; it is counted until it is dropped.
struct Flight<'a> {
    count: &'a AtomicUsize,
    number: usize,
}

impl<'a> Flight<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        Self { count, number: count.fetch_add(1, Ordering::SeqCst) + 1 }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }
}
