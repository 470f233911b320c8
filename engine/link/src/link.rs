//! All edges between two places.

use crate::frame::{Bookmark, Broken, Data, Frame, Hello, Known, PROTOCOL, Tail, Wants};
use crate::inbox::{Inbox, Part};
use crate::outbox::{Again, Outbox};

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
    /// This end has started again, and goes on from here: see [`Link::go_over`].
    Resumed(Bookmark),
    /// This end has started again, and there is nothing to go on from: it begins where the last one ended.
    Begun,
    /// What the other end has of an edge's stream: see [`Link::wait_to_go_on`].
    Tail(Tail),
    /// The other end leaves in order.
    End,
}

/// What is known of the other end.
#[derive(Clone, Copy, Debug)]
struct Peer {
    /// 0 before its first hello.
    session: u32,
    /// The session before, of which something may still be in the wire.
    previous: u32,
    /// Whether it has answered the hello of this connection.
    has_answered: bool,
    /// It is to be answered, and what it wants.
    is_asking: bool,
    wants: Wants,
    /// Of the edges that this end receives for how many it has been answered.
    answered: usize,
    /// Whether it knows what it wants to have of what this end sends.
    has_decided: bool,
    /// It has left.
    ended: bool,
}

impl Peer {
    const NOBODY: Peer = Peer {
        session: 0,
        previous: 0,
        has_answered: false,
        is_asking: false,
        wants: Wants(0),
        answered: 0,
        has_decided: false,
        ended: false,
    };
}

