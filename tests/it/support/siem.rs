//! A collector behind a port, of audit lines say: a real HTTP server that answers what it is told to.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// One post.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    headers: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) answered: u16,
}

impl Post {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

#[derive(Default)]
struct Shared {
    posts: Vec<Post>,
    /// What is answered to the next ones; 200 after them.
    answers: Vec<u16>,
}

/// The collector; it is down when this is dropped.
pub(crate) struct Siem {
    shared: Arc<Mutex<Shared>>,
    _runtime: tokio::runtime::Runtime,
}

impl Siem {
    /// A port that nobody listens on.
    pub(crate) fn free_port() -> u16 {
        std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
    }

    /// Listens; a post that is answered 0 is taken and never answered.
    pub(crate) fn listen(port: u16, answers: &[u16]) -> Self {
        Self::serve(port, answers, None)
    }

    /// The same over TLS.
    pub(crate) fn listen_tls(port: u16, answers: &[u16], server: &Arc<ServerConfig>) -> Self {
        Self::serve(port, answers, Some(TlsAcceptor::from(Arc::clone(server))))
    }

    fn serve(port: u16, answers: &[u16], tls: Option<TlsAcceptor>) -> Self {
        let answers = answers.iter().rev().copied().collect();
        let shared = Arc::new(Mutex::new(Shared { answers, ..Shared::default() }));
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        let listener =
            runtime.block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))));
        let (listener, kept) = (listener.unwrap(), Arc::clone(&shared));
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, tls) = (Arc::clone(&kept), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        // Who does not trust us hangs up.
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                connection(stream, shared).await;
                            }
                        }
                        None => connection(stream, shared).await,
                    }
                });
            }
        });
        Self { shared, _runtime: runtime }
    }

    pub(crate) fn posts(&self) -> Vec<Post> {
        self.shared.lock().unwrap().posts.clone()
    }

    /// The lines of all posts that were taken, as they came.
    pub(crate) fn taken(&self) -> String {
        self.posts().iter().filter(|post| post.answered == 200).map(|p| p.body.as_str()).collect()
    }
}

async fn connection<S>(stream: S, shared: Arc<Mutex<Shared>>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
    // Who hangs up has what it wants.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Mutex<Shared>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), value.to_str().unwrap().to_owned())
    };
    let headers = request.headers().iter().map(header).collect();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.into()).unwrap();
    let answered = {
        let mut shared = shared.lock().unwrap();
        let answered = shared.answers.pop().unwrap_or(200);
        shared.posts.push(Post { headers, body, answered });
        answered
    };
    if answered == 0 {
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
    let response = Response::builder().status(answered.max(200));
    Ok(response.body(Full::new(Bytes::new())).unwrap())
}
