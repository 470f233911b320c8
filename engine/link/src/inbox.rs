//! The receiving end of one edge.

use crate::bytes::Reader;
use crate::frame::{Ack, Data, Known, Mark, Moment, Tail, body};

/// The receiving end of one edge: takes each part once and in order.
#[derive(Clone, Debug)]
pub struct Inbox {
    edge: u8,
    /// Bytes of a block.
    block_bytes: usize,
    /// Parts that the sender may be ahead.
    window: u64,
    /// What has come. Session 0: nothing yet.
    known: Known,
    /// Blocks and lost ticks that the sender had counted up to the last block.
    seen: (u64, u64),
    /// Bytes of the block that has begun, and how many of them have come.
    block: Option<(usize, usize)>,
    /// When it was complete.
    last: Option<(u64, Option<Moment>)>,
    is_held: bool,
    over: bool,
    /// What the sender last heard.
    sent: Known,
    sent_at: u64,
    /// A part came that is not the next, so that the sender must go back; when it was last asked to.
    missing: bool,
    asked_at: Option<u64>,
    /// A part came that had come before: the sender does not know what has come.
    repeated: bool,
    whole: Whole,
    /// A part that an earlier run has read: nothing is missing before it.
    again: Option<u64>,
}

/// What has come up to the end of the last whole block.
#[derive(Clone, Copy, Debug)]
struct Whole {
    next: u64,
    seen: (u64, u64),
    last: Option<(u64, Option<Moment>)>,
}

impl Whole {
    const fn at(next: u64) -> Self {
        Whole { next, seen: (0, 0), last: None }
    }
}

/// What the next part of an edge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Bytes of a block, or mere progress.
    Block {
        /// With the first part: `blocks` and `lost` count what is missing since the last block.
        begins: Option<Mark>,
        /// Where the bytes belong in the block.
        at: usize,
        /// The bytes; none of mere progress.
        bytes: &'a [u8],
        /// Whether the block is complete with them.
        completes: bool,
    },
    /// The stream is over.
    Over {
        /// Blocks that are missing at its end.
        blocks: u64,
        /// Ticks lost before the link at its end.
        lost: u64,
    },
}

impl Inbox {
    /// The inbox of an edge whose blocks have `block_bytes` bytes. The sender may be `window` parts ahead.
    pub const fn new(edge: u8, block_bytes: u32, window: u64) -> Self {
        let none = Known { session: 0, next: 0, limit: 0 };
        Inbox {
            edge,
            block_bytes: block_bytes as usize,
            window,
            known: Known { limit: window, ..none },
            seen: (0, 0),
            block: None,
            last: None,
            is_held: false,
            over: false,
            sent: none,
            sent_at: 0,
            missing: false,
            asked_at: None,
            repeated: false,
            whole: Whole::at(0),
            again: None,
        }
    }

    /// Its edge.
    pub const fn edge(&self) -> u8 {
        self.edge
    }

    pub(crate) const fn block_bytes(&self) -> usize {
        self.block_bytes
    }

    /// What has come of the stream.
    pub const fn known(&self) -> Known {
        self.known
    }

    /// Whether the stream is over, and all of it has come.
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// Gives the sender no more credit: what it was promised may still come.
    pub fn hold(&mut self) {
        self.is_held = true;
    }

    /// Gives credit again.
    pub fn resume(&mut self) {
        self.is_held = false;
        self.allow();
    }

    fn allow(&mut self) {
        if !self.is_held {
            self.known.limit = self.known.limit.max(self.known.next + self.window);
        }
    }

    /// The sender is of this session. Whether it is another one than before: its stream starts over.
    pub fn meet(&mut self, session: u32) -> bool {
        if self.known.session == session {
            return false;
        }
        let had = self.known.session != 0 && !self.over;
        self.begin(session, 0);
        had
    }

    /// Goes on in a session's stream at this part, without what came before it: that counts as missing.
    pub fn begin(&mut self, session: u32, next: u64) {
        self.known = Known { session, next, limit: next + self.window };
        (self.seen, self.block, self.last) = ((0, 0), None, None);
        (self.missing, self.asked_at, self.repeated) = (false, None, false);
        (self.whole, self.again) = (Whole::at(next), None);
    }

    /// As [`begin`](Self::begin), for an end that goes over again what an earlier run has read: if it begins with this part,
    /// nothing is missing before it.
    pub(crate) fn begin_again(&mut self, session: u32, next: u64) {
        self.begin(session, next);
        self.again = Some(next);
    }

    /// What a sender that starts again must know to go on where its stream has come to. Of a block that has begun nothing is kept.
    pub(crate) fn tail(&mut self) -> Tail {
        let Whole { next, seen, last } = self.whole;
        (self.known.next, self.seen, self.block, self.last) = (next, seen, None, last);
        let (edge, session, (blocks, lost)) = (self.edge, self.known.session, seen);
        Tail { edge, session, next, blocks, lost, last, over: self.over }
    }

