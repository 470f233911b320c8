//! The thread that accepts connections and deals them out to workers.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::mpsc::Sender;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token, Waker};
use serde_json::json;

use super::Shared;
use super::socket::{Listener, Socket};
use crate::wyoming::write;

/// Pause after the system could not give a connection: no file left, no memory.
const PAUSE: Duration = Duration::from_millis(50);
const LOOK: Duration = Duration::from_secs(1);

/// A worker, as the acceptor sees it.
pub(super) struct WorkerHandle {
    pub(super) sender: Sender<Accepted>,
    pub(super) waker: Arc<Waker>,
    pub(super) vital: Arc<Vital>,
}

/// What a worker tells of itself.
#[derive(Default)]
pub(super) struct Vital {
    /// Its connections.
    pub(super) load: AtomicUsize,
    /// Turns that it has made: one a second at least.
    pub(super) turns: AtomicU64,
}

/// A connection on its way to a worker.
pub(super) struct Accepted {
    pub(super) socket: Socket,
    /// How the log calls its client.
    pub(super) client: String,
}

pub(super) struct Acceptor {
    poll: Poll,
    listeners: Vec<Listener>,
    seats: Vec<WorkerHandle>,
    shared: Arc<Shared>,
    number: u64,
}

impl Acceptor {
    pub(super) fn new(
        mut listeners: Vec<Listener>,
        seats: Vec<WorkerHandle>,
        shared: Arc<Shared>,
    ) -> io::Result<(Self, Arc<Waker>)> {
        let poll = Poll::new()?;
        for (index, listener) in listeners.iter_mut().enumerate() {
            poll.registry().register(listener.source(), Token(index), Interest::READABLE)?;
        }
        let waker = Arc::new(Waker::new(poll.registry(), Token(listeners.len()))?);
        Ok((Acceptor { poll, listeners, seats, shared, number: 0 }, waker))
    }

    /// Until the service stops.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(16);
        while !self.shared.stop.load(SeqCst) {
            match self.poll.poll(&mut events, Some(LOOK)) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return log::error!("cannot wait for connections: {error}"),
            }
            for index in events.iter().map(|event| event.token().0) {
                while index < self.listeners.len() && !self.shared.stop.load(SeqCst) {
                    match self.listeners[index].accept() {
                        Ok((socket, peer)) => {
                            self.number += 1;
                            let client = match peer {
                                Some(peer) => format!("client {} ({peer})", self.number),
                                None => format!("client {}", self.number),
                            };
                            self.deal(Accepted { socket, client });
                        }
                        Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                        // The peer was gone before it was let in.
                        Err(error) if gone(&error) => {}
                        Err(error) => {
                            log::error!("cannot accept a connection: {error}");
                            std::thread::sleep(PAUSE);
                        }
                    }
                }
            }
        }
    }

    /// Gives a connection to the worker that has the fewest.
    fn deal(&self, accepted: Accepted) {
        let metrics = &self.shared.service.metrics;
        let limit = self.shared.connections;
        if metrics.open.load(Relaxed) >= limit {
            metrics.turned_away.fetch_add(1, Relaxed);
            log::warn!("{}: turned away, {limit} connections are open", accepted.client);
            return turn_away(accepted, limit);
        }
        let Some(seat) = self.seats.iter().min_by_key(|seat| seat.vital.load.load(Relaxed)) else { return };
        metrics.open.fetch_add(1, Relaxed);
        metrics.taken.fetch_add(1, Relaxed);
        seat.vital.load.fetch_add(1, Relaxed);
        if seat.sender.send(accepted).is_ok() {
            // A worker that cannot be woken looks for itself within a second.
            let _ = seat.waker.wake();
        }
    }
}

fn gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted)
}

/// Says why, as far as the socket takes it at once.
fn turn_away(mut accepted: Accepted, limit: usize) {
    let mut out = Vec::new();
    let text = format!("{limit} connections are open; try again later");
    write(&mut out, "error", &json!({"text": text, "code": "too-many-connections"}));
    let _ = accepted.socket.write(&out);
    accepted.socket.end();
}