/// All edges between two places, over connections that come and go.
pub struct Link<'a, S> {
    pipeline: u64,
    session: u32,
    timing: Timing,
    outboxes: &'a mut [Outbox<S>],
    inboxes: &'a mut [Inbox],
    peer: Peer,
    /// What this end wants of the other one.
    wants: Wants,
    /// The session that this one goes on with.
    continues: u32,
    /// From where the other end goes on when it starts again, and this one.
    kept: Option<Bookmark>,
    own: Option<Bookmark>,
    /// The last is to be sent.
    leaves_bookmark: bool,
    /// Edges of which the other end has said what it has: a bit each, by their place.
    tails: u8,
    /// It says only when asked to that it leaves.
    stays: bool,
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
        Link {
            pipeline,
            session,
            timing,
            outboxes,
            inboxes,
            peer: Peer::NOBODY,
            wants: Wants(0),
            continues: 0,
            kept: None,
            own: None,
            leaves_bookmark: false,
            tails: 0,
            stays: false,
            ask_at: 0,
            sent_at: 0,
            heard_at: 0,
        }
    }

    /// Before the first connection: what comes goes on from the bookmark that an earlier run has left with the sender, as far as
    /// that still holds what follows. [`Received::Resumed`] or [`Received::Begun`] tells what there is. Until it is told to
    /// [`leave`](Self::leave), this end does not say that it does.
    pub const fn go_over(&mut self) {
        self.wants.set(Wants::BOOKMARK);
        self.stays = true;
    }

    /// Before the first connection: whether what is sent goes on with the stream of an earlier run is not known yet. The receiver
    /// says what it has of that, by [`Received::Tail`]; nothing is sent until [`go_on`](Self::go_on) or
    /// [`begin`](Self::begin).
    pub const fn wait_to_go_on(&mut self) {
        self.wants.set(Wants::TAILS);
    }

    /// Whether [`go_on`](Self::go_on) or [`begin`](Self::begin) is waited for.
    pub const fn is_waiting_to_go_on(&self) -> bool {
        self.wants.has(Wants::TAILS)
    }

    /// What is sent goes on with the stream of this session, of which the outboxes [know](Outbox::go_on) where it stands.
    pub fn go_on(&mut self, session: u32, now: u64) {
        self.continues = session;
        self.begin(now);
    }

    /// What is sent starts over.
    pub fn begin(&mut self, now: u64) {
        self.wants.unset(Wants::TAILS);
        self.ask(now);
    }

    /// Leaves a bookmark with the sender, soon.
    pub fn leave_bookmark(&mut self, bookmark: Bookmark) {
        (self.own, self.leaves_bookmark) = (Some(bookmark), true);
    }

    /// Whether the other end has left a bookmark: it may start again and want what it has acknowledged, until it has
    /// [ended](Self::peer_ended).
    pub const fn has_bookmark(&self) -> bool {
        self.kept.is_some()
    }

    /// Whether the other end has started again, and does not know yet what it sends.
    pub const fn is_waited_for(&self) -> bool {
        self.peer.has_answered && self.peer.wants.has(Wants::TAILS)
    }

    /// The session of the other end; 0 before its first hello.
    pub const fn peer_session(&self) -> u32 {
        self.peer.session
    }

    fn ask(&mut self, now: u64) {
        self.peer.has_answered = false;
        self.ask_at = now;
    }

    /// The outbox of an edge.
    pub fn outbox(&mut self, edge: u8) -> Option<&mut Outbox<S>> {
        self.outboxes.iter_mut().find(|outbox| outbox.edge() == edge)
    }

    /// All outboxes.
    pub fn outboxes(&self) -> impl Iterator<Item = &Outbox<S>> {
        self.outboxes.iter()
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
        self.tails = 0;
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
            Frame::Bookmark(bookmark) => self.keep(&bookmark),
            Frame::Tail(tail) => return Ok(self.tail(tail)),
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
        let is_late = |inbox: &Inbox| inbox.known().session == hello.session;
        if hello.wants.has(Wants::TAILS) && self.inboxes.iter().any(is_late) {
            // It has heard what it wanted to know.
            return Ok(Received::Nothing);
        }
        if hello.session != self.peer.session {
            if !hello.wants.has(Wants::BOOKMARK) {
                // It does not go on from what another one has left here.
                self.kept = None;
            }
            self.tails = 0;
            self.peer = Peer { session: hello.session, previous: self.peer.session, ..Peer::NOBODY };
            // Whoever has started again is asked what it sends.
            self.ask(now);
        }
        if hello.answers == 0 {
            (self.peer.is_asking, self.peer.answered) = (true, 0);
        } else if hello.answers != self.session || !hello.answers_to.asks_as(self.wants) {
            // It answers another one, or what is no longer asked.
            return Ok(Received::Nothing);
        }
        self.peer.wants = hello.wants;
        if !hello.wants.has(Wants::BOOKMARK) {
            self.peer.has_decided = true;
            self.open_outboxes(hello, now);
        } else if !self.peer.has_decided {
            self.outboxes.iter_mut().for_each(Outbox::close);
        }
        if hello.answers == 0 {
            return Ok(if self.wants.has(Wants::BOOKMARK) { Received::Nothing } else { self.meet(hello) });
        }
        if self.wants.has(Wants::TAILS) && self.tails.count_ones() as usize != self.outboxes.len() {
            // Some of what it has was lost on its way: it is asked once more.
            return Ok(Received::Nothing);
        }
        if self.wants.has(Wants::BOOKMARK) {
            return Ok(self.resume(hello, now));
        }
        self.peer.has_answered = true;
        Ok(self.meet(hello))
    }

    fn open_outboxes(&mut self, hello: &Hello, now: u64) {
        if self.wants.has(Wants::TAILS) {
            return;
        }
        let (session, patience) = (self.session, self.timing.patience);
        let again = if hello.wants.has(Wants::AGAIN) { Again::Wanted } else { Again::No };
        for outbox in self.outboxes.iter_mut() {
            let has = hello.has.iter().flatten().find(|(edge, _)| *edge == outbox.edge());
            if let Some((_, known)) = has {
                outbox.open(*known, session, again, now, patience);
            }
        }
    }

    /// What comes is of this session, where that is certain.
    fn meet<'f>(&mut self, hello: &Hello) -> Received<'f> {
        if hello.wants.has(Wants::TAILS) {
            return Received::Nothing;
        }
        let mut restarted = false;
        for inbox in self.inboxes.iter_mut() {
            let known = inbox.known().session;
            if known != 0 && known == hello.continues {
                inbox.go_on(hello.session);
            }
            restarted |= inbox.meet(hello.session);
        }
        if restarted { Received::Restarted } else { Received::Nothing }
    }

    /// The sender has said whether there is a bookmark.
    fn resume<'f>(&mut self, hello: &Hello, now: u64) -> Received<'f> {
        let bookmark = self.own.filter(|own| own.session == hello.session);
        if hello.wants.has(Wants::MARKED) && bookmark.is_none() {
            // It was lost on its way: it is asked for once more.
            return Received::Nothing;
        }
        self.wants.unset(Wants::BOOKMARK);
        self.ask(now);
        let Some(bookmark) = bookmark.filter(|_| hello.wants.has(Wants::MARKED)) else {
            self.own = None;
            return Received::Begun;
        };
        self.wants.set(Wants::AGAIN);
        for inbox in self.inboxes.iter_mut() {
            inbox.begin_again(hello.session, bookmark.from(inbox.edge()));
        }
        Received::Resumed(bookmark)
    }

    /// A bookmark is left here, or given back.
    fn keep(&mut self, bookmark: &Bookmark) {
        if bookmark.session == self.session {
            self.kept = Some(*bookmark);
        } else if self.wants.has(Wants::BOOKMARK) {
            self.own = Some(*bookmark);
        }
    }

    fn tail<'f>(&mut self, tail: Tail) -> Received<'f> {
        let at = self.outboxes.iter().position(|outbox| outbox.edge() == tail.edge);
        let Some(at) = at.filter(|_| self.wants.has(Wants::TAILS)) else { return Received::Nothing };
        self.tails |= 1 << at;
        Received::Tail(tail)
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
        if self.peer.is_asking {
            return Some(self.answer(now).write(out));
        }
        if !self.peer.has_answered && now >= self.ask_at {
            self.ask_at = now + self.timing.hello;
            return Some(Frame::Hello(self.hello(0, now)).write(out));
        }
        let Timing { ack, patience, longest, ping, .. } = self.timing;
        if self.leaves_bookmark && self.peer.has_answered {
            self.leaves_bookmark = false;
            if let Some(bookmark) = self.own.filter(|own| own.session == self.peer.session) {
                return Some(Frame::Bookmark(bookmark).write(out));
            }
        }
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
        if self.is_done() && !self.stays {
            return Some(Frame::End.write(out));
        }
        // What was sent may have been lost, and the other end may wait for it.
        self.inboxes.iter_mut().for_each(Inbox::repeat);
        Some(Frame::Ping.write(out))
    }

    /// What is to be sent before the answer to a hello, and then that.
    fn answer(&mut self, now: u64) -> Frame<'static> {
        let Peer { session, wants, answered, .. } = self.peer;
        self.peer.answered += 1;
        if wants.has(Wants::TAILS)
            && let Some(inbox) = self.inboxes.get_mut(answered)
        {
            return Frame::Tail(inbox.tail());
        }
        let answered = if wants.has(Wants::TAILS) { answered - self.inboxes.len() } else { answered };
        if wants.has(Wants::BOOKMARK)
            && answered == 0
            && let Some(kept) = self.kept
        {
            return Frame::Bookmark(kept);
        }
        self.peer.is_asking = false;
        Frame::Hello(self.hello(session, now))
    }

    /// Writes that this end leaves in order.
    pub fn leave(&mut self, out: &mut [u8]) -> Option<usize> {
        self.stays = false;
        Frame::End.write(out).ok()
    }

    fn hello(&mut self, answers: u32, now: u64) -> Hello {
        let mut wants = self.wants;
        let mut answers_to = Wants(0);
        if answers != 0 {
            answers_to = self.peer.wants;
            if answers_to.has(Wants::BOOKMARK) && self.kept.is_some() {
                wants.set(Wants::MARKED);
            }
        }
        let (pipeline, session, continues) = (self.pipeline, self.session, self.continues);
        let mut hello = Hello { answers, pipeline, session, wants, answers_to, continues, ..Hello::NOBODY };
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
