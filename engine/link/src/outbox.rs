//! The sending end of one edge.

use crate::bytes::{Reader, Writer};
use crate::frame::{Broken, Known, Mark, PART, body, data_head};

/// Bytes of a body before a part's own: flags, and of the first one the mark.
const BODY_HEAD: usize = 96;

/// Bytes that stand before each part in the buffer: its length.
const LENGTH: usize = 2;

/// There is no room for a block until older ones are acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Whether a receiver may want again what an earlier run of it has acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Wanted,
    No,
}

/// The sending end of one edge: the parts that are not yet acknowledged, in memory that is lent to it. What is acknowledged is kept
/// until the room is needed: a receiver that starts again may want it once more.
///
/// Each part is kept as the body of its frame: a byte of flags, then a mark and the bytes of the block in all
/// where it begins a block, then bytes of the block.
pub struct Outbox<S> {
    edge: u8,
    /// Bytes of a block.
    block_bytes: u32,
    memory: S,
    /// Where the first part begins, the bytes of all, and of those that no receiver has acknowledged.
    head: usize,
    used: usize,
    held: usize,
    /// Number of the first part that is here, and of the first that no receiver has acknowledged.
    first: u64,
    new: u64,
    /// Number of the oldest part that the receiver does not have, of the next to be sent, of the next to be put in.
    oldest: u64,
    cursor: u64,
    next: u64,
    /// Where the oldest and the next to be sent begin, counted from the first.
    oldest_at: usize,
    cursor_at: usize,
    /// The receiver takes parts below this.
    limit: u64,
    /// Whether the receiver has said what it has, in this connection.
    is_open: bool,
    /// Blocks of the stream, those that were lost included, and ticks lost before the link.
    blocks: u64,
    lost: u64,
    dropped: u64,
    over: bool,
    /// Parts that go to a log at once, where a log is the receiver.
    log: Option<u64>,
    /// When the receiver last got on, and how long it is waited for.
    moved: u64,
    patience: u64,
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Outbox<S> {
    /// The outbox of an edge, whose blocks have `block_bytes` bytes. [`room_for`](Outbox::<()>::room_for) says how much memory
    /// blocks take.
    pub const fn new(edge: u8, block_bytes: u32, memory: S) -> Self {
        Outbox {
            edge,
            block_bytes,
            memory,
            head: 0,
            used: 0,
            held: 0,
            first: 0,
            new: 0,
            oldest: 0,
            cursor: 0,
            next: 0,
            oldest_at: 0,
            cursor_at: 0,
            limit: 0,
            is_open: false,
            blocks: 0,
            lost: 0,
            dropped: 0,
            over: false,
            log: None,
            moved: 0,
            patience: 0,
        }
    }

    /// Goes on in a stream that an earlier run began, before anything is put in: `next` is the number of the next part, `blocks`
    /// and `lost` are what the stream had counted before it.
    pub fn go_on(&mut self, next: u64, blocks: u64, lost: u64) {
        (self.first, self.new, self.oldest, self.cursor, self.next) = (next, next, next, next, next);
        (self.blocks, self.lost) = (blocks, lost);
    }

    /// Its edge.
    pub const fn edge(&self) -> u8 {
        self.edge
    }

    pub(crate) const fn block_bytes(&self) -> u32 {
        self.block_bytes
    }

    /// Blocks that were lost here, because nothing had room for them.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether everything that was put in has been acknowledged.
    pub const fn is_empty(&self) -> bool {
        self.oldest == self.next
    }

    /// Whether the stream is over and all of it has been acknowledged.
    pub const fn is_done(&self) -> bool {
        self.over && self.is_empty()
    }

    /// Whether a block of so many bytes has room.
    pub fn has_room(&self, bytes: usize) -> bool {
        needs(bytes) <= self.memory.as_ref().len() - self.held
    }

    /// The tick of the oldest block that no receiver has acknowledged; `None` where there is none, or where part of it has come.
    pub fn waits_since(&self) -> Option<u64> {
        let at = self.used - self.held + LENGTH;
        if self.held == 0 || self.byte_at(at) & body::FIRST == 0 {
            return None;
        }
        let mut bytes = [0; 10];
        (at + 1..).zip(&mut bytes).for_each(|(at, byte)| *byte = self.byte_at(at));
        Reader(&bytes).number()
    }

    /// Puts a block in, or mere progress. `dropped` blocks were lost before it, `lost` ticks before the link.
    ///
    /// # Errors
    /// When there is no room: nothing has happened then.
    pub fn push(
        &mut self,
        mark: Mark,
        bytes: usize,
        mut items: impl Iterator<Item = u8>,
    ) -> Result<(), Full> {
        if self.over || !self.has_room(bytes) {
            return Err(Full);
        }
        self.blocks += mark.blocks;
        self.lost += mark.lost;
        self.make_room(needs(bytes));
        let mark = Mark { blocks: self.blocks, lost: self.lost, ..mark };
        let mut head = [0; BODY_HEAD];
        let mut writer = Writer::new(&mut head);
        mark.write(&mut writer, bytes);
        let mut head_len = writer.finish().unwrap_or(0);
        let mut left = bytes;
        loop {
            let len = left.min(PART);
            self.put_length(head_len + len);
            head[..head_len].iter().for_each(|byte| self.put(*byte));
            (0..len).for_each(|_| self.put(items.next().unwrap_or(0)));
            self.next += 1;
            left -= len;
            (head[0], head_len) = (0, 1);
            if left == 0 {
                return Ok(());
            }
        }
    }

    /// Counts a block as lost that found no room, and the ticks that were lost before it.
    pub fn drop_block(&mut self, lost: u64) {
        self.blocks += 1;
        self.lost += lost;
        self.dropped += 1;
    }

    /// Says that the stream is over. False where there is no room yet to say so.
    pub fn end(&mut self) -> bool {
        if self.over {
            return true;
        }
        if !self.has_room(0) {
            return false;
        }
        let mut text = [0; BODY_HEAD];
        let mut writer = Writer::new(&mut text);
        writer.byte(body::OVER);
        writer.number(self.blocks);
        writer.number(self.lost);
        let len = writer.finish().unwrap_or(0);
        self.make_room(needs(0));
        self.put_length(len);
        text[..len].iter().for_each(|byte| self.put(*byte));
        self.next += 1;
        self.over = true;
        true
    }

    /// There is a log, in the place of a receiver, which keeps what it is given: `window` parts may go at once, and the next
    /// ones when all of these are [stored](Self::stored).
    ///
    /// Of such a group the first says that nothing older will come, and the end of the stream is a group of its own: whatever
    /// the log forgets, its reader knows after a group at most that it is gone.
    pub fn open_log(&mut self, window: u64) {
        (self.is_open, self.log) = (true, Some(window));
        self.limit = self.oldest + window;
        self.rewind();
    }

    /// The log has all below `next`.
    pub fn stored(&mut self, next: u64) {
        self.acknowledge(next, self.limit, 0, 0);
        if let Some(window) = self.log
            && self.cursor == self.oldest
        {
            self.limit = self.oldest + window;
        }
    }

    /// A connection has ended: nothing is sent until the receiver says what it has.
    pub fn close(&mut self) {
        self.is_open = false;
    }

    /// The receiver has said hello, and what it has of the stream. `again` where it may want what was acknowledged before.
    pub(crate) fn open(&mut self, known: Known, session: u32, again: Again, now: u64, patience: u64) {
        self.limit = 0;
        (self.is_open, self.moved, self.patience) = (true, now, patience);
        let is_own = known.session == session;
        if is_own && again == Again::Wanted && known.next < self.oldest {
            // As much of it as is still here.
            self.go_back();
        }
        if is_own {
            self.acknowledge(known.next, known.limit, now, patience);
        } else {
            self.acknowledge(self.new, 0, now, patience);
        }
        if !is_own || known.next < self.oldest {
            // The receiver has started again. If all has been acknowledged, it must still learn that nothing comes.
            if self.is_done() {
                self.over = false;
                self.end();
            }
            // One part, by which it learns where the stream stands; its answer has the credit.
            self.limit = self.oldest + 1;
        }
        self.rewind();
    }

    /// The first part that is here is the oldest that the receiver does not have.
    fn go_back(&mut self) {
        (self.oldest, self.oldest_at) = (self.first, 0);
        self.rewind();
    }

    /// The receiver has all below `next`, and takes what is below `limit`.
    pub(crate) fn acknowledge(&mut self, next: u64, limit: u64, now: u64, patience: u64) {
        // What was never sent cannot have come: that is some other stream's.
        if next > self.next || !self.is_open {
            return;
        }
        if limit > self.limit {
            self.limit = limit;
        }
        if next <= self.oldest {
            return;
        }
        (self.moved, self.patience) = (now, patience);
        while self.oldest < next {
            self.oldest_at += self.size_at(self.oldest_at);
            self.oldest += 1;
        }
        while self.new < self.oldest {
            self.held -= self.size_at(self.used - self.held);
            self.new += 1;
        }
        if self.cursor < self.oldest {
            self.rewind();
        }
    }

    /// Forgets of what was acknowledged as much as these bytes need.
    fn make_room(&mut self, bytes: usize) {
        while self.used > self.held && self.memory.as_ref().len() - self.used < bytes {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let size = self.size_at(0);
        self.head = self.wrapped(self.head + size);
        self.used -= size;
        // A receiver that wanted it learns that it is gone from the next part that comes.
        for (number, at) in [(&mut self.oldest, &mut self.oldest_at), (&mut self.cursor, &mut self.cursor_at)]
        {
            match *number == self.first {
                true => *number += 1,
                false => *at -= size,
            }
        }
        self.first += 1;
    }

    /// The receiver misses something: all that it does not have is sent again.
    pub(crate) fn rewind(&mut self) {
        (self.cursor, self.cursor_at) = (self.oldest, self.oldest_at);
    }

    /// When the receiver has been silent for long about what was sent, it is sent again, and then waited for twice as long.
    pub(crate) fn expire(&mut self, now: u64, longest: u64) {
        if self.cursor == self.oldest || now.saturating_sub(self.moved) < self.patience {
            return;
        }
        self.rewind();
        (self.moved, self.patience) = (now, (2 * self.patience).min(longest));
    }

    /// When it must be looked at again, if nothing comes meanwhile.
    pub(crate) fn due(&self) -> Option<u64> {
        (self.is_open && self.cursor != self.oldest).then(|| self.moved + self.patience)
    }

    /// Writes the next frame that may be sent, if there is one.
    pub fn take(&mut self, session: u32, now: u64, out: &mut [u8]) -> Option<Result<usize, Broken>> {
        if !self.is_open || self.cursor >= self.next || self.cursor >= self.limit {
            return None;
        }
        let mut flags = self.byte_at(self.cursor_at + LENGTH);
        if self.log.is_some() && flags & body::OVER != 0 && self.cursor != self.oldest {
            return None;
        }
        if self.cursor == self.oldest {
            self.moved = now;
            flags |= body::OLDEST;
        }
        let size = self.size_at(self.cursor_at);
        let mut writer = Writer::new(out);
        data_head(&mut writer, self.edge, session, self.cursor);
        writer.byte(flags);
        (LENGTH + 1..size).for_each(|at| writer.byte(self.byte_at(self.cursor_at + at)));
        let written = writer.finish().ok_or(Broken);
        if written.is_ok() {
            self.cursor += 1;
            self.cursor_at += size;
        }
        Some(written)
    }

    fn put_length(&mut self, len: usize) {
        (len as u16).to_le_bytes().into_iter().for_each(|byte| self.put(byte));
    }

    fn put(&mut self, byte: u8) {
        let at = self.wrapped(self.head + self.used);
        if let Some(place) = self.memory.as_mut().get_mut(at) {
            *place = byte;
            self.used += 1;
            self.held += 1;
        }
    }

    /// Bytes of the part that begins so far behind the first, its length included.
    fn size_at(&self, at: usize) -> usize {
        LENGTH + usize::from(u16::from_le_bytes([self.byte_at(at), self.byte_at(at + 1)]))
    }

    fn byte_at(&self, at: usize) -> u8 {
        self.memory.as_ref().get(self.wrapped(self.head + at)).copied().unwrap_or(0)
    }

    /// Positions are less than twice the memory.
    fn wrapped(&self, at: usize) -> usize {
        let len = self.memory.as_ref().len();
        if at < len { at } else { at - len }
    }
}

impl Outbox<()> {
    /// Bytes of memory that so many blocks of so many bytes take at most.
    pub const fn room_for(blocks: usize, bytes: usize) -> usize {
        blocks * needs(bytes)
    }
}

/// About how many bytes a block takes on the wire, all that frames and COBS add included.
pub const fn wire_bytes(block: usize) -> usize {
    // Kind, edge, session, number, flags; the checksum; two zeros. Of the first part the mark besides.
    const FRAME: usize = 10 + 4 + 2;
    const MARK: usize = 12;
    let parts = if block == 0 { 1 } else { block.div_ceil(PART) };
    block + parts * FRAME + MARK + block.div_ceil(254)
}

/// Bytes that a block takes at most.
const fn needs(bytes: usize) -> usize {
    let parts = if bytes == 0 { 1 } else { bytes.div_ceil(PART) };
    bytes + parts * (LENGTH + 1) + BODY_HEAD
}
