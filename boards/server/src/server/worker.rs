//! A thread that serves many connections, a little of each in turn.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};
use slab::Slab;

use super::Shared;
use super::acceptor::{Accepted, Vital};
use super::socket::Socket;
use crate::connection::Connection;
use crate::plans::Plans;
use crate::wyoming::ClientError;

const WAKE: Token = Token(usize::MAX);
/// Bytes of one client that are taken in a turn, half a second of audio: who sends faster than real time gets what the
/// others leave.
const PORTION: usize = 16 * 1024;
/// Least time from one turn to the next, unless there is more to take of somebody: under load a turn then takes what many
/// clients have sent, instead of waking for each.
const PACE: Duration = Duration::from_millis(4);
/// How often silent clients are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How long a message may stand still before it is complete.
const STALL: Duration = Duration::from_secs(30);
/// How long a client may take to read why it was refused.
const FAREWELL: Duration = Duration::from_secs(2);

/// Something to wait with, and what wakes it.
pub(super) fn poll() -> io::Result<(Poll, Arc<Waker>)> {
    let poll = Poll::new()?;
    let waker = Waker::new(poll.registry(), WAKE)?;
    Ok((poll, Arc::new(waker)))
}

pub(super) struct Worker {
    poll: Poll,
    inbox: Receiver<Accepted>,
    plans: Plans,
    vital: Arc<Vital>,
    shared: Arc<Shared>,
    clients: Slab<Client>,
    /// Clients that may have sent something.
    ready: Vec<usize>,
    buffer: Box<[u8]>,
}

struct Client {
    socket: Socket,
    connection: Connection,
    /// When something came last.
    heard: Instant,
    /// Whether it is among the ready ones.
    is_ready: bool,
    /// Whether its end of the stream may be there.
    may_end: bool,
    /// When it was refused: what still comes is dropped.
    refused: Option<Instant>,
}

/// What a turn left of a client.
enum Turn {
    /// All that had come was taken.
    Drained,
    /// More may be there.
    More,
    /// It is gone.
    Gone(String),
}

impl Worker {
    pub(super) fn new(
        poll: Poll,
        inbox: Receiver<Accepted>,
        plans: Plans,
        vital: Arc<Vital>,
        shared: Arc<Shared>,
    ) -> Self {
        let (clients, ready) = (Slab::new(), Vec::new());
        Worker { poll, inbox, plans, vital, shared, clients, ready, buffer: vec![0; PORTION].into() }
    }

