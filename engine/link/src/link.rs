//! All edges between two places.

use crate::frame::{Broken, Data, Frame, HELLO_EDGES, Hello, Known, PROTOCOL};
use crate::inbox::{Inbox, Part};
use crate::outbox::Outbox;

/// How long a link waits, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From a hello that nobody answers to the next.
    pub hello: u64,
    /// From what has come to the acknowledgement, which may speak for more by then.
    pub ack: u64,
    /// From the last frame to one that only says that this end is there.
    pub ping: u64,
    /// For an acknowledgement, before all is sent again; twice as long with each time in a row.
    pub patience: u64,
    /// At most.
    pub longest: u64,
    /// Without a frame from the other end before it is taken for gone.
    pub silence: u64,
}

impl Timing {
    /// What suits a serial line and a network alike.
    pub const DEFAULT: Timing =
        Timing { hello: 500, ack: 50, ping: 1000, patience: 500, longest: 4000, silence: 5000 };
}

impl Default for Timing {
    fn default() -> Self {
        Timing::DEFAULT
    }
}

/// Why two ends cannot speak with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// The other end speaks another version of the protocol.
    Protocol {
        /// Its version.
        found: u8,
    },
    /// The other end runs another pipeline.
    Pipeline {
        /// The number of its pipeline.
        found: u64,
        /// That of this end's.
        expected: u64,
    },
    /// The other end sends other edges than are expected here.
    Edges,
}

impl core::fmt::Display for LinkError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            LinkError::Protocol { found } => write!(
                f,
                "the other end speaks version {found} of the link protocol, expected {PROTOCOL}; install the same \
                 version of kws at both ends"
            ),
            LinkError::Pipeline { found, expected } => write!(
                f,
                "the other end runs another pipeline: found {found:016x}, expected {expected:016x}; give both ends the \
                 same file and the same models, and build the board's firmware again"
            ),
            LinkError::Edges => f.write_str("the other end sends other edges than this one expects"),
        }
    }
}

impl core::error::Error for LinkError {}

/// What a frame brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// Nothing that the program must know.
    Nothing,
    /// The next part of an edge.
    Part {
        /// The edge.
        edge: u8,
        /// The part.
        part: Part<'a>,
    },
    /// The other end has started again: its streams begin anew, at tick 0, and what it had not sent is lost.
    Restarted,
    /// The other end leaves in order.
    End,
}

/// What is known of the other end.
#[derive(Clone, Copy, Debug, Default)]
struct Peer {
    /// 0 before its first hello.
    session: u32,
    /// The session before, of which something may still be in the wire.
    previous: u32,
    /// Whether it has answered the hello of this connection.
    has_answered: bool,
    /// It is to be answered.
    is_asking: bool,
    /// It has left.
    ended: bool,
}

/// All edges between two places, over connections that come and go.
pub struct Link<'a, S> {
    pipeline: u64,
    session: u32,
    timing: Timing,
    outboxes: &'a mut [Outbox<S>],
    inboxes: &'a mut [Inbox],
    peer: Peer,
    /// When the next hello is due.
    ask_at: u64,
    sent_at: u64,
    heard_at: u64,
}

impl<'a, S: AsRef<[u8]> + AsMut<[u8]>> Link<'a, S> {
    /// A link before its first connection. `pipeline` is what both places must agree about; `session` is another number, not 0,
    /// with each start of the program.
    pub const fn new(
        pipeline: u64,
        session: u32,
        timing: Timing,
        outboxes: &'a mut [Outbox<S>],
        inboxes: &'a mut [Inbox],
    ) -> Self {
        let peer = Peer { session: 0, previous: 0, has_answered: false, is_asking: false, ended: false };
        Link { pipeline, session, timing, outboxes, inboxes, peer, ask_at: 0, sent_at: 0, heard_at: 0 }
    }

    /// The outbox of an edge.
    pub fn outbox(&mut self, edge: u8) -> Option<&mut Outbox<S>> {
        self.outboxes.iter_mut().find(|outbox| outbox.edge() == edge)
    }

