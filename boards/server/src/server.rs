//! The service: one thread that accepts, a few that each serve many connections.

mod acceptor;
mod address;
mod socket;
mod worker;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Duration;

use kws::{Pipeline, PlanError};
use mio::Waker;

use crate::catalogue::Catalogue;
use crate::connection::Service;
use crate::metrics::Metrics;
use crate::plans::Plans;
use crate::view::{Hub, Page};

use acceptor::{Acceptor, Vital, WorkerHandle};
pub use address::Address;
use socket::Listener;
use worker::Worker;

/// How a service runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens for clients.
    pub listen: Vec<Address>,
    /// Threads that serve connections, at least 1.
    pub threads: usize,
    /// Most connections at once; more get an error and are closed.
    pub connections: usize,
    /// Audio after a detection in which the same name is not reported again; the pipelines' own refractory times hold besides.
    pub refractory: Duration,
    /// Silence after which a connection is closed; `None` for never.
    pub idle: Option<Duration>,
    /// Where Prometheus reads the metrics.
    pub metrics: Option<SocketAddr>,
    /// Where browsers see the sessions.
    pub view: Option<SocketAddr>,
    /// The folder for clips that a viewer judges.
    pub view_clips: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: Vec::new(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            connections: 16_384,
            refractory: Duration::ZERO,
            idle: Some(Duration::from_secs(600)),
            metrics: None,
            view: None,
            view_clips: None,
        }
    }
}

