//! The port: accepts connections, and ends them on request.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::connection;
use crate::world::World;

/// What tells the time: milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The simulated tenant as a server.
#[derive(Debug)]
pub struct Sim;

/// A simulated tenant that is being served. Dropping it cuts its connections.
#[derive(Debug)]
pub struct SimHandle {
    addr: SocketAddr,
    world: Arc<Mutex<World>>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

/// What all connections share.
#[derive(Clone)]
pub(super) struct Shared {
    /// The tenant.
    pub(super) world: Arc<Mutex<World>>,
    /// What tells the time.
    pub(super) clock: Clock,
    /// How many requests are being answered.
    pub(super) in_flight: Arc<AtomicUsize>,
    /// Becomes true when the server ends.
    pub(super) stop: watch::Receiver<bool>,
}

impl Sim {
    /// Serves a world at an address; port 0 takes a free one. The clock is what limits and tokens
    /// are measured by; delays are the runtime's.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn start(world: World, addr: SocketAddr, clock: Clock) -> io::Result<SimHandle> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let world = Arc::new(Mutex::new(world));
        let (stop, stopped) = watch::channel(false);
        let in_flight = Arc::new(AtomicUsize::new(0));
        let shared = Shared { world: Arc::clone(&world), clock, in_flight, stop: stopped };
        let accepting = tokio::spawn(accept(listener, shared));
        Ok(SimHandle { addr, world, stop, accepting })
    }
}

impl SimHandle {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The tenant, locked: no request is handled while this is held.
    pub fn world(&self) -> MutexGuard<'_, World> {
        locked(&self.world)
    }

    /// Takes no new request, answers those that are there, and ends. The tenant can still be looked
    /// at afterwards.
    pub async fn shutdown(&mut self) {
        self.stop.send_replace(true);
        if !self.accepting.is_finished() {
            // The task fails only where it panicked, and its connections are cut then all the same.
            let _ = (&mut self.accepting).await;
        }
    }
}

impl Drop for SimHandle {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The world, also after a panic elsewhere.
pub(super) fn locked(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, shared: Shared) {
    let mut connections = JoinSet::new();
    let mut stop = shared.stop.clone();
    loop {
        tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                // A client that is gone before it is accepted is no concern of the others.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, shared.clone()));
                }
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve(stream: TcpStream, shared: Shared) {
    // Where the small delay cannot be switched off, answers are late but right.
    let _ = stream.set_nodelay(true);
    connection::serve(stream, shared).await;
}
