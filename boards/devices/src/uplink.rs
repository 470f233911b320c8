//! A board's link with another place of its pipeline.

use core::marker::PhantomData;
use core::ops::Range;

use kws_engine::{Block, Flow, Item, Stage, StageFault};
use kws_link::{Link, MAX_FRAME, MAX_WRAPPED, Mark, Outbox, Unwrapped, Unwrapper, Wrapper};

/// The most bytes of an item on the wire.
const ITEM: usize = 24;

/// Bytes of the longest frame that a board receives: hellos and acknowledgements.
const HEARD: usize = 256;

/// The memory of a board's outboxes.
type Memory = &'static mut [u8];

/// Where a board keeps its link, which both the stages and the main loop reach.
pub trait Linked {
    /// Lends the link; nothing while somebody else has it, or before there is one.
    fn with<R>(lend: impl FnOnce(&mut Link<'static, Memory>) -> R) -> Option<R>;
}

/// Outboxes for edges of these numbers, bytes of a block and bytes of memory, as the build writes them to `uplink.rs`.
pub fn outboxes<const N: usize>(edges: &[(u8, u32, usize); N], memory: Memory) -> [Outbox<Memory>; N] {
    let mut rest = memory;
    core::array::from_fn(|index| {
        let (edge, block, room) = edges[index];
        let all = core::mem::take(&mut rest);
        let len = room.min(all.len());
        let (own, others) = all.split_at_mut(len);
        rest = others;
        Outbox::new(edge, block, own)
    })
}

/// What goes to another place: a sink of blocks of `T`, which the link holds until the other place has them. A block that finds no
/// room is lost and counted: a board cannot wait.
///
/// # Reads
/// Any blocks.
///
/// # Writes
/// Nothing: the main loop sends them, see [`Carrier`].
pub struct Uplink<L, T, const EDGE: u8> {
    /// Ticks of a block, where they come one after the other.
    period: u64,
    /// Tick of the last block.
    last: u64,
    gap: bool,
    link: PhantomData<fn(T) -> L>,
}

impl<L, T, const EDGE: u8> Uplink<L, T, EDGE> {
    /// Before the first block.
    pub const fn new(period: u64) -> Self {
        Uplink { period, last: 0, gap: false, link: PhantomData }
    }
}

impl<L: Linked, T: Item, const EDGE: u8> Stage for Uplink<L, T, EDGE> {
    type In = T;
    type Out = ();

    fn process(&mut self, block: Block<'_, T>, (): ()) -> Result<Flow, StageFault> {
        let since = block.at.saturating_sub(self.last).saturating_sub(self.period).max(1);
        let lost = if self.gap { since } else { 0 };
        let mark = Mark { block: true, tick: block.at, blocks: 1, lost, order: None };
        let bytes = block.items.len() * T::ELEMENT.bytes();
        let put = |link: &mut Link<'static, Memory>| {
            let Some(outbox) = link.outbox(EDGE) else { return };
            if outbox.push(mark, bytes, block.items.iter().flat_map(|item| wire(*item))).is_err() {
                outbox.drop_block(lost);
            }
        };
        let _ = L::with(put);
        (self.last, self.gap) = (block.at, false);
        Ok(Flow::Skip)
    }

    fn reset(&mut self) {
        self.gap = true;
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        let _ = L::with(|link| link.outbox(EDGE).map(Outbox::end));
        Ok(())
    }
}

/// The bytes of an item.
fn wire<T: Item>(item: T) -> impl Iterator<Item = u8> {
    let (mut bytes, mut len) = ([0; ITEM], 0);
    item.to_wire(&mut |byte| {
        if let Some(place) = bytes.get_mut(len) {
            *place = byte;
            len += 1;
        }
    });
    bytes.into_iter().take(len)
}

/// What a board's main loop does for its link: bytes that have come go in, bytes to be written come out.
pub struct Carrier {
    heard: Unwrapper<HEARD>,
    frame: [u8; MAX_FRAME],
    wire: [u8; MAX_WRAPPED],
    /// What of the wire's frame is still to be written.
    rest: Range<usize>,
}

impl Carrier {
    /// Before the first byte.
    pub const fn new() -> Self {
        Carrier { heard: Unwrapper::new(), frame: [0; MAX_FRAME], wire: [0; MAX_WRAPPED], rest: 0..0 }
    }

    /// Takes a byte that has come; `now` are milliseconds.
    pub fn hear(&mut self, link: &mut Link<'_, Memory>, byte: u8, now: u64) {
        if let Some(Unwrapped::Frame(frame)) = self.heard.push(byte) {
            // Another pipeline, or another version: nothing goes there, and the other end says so.
            let _ = link.receive(frame, now);
        }
    }

    /// Lets `write` take bytes until it takes none, or there are no more now.
    pub fn say(&mut self, link: &mut Link<'_, Memory>, now: u64, mut write: impl FnMut(&[u8]) -> usize) {
        loop {
            if self.rest.is_empty() {
                let Some(len) = link.poll(now, &mut self.frame) else { return };
                let Ok(len) = Wrapper::wrap(&self.frame[..len], &mut self.wire) else { return };
                self.rest = 0..len;
            }
            let written = write(&self.wire[self.rest.clone()]);
            if written == 0 {
                return;
            }
            self.rest.start += written.min(self.rest.len());
        }
    }

    /// Whether a frame has been begun: text would break it.
    pub fn is_busy(&self) -> bool {
        !self.rest.is_empty()
    }
}

impl Default for Carrier {
    fn default() -> Self {
        Carrier::new()
    }
}