    /// The inbox of an edge.
    pub fn inbox(&mut self, edge: u8) -> Option<&mut Inbox> {
        self.inboxes.iter_mut().find(|inbox| inbox.edge() == edge)
    }

    /// Whether the other end has answered in this connection.
    pub const fn is_connected(&self) -> bool {
        self.peer.has_answered
    }

    /// Whether all streams are over in both directions, and each end has what it is to have.
    pub fn is_done(&self) -> bool {
        self.has_sent_all() && self.has_got_all()
    }

    /// Whether all that is sent is over, and the other end has it.
    pub fn has_sent_all(&self) -> bool {
        self.outboxes.iter().all(Outbox::is_done)
    }

    /// Whether all that is received is over.
    pub fn has_got_all(&self) -> bool {
        self.inboxes.iter().all(Inbox::is_over)
    }

    /// Whether the other end has left in order.
    pub const fn peer_ended(&self) -> bool {
        self.peer.ended
    }

    /// A connection begins.
    pub fn open(&mut self, now: u64) {
        self.close();
        (self.ask_at, self.sent_at, self.heard_at) = (now, now, now);
    }

    /// The connection has ended.
    pub fn close(&mut self) {
        (self.peer.has_answered, self.peer.is_asking) = (false, false);
        self.outboxes.iter_mut().for_each(Outbox::close);
        self.inboxes.iter_mut().for_each(Inbox::reopen);
    }

    /// Whether nothing has come from the other end for so long that the connection is better made anew.
    pub fn is_silent(&self, now: u64) -> bool {
        now.saturating_sub(self.heard_at) > self.timing.silence
    }

