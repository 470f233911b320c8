//! A NATS server between two places: each frame is a message, and the server is where both connect to.
//!
//! Messages are not stored: what nobody receives is sent again, as on any wire. Clusters and leaf nodes are the server's own
//! means.

use std::io::{self, Read, Write};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Subscriber};
use futures_util::StreamExt;
use kws_engine::LinkPlan;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::server::Server;
use crate::wire::{Connected, Wire};

/// How long a read waits before it looks whether it shall end.
const PAUSE: Duration = Duration::from_millis(100);

/// How often the server is asked whether it is there: two questions without an answer end a connection.
const PING: Duration = Duration::from_secs(5);

/// The way to a place by a NATS server.
pub(crate) struct Nats {
    server: Server,
    /// Subjects that this end writes to, and that it reads.
    goes: String,
    comes: String,
    /// What drives the client: made with the first connection.
    runtime: Option<Runtime>,
}

impl Nats {
    pub(crate) fn new(server: &Server, link: &LinkPlan) -> Self {
        let LinkPlan { here, place, pipeline, .. } = link;
        let node = &server.node;
        let subject =
            |from: &str, to: &str| format!("kws.wire.{pipeline:016x}.{}.{}.{node}", token(from), token(to));
        Nats {
            server: server.clone(),
            goes: subject(here, place),
            comes: subject(place, here),
            runtime: None,
        }
    }
}

/// A name as a part of a subject, in which dots, spaces and stars mean something.
pub(crate) fn token(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// How a server is spoken to.
pub(crate) async fn options(server: &Server) -> io::Result<ConnectOptions> {
    let mut options = ConnectOptions::new().name("kws").ping_interval(PING);
    if let Some(creds) = &server.creds {
        options = options.credentials_file(creds).await.map_err(|error| {
            io::Error::new(error.kind(), format!("credentials `{}`: {error}", creds.display()))
        })?;
    }
    if let Some(ca) = &server.ca {
        options = options.add_root_certificates(ca.clone()).require_tls(true);
    }
    if let Some((cert, key)) = &server.cert {
        options = options.add_client_certificate(cert.clone(), key.clone()).require_tls(true);
    }
    Ok(options)
}

pub(crate) fn other(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}

impl Wire for Nats {
    fn connect(&mut self) -> io::Result<Option<Connected>> {
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => Builder::new_multi_thread().worker_threads(1).enable_all().build()?,
        };
        let runtime = self.runtime.insert(runtime);
        let handle = runtime.handle().clone();
        let (client, subscriber) = runtime.block_on(async {
            let client = options(&self.server).await?.connect(&self.server.url).await.map_err(other)?;
            let subscriber = client.subscribe(self.comes.clone()).await.map_err(other)?;
            // The server knows of the subscription before the other end is answered.
            client.flush().await.map_err(other)?;
            Ok::<_, io::Error>((client, subscriber))
        })?;
        let reader = Receives { handle: handle.clone(), subscriber, rest: Vec::new() };
        let writer = Publishes { handle, client, subject: self.goes.clone() };
        Ok(Some(Connected { reader: Box::new(reader), writer: Box::new(writer) }))
    }

    fn name(&self) -> String {
        self.server.to_string()
    }
}

struct Receives {
    handle: Handle,
    subscriber: Subscriber,
    rest: Vec<u8>,
}

impl Read for Receives {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            let next = async { tokio::time::timeout(PAUSE, self.subscriber.next()).await };
            match self.handle.block_on(next) {
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(None) => return Ok(0),
                Ok(Some(message)) => self.rest = message.payload.to_vec(),
            }
        }
        let len = self.rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&self.rest[..len]);
        self.rest.drain(..len);
        Ok(len)
    }
}

struct Publishes {
    handle: Handle,
    client: Client,
    subject: String,
}

impl Write for Publishes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let publish = self.client.publish(self.subject.clone(), bytes.to_vec().into());
        self.handle.block_on(publish).map_err(other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.handle.block_on(self.client.flush()).map_err(other)
    }
}