    /// Until the service stops.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(1024);
        let (mut looked, mut turned) = (Instant::now(), Instant::now());
        while !self.shared.stop.load(SeqCst) {
            let patience = if self.ready.is_empty() { LOOK } else { Duration::ZERO };
            if self.ready.is_empty() {
                std::thread::sleep(PACE.saturating_sub(turned.elapsed()));
            }
            match self.poll.poll(&mut events, Some(patience)) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return log::error!("a worker cannot wait: {error}"),
            }
            let began = Instant::now();
            turned = began;
            self.vital.turns.fetch_add(1, Relaxed);
            self.note(&events);
            self.admit();
            for key in std::mem::take(&mut self.ready) {
                self.serve(key);
            }
            if looked.elapsed() >= LOOK {
                looked = Instant::now();
                self.look();
            }
            let metrics = &self.shared.service.metrics;
            let turn = began.elapsed();
            metrics.busy.fetch_add(turn.as_nanos() as u64, Relaxed);
            metrics.longest_turn.fetch_max(turn.as_micros() as u64, Relaxed);
        }
    }

    /// Notes who is ready, and sends what could not be sent before.
    fn note(&mut self, events: &Events) {
        for event in events {
            let key = event.token().0;
            let Some(client) = self.clients.get_mut(key) else { continue };
            client.may_end |= event.is_read_closed() || event.is_error();
            if (event.is_readable() || client.may_end) && !std::mem::replace(&mut client.is_ready, true) {
                self.ready.push(key);
            }
            if event.is_writable()
                && let Err(error) = client.flush()
            {
                self.close(key, &error.to_string());
            }
        }
    }

    /// Takes new connections in.
    fn admit(&mut self) {
        while let Ok(Accepted { socket, client }) = self.inbox.try_recv() {
            log::debug!("{client}: connected");
            let connection = Connection::new(self.shared.service.clone(), client);
            let (heard, is_ready) = (Instant::now(), true);
            let client = Client { socket, connection, heard, is_ready, may_end: false, refused: None };
            let key = self.clients.insert(client);
            self.ready.push(key);
            if let Err(error) = self.clients[key].socket.register(self.poll.registry(), Token(key)) {
                self.close(key, &error.to_string());
            }
        }
    }

    /// A turn of one client.
    fn serve(&mut self, key: usize) {
        let Some(client) = self.clients.get_mut(key) else { return };
        client.is_ready = false;
        match client.turn(&mut self.buffer, &mut self.plans) {
            Ok(Turn::Drained) => {}
            Ok(Turn::More) => {
                client.is_ready = true;
                self.ready.push(key);
            }
            Ok(Turn::Gone(why)) => self.close(key, &why),
            Err(refusal) => {
                self.shared.service.metrics.refused.fetch_add(1, Relaxed);
                log::warn!("{}: refused, {}: {}", client.connection.client(), refusal.code, refusal.text);
                client.refused = Some(Instant::now());
                client.socket.end();
                // What it goes on to send is read and dropped, so that it gets to read why.
                client.is_ready = true;
                self.ready.push(key);
            }
        }
    }

    /// Closes those who stand still within a message, have been silent for too long, or were refused.
    fn look(&mut self) {
        let limit = self.shared.idle;
        let late = |client: &Client| {
            if let Some(refused) = client.refused {
                return (refused.elapsed() > FAREWELL).then(|| "refused".to_owned());
            }
            let silent = client.heard.elapsed();
            if client.connection.is_within_message() && silent > STALL {
                return Some(format!("stood still for {} s within a message", silent.as_secs()));
            }
            let idle = limit.is_some_and(|limit| silent > limit);
            idle.then(|| format!("silent for {} s", silent.as_secs()))
        };
        let all: Vec<(usize, String)> =
            self.clients.iter().filter_map(|(key, client)| Some((key, late(client)?))).collect();
        for (key, why) in all {
            self.close(key, &why);
        }
    }

    fn close(&mut self, key: usize, why: &str) {
        let Some(mut client) = self.clients.try_remove(key) else { return };
        client.socket.deregister(self.poll.registry());
        self.vital.load.fetch_sub(1, Relaxed);
        self.shared.service.metrics.open.fetch_sub(1, Relaxed);
        let tally = client.connection.tally();
        let (name, seconds, detections) = (client.connection.client(), tally.seconds, tally.detections);
        log::info!("{name}: closed ({why}), {seconds:.1} s of audio, {detections} detections");
        if self.clients.is_empty() {
            self.clients.shrink_to_fit();
        }
    }
}

impl Client {
    /// Reads a portion and answers it.
    fn turn(&mut self, buffer: &mut [u8], plans: &mut Plans) -> Result<Turn, ClientError> {
        let count = match self.socket.read(buffer) {
            Ok(0) => return Ok(Turn::Gone("by the client".to_owned())),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Turn::Drained),
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(Turn::More),
            Err(error) => return Ok(Turn::Gone(error.to_string())),
        };
        self.heard = Instant::now();
        let taken = match self.refused {
            Some(_) => Ok(()),
            None => self.connection.take(&buffer[..count], plans),
        };
        if let Err(error) = self.flush() {
            return Ok(Turn::Gone(error.to_string()));
        }
        taken?;
        // A stream socket that gives less than was asked for is empty, unless its end is there too. Elsewhere only a
        // refusal to read says so.
        let is_empty = cfg!(unix) && count < buffer.len() && !self.may_end;
        Ok(if is_empty { Turn::Drained } else { Turn::More })
    }

    /// Sends what the socket takes. The rest waits until it takes more.
    fn flush(&mut self) -> io::Result<()> {
        while !self.connection.out().is_empty() {
            match self.socket.write(self.connection.out()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(sent) => drop(self.connection.out().drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // Memory of long answers is given back.
        if self.connection.out().capacity() > 0 {
            *self.connection.out() = Vec::new();
        }
        Ok(())
    }
}
