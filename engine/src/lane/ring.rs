//! The only thing between two lanes: a lock-free ring of blocks, with what happens when it is full.
//!
//! Blocks travel in boxes that were made when the ring was. Full ones go forward through one queue, empty ones come
//! back through another, so that neither side copies or allocates: a block is written where it is later read. There
//! are as many boxes as the ring holds blocks, so that whoever has an empty one in hand also has room to send it.
//!
//! Every box bears how many blocks were sent before it and how many ticks were lost upstream. What a full ring lost
//! leaves a hole in these counts, and the receiver tells of the hole: it alone sees the stream as it arrives.

use super::queue::{Arc, AtomicBool, AtomicU64, Head, Ordering, Tail, queue};
use super::time::Stamp;
use super::wake::Waker;
use crate::buffer::Buffer;
use crate::file::Policy;

/// The number of a box that waits for a use.
const UNUSED: u64 = u64::MAX;

/// A box on its way.
struct Packet {
    /// Counts what was sent or lost before, mere progress too.
    sequence: u64,
    count: Count,
    stamp: Stamp,
    block: bool,
    buffer: Buffer,
}

/// What a sender was given, up to and with a packet.
#[derive(Clone, Copy, Default)]
struct Count {
    blocks: u64,
    /// Ticks lost upstream of the ring.
    lost: u64,
}

/// What comes out of a ring beside the block's items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When the block was complete, or up to when there is known to be none.
    pub stamp: Stamp,
    /// Ticks lost before it, upstream of the ring.
    pub lost: u64,
    /// Whether there is a block; else it is mere progress.
    pub block: bool,
    /// Blocks that this ring lost before it.
    pub dropped: u64,
}

/// What the two ends share beside the queues.
struct Link {
    /// The sender will send no more.
    sender_closed: AtomicBool,
    /// The receiver will take no more.
    receiver_closed: AtomicBool,
    /// The receiver shall discard what is numbered lower: it was the oldest when the ring ran over.
    keep_from: AtomicU64,
    /// Blocks that the sender was given, once closed.
    end: AtomicU64,
    to_wake_sender: std::sync::Arc<Waker>,
    to_wake_receiver: std::sync::Arc<Waker>,
}

/// The end of a ring that blocks go into.
pub struct Sender {
    full: Tail<Packet>,
    empty: Head<Buffer>,
    /// An empty box in hand.
    spare: Option<Buffer>,
    policy: Policy,
    sequence: u64,
    count: Count,
    /// With [`Policy::DropOldest`], the newest blocks that found no room.
    spill: Vec<Packet>,
    /// Whether the receiver must learn of the progress that went with a dropped block.
    owes_progress: bool,
    /// With [`Policy::DropNewest`], that progress.
    owed: Option<Stamp>,
    link: Arc<Link>,
}

/// The end of a ring that blocks come out of.
pub struct Receiver {
    full: Head<Packet>,
    empty: Tail<Buffer>,
    seen: Count,
    /// Boxes given back of which the sender does not know yet, and how many make it worth a message: a sender that
    /// waits for room is woken for half a ring, not for every block.
    pending: usize,
    worth_telling: usize,
    link: Arc<Link>,
}

/// Makes a ring of `depth` blocks shaped like `template`, between the lanes that the wakers wake.
pub fn ring(
    depth: usize,
    template: &Buffer,
    policy: Policy,
    sender: std::sync::Arc<Waker>,
    receiver: std::sync::Arc<Waker>,
) -> (Sender, Receiver) {
    let (full_tail, full_head) = queue(depth);
    let (mut empty_tail, empty_head) = queue(depth);
    for _ in 0..depth {
        // There is room for just as many boxes as are made.
        let _ = empty_tail.push(template.clone());
    }
    let spill_limit = if policy == Policy::DropOldest { depth } else { 0 };
    let link = Arc::new(Link {
        sender_closed: AtomicBool::new(false),
        receiver_closed: AtomicBool::new(false),
        keep_from: AtomicU64::new(0),
        end: AtomicU64::new(0),
        to_wake_sender: sender,
        to_wake_receiver: receiver,
    });
    let spill = spill_boxes(spill_limit, template);
    let sender = Sender {
        full: full_tail,
        empty: empty_head,
        spare: None,
        policy,
        sequence: 0,
        count: Count::default(),
        spill,
        owes_progress: false,
        owed: None,
        link: link.clone(),
    };
    (
        sender,
        Receiver {
            full: full_head,
            empty: empty_tail,
            seen: Count::default(),
            pending: 0,
            worth_telling: depth.div_ceil(2),
            link,
        },
    )
}