    /// A session goes on with the stream of the one before.
    pub(crate) fn go_on(&mut self, session: u32) {
        self.known.session = session;
        self.known.limit = self.known.next + self.window;
        (self.missing, self.asked_at, self.repeated) = (false, None, false);
    }

    /// Takes a part, if it is the next.
    pub fn take<'a>(&mut self, data: &Data<'a>) -> Option<Part<'a>> {
        if data.session != self.known.session {
            return None;
        }
        if data.sequence < self.known.next {
            self.repeated = true;
            return None;
        }
        if self.over {
            // Of a sender that has started again: nobody reads any more.
            self.known.next = data.sequence + 1;
            (self.missing, self.repeated) = (false, true);
            self.allow();
            return None;
        }
        let flags = *data.body.first()?;
        if data.sequence > self.known.next {
            if flags & body::OLDEST == 0 {
                self.missing = true;
                return None;
            }
            // What is between was another program's, which ran here before this one.
            (self.known.next, self.block, self.again) = (data.sequence, None, None);
            (self.seen, self.last) = (self.whole.seen, self.whole.last);
        }
        let is_rest = flags & (body::FIRST | body::OVER) == 0;
        let part = if is_rest && self.block.is_none() { None } else { Some(self.content(flags, data.body)?) };
        self.known.next += 1;
        (self.missing, self.asked_at) = (false, None);
        self.allow();
        if self.block.is_none() {
            self.whole = Whole { next: self.known.next, seen: self.seen, last: self.last };
        }
        part
    }

    /// What a part holds. None where that is not what must come: the sender is no kws, or has a bug, and nothing is handed on.
    fn content<'a>(&mut self, flags: u8, bytes: &'a [u8]) -> Option<Part<'a>> {
        let mut reader = Reader(bytes.get(1..)?);
        if flags & body::OVER != 0 {
            let counts = (reader.number()?, reader.number()?);
            self.over = true;
            let (blocks, lost) = self.since(counts);
            return Some(Part::Over { blocks, lost });
        }
        let (begins, at) = if flags & body::FIRST != 0 {
            let (mark, all) = Mark::read(flags, &mut reader)?;
            if all != if mark.block { self.block_bytes } else { 0 } {
                return None;
            }
            if self.again.take().is_some() {
                self.seen = (mark.blocks.saturating_sub(u64::from(mark.block)), mark.lost);
                self.whole.seen = self.seen;
            }
            let (blocks, lost) = self.since((mark.blocks, mark.lost));
            self.last = Some((mark.tick, mark.order.map(|order| order.time)));
            self.block = Some((all, 0));
            // The block itself is not missing.
            (Some(Mark { blocks: blocks.saturating_sub(u64::from(mark.block)), lost, ..mark }), 0)
        } else {
            (None, self.block?.1)
        };
        let (all, come) = self.block?;
        let bytes = reader.rest();
        let end = come + bytes.len();
        if end > all {
            return None;
        }
        let completes = end == all;
        self.block = if completes { None } else { Some((all, end)) };
        Some(Part::Block { begins, at, bytes, completes })
    }

    fn since(&mut self, counts: (u64, u64)) -> (u64, u64) {
        let seen = core::mem::replace(&mut self.seen, counts);
        (counts.0.saturating_sub(seen.0), counts.1.saturating_sub(seen.1))
    }

    /// What the sender must hear now, if anything: at once what it waits for, else after a while.
    pub(crate) fn ack(&mut self, now: u64, pause: u64, patience: u64) -> Option<Ack> {
        if self.known.session == 0 {
            return None;
        }
        let again = self.missing && self.asked_at.is_none_or(|asked| now >= asked + patience);
        let Known { next, limit, .. } = self.known;
        let half = self.window / 2;
        let opens = limit > self.sent.limit && self.sent.limit <= next + half;
        let urgent = again || self.repeated || opens || self.over && next > self.sent.next;
        let stale = self.known != self.sent && now >= self.sent_at + pause;
        if !urgent && !stale {
            return None;
        }
        if again {
            self.asked_at = Some(now);
        }
        self.repeated = false;
        self.tell(now);
        Some(Ack { edge: self.edge, known: self.known, again })
    }

    /// The sender hears what is known.
    pub(crate) fn tell(&mut self, now: u64) {
        (self.sent, self.sent_at) = (self.known, now);
    }

    /// When it has something to tell, if nothing comes meanwhile.
    pub(crate) fn due(&self, pause: u64, patience: u64) -> Option<u64> {
        let ask = self.missing.then(|| self.asked_at.map_or(0, |asked| asked + patience));
        let tell = (self.known.session != 0 && self.known != self.sent).then(|| self.sent_at + pause);
        ask.into_iter().chain(tell).min()
    }

    /// Forgets what was sent: the connection is another one.
    pub(crate) fn reopen(&mut self) {
        (self.missing, self.asked_at, self.repeated) = (false, None, false);
    }

    /// Sends the sender again what is known, in case that it was lost.
    pub(crate) fn repeat(&mut self) {
        self.repeated = self.known.session != 0;
    }
}