    /// Takes a frame that has come. Bytes that are no frame are passed over.
    ///
    /// # Errors
    /// When the two ends do not fit together.
    pub fn receive<'f>(&mut self, frame: &'f [u8], now: u64) -> Result<Received<'f>, LinkError> {
        let Ok(frame) = Frame::read(frame) else { return Ok(Received::Nothing) };
        self.heard_at = now;
        match frame {
            Frame::Hello(hello) => return self.greeted(&hello, now),
            Frame::Data(data) => return Ok(self.take(&data, now)),
            Frame::Ack(ack) if ack.known.session == self.session => {
                let patience = self.timing.patience;
                if let Some(outbox) = self.outbox(ack.edge) {
                    outbox.acknowledge(ack.known.next, ack.known.limit, now, patience);
                    if ack.again {
                        outbox.rewind();
                    }
                }
            }
            Frame::End if self.peer.session != 0 => {
                self.peer.ended = true;
                return Ok(Received::End);
            }
            Frame::Ack(_) | Frame::Ping | Frame::End => {}
        }
        Ok(Received::Nothing)
    }

    fn take<'f>(&mut self, data: &Data<'f>, now: u64) -> Received<'f> {
        if data.session != self.peer.session {
            // Of a session that this end has not met: it asks who speaks.
            if data.session != self.peer.previous && self.peer.has_answered {
                self.peer.has_answered = false;
                self.ask_at = now;
            }
            return Received::Nothing;
        }
        if !self.peer.has_answered {
            return Received::Nothing;
        }
        let edge = data.edge;
        let part = self.inbox(edge).and_then(|inbox| inbox.take(data));
        part.map_or(Received::Nothing, |part| Received::Part { edge, part })
    }

    fn greeted<'f>(&mut self, hello: &Hello, now: u64) -> Result<Received<'f>, LinkError> {
        if hello.protocol != PROTOCOL {
            return Err(LinkError::Protocol { found: hello.protocol });
        }
        if hello.pipeline != self.pipeline {
            return Err(LinkError::Pipeline { found: hello.pipeline, expected: self.pipeline });
        }
        if hello.session == 0 || hello.session == self.peer.previous {
            return Ok(Received::Nothing);
        }
        let fits = |inbox: &Inbox| {
            let bytes = inbox.block_bytes() as u32;
            hello.sends.iter().flatten().any(|sent| *sent == (inbox.edge(), bytes))
        };
        if !self.inboxes.iter().all(fits) {
            return Err(LinkError::Edges);
        }
        if hello.session != self.peer.session {
            self.peer = Peer { session: hello.session, previous: self.peer.session, ..self.peer };
            // Whoever has started again is asked what it sends.
            self.peer.has_answered = false;
            self.ask_at = now;
        }
        match hello.answers {
            0 => self.peer.is_asking = true,
            answered if answered == self.session => self.peer.has_answered = true,
            _ => {}
        }
        let restarted = self.inboxes.iter_mut().fold(false, |some, inbox| inbox.meet(hello.session) | some);
        let (session, patience) = (self.session, self.timing.patience);
        for outbox in self.outboxes.iter_mut() {
            let has = hello.has.iter().flatten().find(|(edge, _)| *edge == outbox.edge());
            if let Some((_, known)) = has {
                outbox.open(*known, session, now, patience);
            }
        }
        Ok(if restarted { Received::Restarted } else { Received::Nothing })
    }

    /// Writes the next frame that is to be sent now, if there is one: call it until there is none. [`MAX_FRAME`](crate::MAX_FRAME)
    /// bytes are always enough.
    pub fn poll(&mut self, now: u64, out: &mut [u8]) -> Option<usize> {
        let written = self.next(now, out)?;
        self.sent_at = now;
        // A frame that finds no room is lost, as one in the wire is.
        written.ok()
    }

    fn next(&mut self, now: u64, out: &mut [u8]) -> Option<Result<usize, Broken>> {
        if core::mem::take(&mut self.peer.is_asking) {
            return Some(Frame::Hello(self.hello(self.peer.session, now)).write(out));
        }
        if !self.peer.has_answered && now >= self.ask_at {
            self.ask_at = now + self.timing.hello;
            return Some(Frame::Hello(self.hello(0, now)).write(out));
        }
        let Timing { ack, patience, longest, ping, .. } = self.timing;
        for inbox in self.inboxes.iter_mut().filter(|_| self.peer.has_answered) {
            if let Some(ack) = inbox.ack(now, ack, patience) {
                return Some(Frame::Ack(ack).write(out));
            }
        }
        for outbox in self.outboxes.iter_mut() {
            outbox.expire(now, longest);
            if let Some(written) = outbox.take(self.session, now, out) {
                return Some(written);
            }
        }
        if now < self.sent_at + ping {
            return None;
        }
        if self.is_done() {
            return Some(Frame::End.write(out));
        }
        // What was sent may have been lost, and the other end may wait for it.
        self.inboxes.iter_mut().for_each(Inbox::repeat);
        Some(Frame::Ping.write(out))
    }

    /// Writes that this end leaves in order.
    pub fn leave(&mut self, out: &mut [u8]) -> Option<usize> {
        Frame::End.write(out).ok()
    }

    fn hello(&mut self, answers: u32, now: u64) -> Hello {
        let mut hello = Hello {
            protocol: PROTOCOL,
            answers,
            pipeline: self.pipeline,
            session: self.session,
            sends: [None; HELLO_EDGES],
            has: [None; HELLO_EDGES],
        };
        for (place, outbox) in hello.sends.iter_mut().zip(self.outboxes.iter()) {
            *place = Some((outbox.edge(), outbox.block_bytes()));
        }
        for (place, inbox) in hello.has.iter_mut().zip(self.inboxes.iter_mut()) {
            let known: Known = inbox.known();
            inbox.tell(now);
            *place = Some((inbox.edge(), known));
        }
        hello
    }

    /// When [`poll`](Self::poll) has something to do at the latest, if nothing comes meanwhile.
    pub fn due(&self) -> u64 {
        let Timing { ack, patience, ping, .. } = self.timing;
        let ask = (!self.peer.has_answered).then_some(self.ask_at);
        let outboxes = self.outboxes.iter().filter_map(Outbox::due);
        let inboxes = self.inboxes.iter().filter(|_| self.peer.has_answered);
        let inboxes = inboxes.filter_map(|inbox| inbox.due(ack, patience));
        ask.into_iter().chain(outboxes).chain(inboxes).fold(self.sent_at + ping, u64::min)
    }
}