/// Boxes for what a full ring keeps: unused ones in front, bearing no number, then the waiting ones, oldest first.
fn spill_boxes(limit: usize, template: &Buffer) -> Vec<Packet> {
    let unused = || Packet {
        sequence: UNUSED,
        count: Count::default(),
        stamp: Stamp::START,
        block: false,
        buffer: template.clone(),
    };
    (0..limit).map(|_| unused()).collect()
}

impl Sender {
    /// From now on, dropping a block leaves the duty to tell how far the stream has come: the receiver leads to a
    /// join, which would wait for ever.
    pub(crate) fn owe_progress(&mut self) {
        self.owes_progress = true;
    }

    /// Whether a block can be sent now: always, unless the policy is to wait.
    pub fn ready(&mut self) -> bool {
        self.policy != Policy::Block || self.has_room() || self.is_closed()
    }

    fn has_room(&mut self) -> bool {
        if self.spare.is_none() {
            self.spare = self.empty.pop();
        }
        self.spare.is_some()
    }

    /// Whether the other end takes no more.
    pub fn is_closed(&self) -> bool {
        self.link.receiver_closed.load(Ordering::Acquire)
    }

    /// Sends a block, or what its policy makes of it. The items are swapped out of `buffer` where nobody else reads
    /// it (`Lend::Swap`), else copied.
    ///
    /// # Errors
    /// With [`Policy::Fail`], when the ring is full.
    pub(crate) fn send(
        &mut self,
        stamp: Stamp,
        lost: u64,
        block: bool,
        buffer: Lend<'_>,
    ) -> Result<Sent, Full> {
        if self.is_closed() {
            return Ok(Sent::Gone);
        }
        self.count.blocks += u64::from(block);
        self.count.lost += lost;
        if self.flushed() && self.has_room() {
            if let Some(mut spare) = self.spare.take() {
                if block {
                    buffer.into_box(&mut spare);
                }
                self.owed = None;
                let (sequence, count) = (self.next(), self.count);
                self.push(Packet { sequence, count, stamp, block, buffer: spare });
            }
            return Ok(Sent::Gone);
        }
        match self.policy {
            Policy::Fail => Err(Full),
            Policy::DropOldest => {
                self.spill(stamp, block, buffer);
                Ok(Sent::Waits)
            }
            // Waiting lanes ask `ready` first, so that only a lane that drops comes here.
            Policy::Block | Policy::DropNewest if self.owes_progress => {
                self.owed = Some(Stamp::progress(stamp.tick, stamp.known));
                Ok(Sent::Waits)
            }
            Policy::Block | Policy::DropNewest => Ok(Sent::Gone),
        }
    }

    fn next(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence - 1
    }

    fn push(&mut self, packet: Packet) {
        // A box in hand is room in the queue.
        let _ = self.full.push(packet);
        self.link.to_wake_receiver.wake();
    }

    fn spilled(&self) -> usize {
        self.spill.iter().rev().take_while(|packet| packet.sequence != UNUSED).count()
    }

    /// Keeps the newest block, at the cost of the oldest one waiting: first those in the ring, which the receiver
    /// discards, then those kept here.
    fn spill(&mut self, stamp: Stamp, block: bool, buffer: Lend<'_>) {
        let sequence = self.next();
        self.spill.rotate_left(1);
        if let Some(newest) = self.spill.last_mut() {
            if block {
                buffer.into_box(&mut newest.buffer);
            }
            (newest.sequence, newest.count, newest.stamp, newest.block) =
                (sequence, self.count, stamp, block);
        }
        let keep = (sequence + 1).saturating_sub(self.spill.len() as u64);
        self.link.keep_from.store(keep, Ordering::Release);
        self.link.to_wake_receiver.wake();
    }

    /// How many of the last ones that were sent still wait for the receiver. `None` where newer ones may have been dropped, so
    /// that the ones that wait need not be the last.
    pub(crate) fn waiting(&self) -> Option<u64> {
        let waiting = self.full.len() + self.spilled() + usize::from(self.owed.is_some());
        if self.is_closed() {
            return Some(0);
        }
        (waiting == 0 || self.policy != Policy::DropNewest).then_some(waiting as u64)
    }