/// Why a service cannot start.
#[derive(Debug)]
pub enum ServerError {
    /// A pipeline cannot be planned.
    Plan(PlanError),
    /// A pipeline cannot be served.
    Pipeline(String),
    /// An address cannot be listened at.
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        error: io::Error,
    },
    /// The system lacks something else.
    System(io::Error),
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerError::Plan(error) => error.fmt(f),
            ServerError::Pipeline(text) => f.write_str(text),
            ServerError::Listen { address, error } => {
                write!(f, "cannot listen at `{address}`: {error}")?;
                if error.kind() == io::ErrorKind::AddrInUse {
                    write!(f, "; another service is there: stop it, or choose another port")?;
                }
                Ok(())
            }
            ServerError::System(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ServerError {}

impl From<PlanError> for ServerError {
    fn from(error: PlanError) -> Self {
        ServerError::Plan(error)
    }
}

impl From<io::Error> for ServerError {
    fn from(error: io::Error) -> Self {
        ServerError::System(error)
    }
}

/// What all threads share.
struct Shared {
    service: Arc<Service>,
    stop: AtomicBool,
    idle: Option<Duration>,
    connections: usize,
}

/// A service that runs. It stops when it is dropped.
pub struct Server {
    shared: Arc<Shared>,
    addresses: Vec<Address>,
    metrics: Option<SocketAddr>,
    view: Option<String>,
    wakers: Vec<Arc<Waker>>,
    workers: Vec<Arc<Vital>>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Plans the pipelines, listens, and serves from now on.
    ///
    /// # Errors
    /// When a pipeline cannot be planned or served, or an address cannot be listened at.
    pub fn start(pipelines: Vec<Pipeline>, options: &Options) -> Result<Self, ServerError> {
        // Planned once here, so that errors are reported before anything listens.
        let plans = Plans::new(&pipelines)?;
        let catalogue = Catalogue::new(&plans)?;
        let all = plans.all.iter().map(|planned| &planned.plan);
        let hub = options.view.map(|_| Arc::new(Hub::new(all, options.view_clips.clone())));
        let mut listeners = Vec::new();
        for address in &options.listen {
            let listener = Listener::bind(address)
                .map_err(|error| ServerError::Listen { address: address.to_string(), error })?;
            listeners.push(listener);
        }
        let addresses = listeners.iter().map(Listener::address).collect::<io::Result<_>>()?;
        let refractory = options.refractory.as_secs_f64();
        let service = Arc::new(Service { catalogue, metrics: Metrics::new(), refractory });
        let connections = options.connections.min(descriptors());
        let shared =
            Arc::new(Shared { service, stop: AtomicBool::new(false), idle: options.idle, connections });
        let mut server = Server {
            shared,
            addresses,
            metrics: None,
            view: None,
            wakers: Vec::new(),
            workers: Vec::new(),
            threads: Vec::new(),
        };
        let pipelines: Arc<[Pipeline]> = pipelines.into();
        let mut seats = Vec::new();
        for number in 0..options.threads.max(1) {
            seats.push(server.worker(number, pipelines.clone(), hub.clone())?);
        }
        let (acceptor, waker) = Acceptor::new(listeners, seats, server.shared.clone())?;
        server.spawn("acceptor", waker, move || acceptor.run())?;
        if let Some(address) = options.metrics {
            let service = server.shared.service.clone();
            let bound = kws_service::exposition::serve(address, move || service.metrics.text())
                .map_err(|error| ServerError::Listen { address: address.to_string(), error })?;
            server.metrics = Some(bound);
        }
        if let (Some(address), Some(hub)) = (options.view, &hub) {
            server.view = Some(Page::serve(hub, address)?);
        }
        Ok(server)
    }

    /// Starts a thread that serves connections.
    fn worker(
        &mut self,
        number: usize,
        pipelines: Arc<[Pipeline]>,
        hub: Option<Arc<Hub>>,
    ) -> Result<WorkerHandle, ServerError> {
        let (sender, inbox) = channel();
        let (poll, waker) = worker::poll()?;
        let vital = Arc::<Vital>::default();
        self.workers.push(vital.clone());
        let seat = WorkerHandle { sender, waker: waker.clone(), vital: vital.clone() };
        let shared = self.shared.clone();
        let serve = move || match Plans::new(&pipelines) {
            Ok(plans) => {
                if let Some(hub) = &hub {
                    hub.enlist(plans.all.iter().map(|planned| &planned.plan));
                }
                Worker::new(poll, inbox, Plans { hub, ..plans }, vital, shared).run();
            }
            // The files of a model were there a moment ago.
            Err(error) => log::error!("a worker cannot plan: {error}"),
        };
        self.spawn(&format!("worker {number}"), waker, serve)?;
        Ok(seat)
    }

    fn spawn(
        &mut self,
        name: &str,
        waker: Arc<Waker>,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<(), ServerError> {
        self.wakers.push(waker);
        self.threads.push(std::thread::Builder::new().name(name.to_owned()).spawn(run)?);
        Ok(())
    }

    /// Where it listens: a port of 0 has become the one that the system chose.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// Where the metrics are read.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Where a browser finds the page, with the token that it needs.
    pub fn view(&self) -> Option<&str> {
        self.view.as_deref()
    }

    /// Names that clients may ask for.
    pub fn names(&self) -> Vec<&str> {
        self.shared.service.catalogue.names()
    }

    /// Most connections at once: what was asked for, as far as the limit of open files allows it.
    pub fn connections(&self) -> usize {
        self.shared.connections
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.shared.service.metrics.open.load(Ordering::Relaxed)
    }

    /// How it goes, in a line.
    pub fn health(&self) -> String {
        self.shared.service.metrics.line()
    }

    /// Turns that each worker has made over its clients: more every second, unless it hangs.
    pub fn turns(&self) -> Vec<u64> {
        self.workers.iter().map(|vital| vital.turns.load(Ordering::Relaxed)).collect()
    }

    /// Whether all of its threads run.
    pub fn is_well(&self) -> bool {
        !self.threads.iter().any(JoinHandle::is_finished)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for waker in &self.wakers {
            // A thread that cannot be woken looks for itself within a second.
            let _ = waker.wake();
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Files that may be open for connections, after the limit was raised as far as it goes.
fn descriptors() -> usize {
    /// For everything else.
    const RESERVED: usize = 64;
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // What cannot be raised stays as it is.
        let _ = setrlimit(Resource::Nofile, limit);
        let current = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        usize::try_from(current).unwrap_or(usize::MAX).saturating_sub(RESERVED).max(1)
    }
    #[cfg(not(unix))]
    {
        usize::MAX - RESERVED
    }
}