    /// Sends what found no room before, oldest first.
    fn unspill(&mut self) {
        let mut waiting = self.spilled();
        while waiting > 0 && self.has_room() {
            let index = self.spill.len() - waiting;
            let Some(mut spare) = self.spare.take() else { return };
            let kept = &mut self.spill[index];
            std::mem::swap(&mut kept.buffer, &mut spare);
            let packet = Packet { buffer: spare, ..*kept };
            kept.sequence = UNUSED;
            // Used places go to the front, where the next spill takes them.
            self.spill[..=index].rotate_right(1);
            self.push(packet);
            waiting -= 1;
        }
    }

    /// Sends what is left and the progress that is owed; true when nothing is.
    pub(crate) fn settled(&mut self) -> bool {
        if self.owed.is_some()
            && self.has_room()
            && let (Some(stamp), Some(buffer)) = (self.owed.take(), self.spare.take())
        {
            let (sequence, count) = (self.next(), self.count);
            self.push(Packet { sequence, count, stamp, block: false, buffer });
        }
        self.flushed() && (self.owed.is_none() || self.is_closed())
    }

    /// Sends what is left; true when nothing is.
    pub fn flushed(&mut self) -> bool {
        self.unspill();
        self.spilled() == 0 || self.is_closed()
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.link.end.store(self.count.blocks, Ordering::Relaxed);
        self.link.sender_closed.store(true, Ordering::Release);
        self.link.to_wake_receiver.wake();
    }
}

/// The ring is full and its policy is to fail.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// What became of a block that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It is in the ring, or dropped.
    Gone,
    /// It, or word of it, waits for room in the sender, which must be [settled](Sender::settled) when there is some.
    Waits,
}

/// A block to be sent.
pub(crate) enum Lend<'a> {
    /// Nobody else reads it: the box may be swapped for an empty one.
    Swap(&'a mut Buffer),
    /// Others read it too: it must be copied.
    Copy(&'a Buffer),
}

impl Lend<'_> {
    fn into_box(self, empty: &mut Buffer) {
        match self {
            Lend::Swap(buffer) => std::mem::swap(buffer, empty),
            Lend::Copy(buffer) => empty.copy_from(buffer),
        }
    }
}

impl Receiver {
    /// Takes the next block, if one has come, and puts its box in the place of `buffer`'s.
    pub fn receive(&mut self, buffer: &mut Buffer) -> Option<Arrival> {
        loop {
            let mut packet = self.full.pop()?;
            let stale = packet.sequence < self.link.keep_from.load(Ordering::Acquire);
            if !stale && packet.block {
                std::mem::swap(buffer, &mut packet.buffer);
            }
            // There is room for every box that was made.
            let _ = self.empty.push(packet.buffer);
            self.pending += 1;
            if self.pending >= self.worth_telling {
                self.settle();
            }
            if !stale {
                let (stamp, block) = (packet.stamp, packet.block);
                let lost = packet.count.lost - self.seen.lost;
                let dropped = packet.count.blocks - self.seen.blocks - u64::from(block);
                self.seen = packet.count;
                return Some(Arrival { stamp, lost, block, dropped });
            }
        }
    }

    /// Tells the sender of all the room there is. A lane must call it before it parks.
    pub fn settle(&mut self) {
        if self.pending > 0 {
            self.pending = 0;
            self.link.to_wake_sender.wake();
        }
    }

    /// Blocks on their way.
    pub fn waiting(&self) -> u64 {
        self.full.len() as u64
    }

    /// Whether nothing will come any more. Ask before [`receive`](Self::receive): what was sent before closing is
    /// still to be taken.
    pub fn closed(&self) -> bool {
        self.link.sender_closed.load(Ordering::Acquire)
    }

    /// Blocks lost at the very end, after the last one received; known once [`closed`](Self::closed).
    pub fn dropped_at_end(&self) -> u64 {
        self.link.end.load(Ordering::Acquire).saturating_sub(self.seen.blocks)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.link.receiver_closed.store(true, Ordering::Release);
        self.link.to_wake_sender.wake();
    }
}
