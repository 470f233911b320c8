//! `mic`: samples that an interrupt or a DMA channel puts into a ring, as a source.
//!
//! The interrupt pushes packets into a lock-free ring; a packet that finds the ring full is lost, and the next one says
//! so. The main loop's source takes packets and cuts them into the blocks that the pipeline asks for. Both sides do what
//! the host's `mic` does, so that a microphone that runs over makes the same gaps on a board.

mod cut;

use kws_engine::{Flow, Stage, StageFault};
use ringbuf::traits::{Consumer, Producer};
use ringbuf::{StaticCons, StaticProd, StaticRb};

use cut::Cut;

/// What passes through the ring: as many samples as the interrupt brings at once.
#[derive(Clone, Copy, Debug)]
pub struct Packet<const N: usize> {
    /// Samples lost before these.
    pub lost: u64,
    /// The samples.
    pub samples: [i16; N],
}

/// A ring without an allocator, where `WAITING` packets may wait.
pub type Ring<const N: usize, const WAITING: usize> = StaticRb<Packet<N>, WAITING>;
/// The interrupt's side of such a ring.
pub type StaticPacketSender<const N: usize, const WAITING: usize> =
    PacketSender<StaticProd<'static, Packet<N>, WAITING>, N>;
/// The main loop's side of such a ring.
pub type StaticMic<const N: usize, const WAITING: usize, const BLOCK: usize> =
    Mic<StaticCons<'static, Packet<N>, WAITING>, N, BLOCK>;

/// The interrupt's side: pushes packets, and counts those that find no room.
///
/// It never waits and never allocates. Meanwhile the main loop may take packets at any time.
pub struct PacketSender<P, const N: usize> {
    ring: P,
    lost: u64,
}

impl<P: Producer<Item = Packet<N>>, const N: usize> PacketSender<P, N> {
    /// Pushes into this end of a ring.
    pub const fn new(ring: P) -> Self {
        PacketSender { ring, lost: 0 }
    }

    /// Takes what the device has heard.
    pub fn push(&mut self, samples: &[i16; N]) {
        let packet = Packet { lost: self.lost, samples: *samples };
        self.lost = match self.ring.try_push(packet) {
            Ok(()) => 0,
            Err(_) => self.lost + N as u64,
        };
    }

    /// The device itself lost so many samples since the last packet. Where nobody knows how many: one packet.
    pub fn miss(&mut self, samples: u64) {
        self.lost += samples;
    }
}

/// The main loop's side: the source of a pipeline.
///
/// A firing that finds no whole block says [`Flow::Skip`] at once; the main loop then sleeps until the next interrupt.
///
/// # Writes
/// `samples` i16 `[BLOCK]`, one tick each. What the ring had no room for is lost in whole blocks, counted, and reported to
/// what comes after: so the ticks of a stream stay multiples of its block whatever befalls it. A packet that follows a
/// gap begins a new block, and what waited of an incomplete one is lost with the gap.
///
/// # Parameters
/// `rate`, `block`; and `device` and `fallback`, which only a computer needs, are passed over.
///
/// # Reference
/// The host's `mic` (`boards/host/src/source/mic`), whose gaps these equal.
///
/// # Example
/// ```
/// use kws_devices::ring::{PacketSender, Mic, Ring};
/// use kws_engine::{Flow, Stage};
/// use ringbuf::traits::SplitRef;
///
/// let mut ring = Ring::<4, 2>::default();
/// let (filled, taken) = ring.split_ref();
/// let (mut sender, mut mic) = (PacketSender::new(filled), Mic::<_, 4, 8>::new(taken));
/// let mut block = [0; 8];
/// sender.push(&[1, 2, 3, 4]);
/// assert_eq!(mic.process((), &mut block), Ok(Flow::Skip));
/// sender.push(&[5, 6, 7, 8]);
/// assert_eq!(mic.process((), &mut block), Ok(Flow::Emit));
/// assert_eq!(block, [1, 2, 3, 4, 5, 6, 7, 8]);
/// ```
pub struct Mic<C, const N: usize, const BLOCK: usize> {
    ring: C,
    cut: Cut<N, BLOCK>,
}

impl<C: Consumer<Item = Packet<N>>, const N: usize, const BLOCK: usize> Mic<C, N, BLOCK> {
    /// Takes from this end of a ring.
    pub const fn new(ring: C) -> Self {
        Mic { ring, cut: Cut::new() }
    }
}

impl<C: Consumer<Item = Packet<N>>, const N: usize, const BLOCK: usize> Stage for Mic<C, N, BLOCK> {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), block: &mut [i16]) -> Result<Flow, StageFault> {
        loop {
            if let Some(flow) = self.cut.take(block) {
                return Ok(flow);
            }
            let Some(packet) = self.ring.try_pop() else { return Ok(Flow::Skip) };
            self.cut.add(packet);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringbuf::traits::Split;
    use ringbuf::{HeapCons, HeapProd, HeapRb};

    const N: usize = 256;
    const HELD: usize = 16;

    fn both() -> (PacketSender<HeapProd<Packet<N>>, N>, Mic<HeapCons<Packet<N>>, N, 160>) {
        let (filled, taken) = HeapRb::new(HELD).split();
        (PacketSender::new(filled), Mic::new(taken))
    }

    /// Samples that bear their own number.
    fn packet(number: usize) -> [i16; N] {
        core::array::from_fn(|index| (number * N + index) as i16)
    }

    /// Every block's first sample, and every gap as a negative number, until nothing comes.
    fn blocks(mic: &mut impl Stage<In = (), Out = i16>) -> Vec<i64> {
        let (mut found, mut block) = (Vec::new(), [0; 160]);
        loop {
            match mic.process((), &mut block).unwrap() {
                Flow::Skip => return found,
                Flow::Lost(lost) => found.push(-(lost as i64)),
                _ => {
                    assert!(block.windows(2).all(|pair| pair[1] == pair[0] + 1), "{block:?}");
                    found.push(i64::from(block[0]));
                }
            }
        }
    }

    #[test]
    fn packets_become_blocks() {
        let (mut sender, mut mic) = both();
        (0..4).for_each(|number| sender.push(&packet(number)));
        assert_eq!(blocks(&mut mic), [0, 160, 320, 480, 640, 800]);
    }

    /// The host's test of the same name: three packets find no room; the gap ends where a whole block begins.
    #[test]
    fn what_finds_no_room_is_a_gap_of_whole_blocks() {
        let (mut sender, mut mic) = both();
        (0..HELD + 3).for_each(|number| sender.push(&packet(number)));
        let whole = HELD * N / 160 * 160;
        let found = blocks(&mut mic);
        assert_eq!(found.len() * 160, whole);
        (HELD + 3..HELD + 6).for_each(|number| sender.push(&packet(number)));
        let next = ((HELD + 3) * N).next_multiple_of(160);
        let found = blocks(&mut mic);
        assert_eq!(found[..2], [-((next - whole) as i64), next as i64]);
    }

    #[test]
    fn what_the_device_missed_is_a_gap() {
        let (mut sender, mut mic) = both();
        (0..2).for_each(|number| sender.push(&packet(number)));
        assert_eq!(blocks(&mut mic).len(), 3);
        sender.miss(N as u64);
        // The host's test says the same of an overrun: 32 samples that waited, 256 of the gap, 32 up to a whole block.
        sender.push(&packet(2));
        sender.push(&packet(3));
        assert_eq!(blocks(&mut mic), [-320, 544, 704, 864]);
    }

    #[test]
    fn a_block_may_be_shorter_or_longer_than_a_packet() {
        let (filled, taken) = HeapRb::new(HELD).split();
        let (mut sender, mut mic) = (PacketSender::new(filled), Mic::<_, 4, 10>::new(taken));
        let (mut heard, mut block) = (Vec::new(), [0; 10]);
        for begin in (0..40).step_by(4) {
            sender.push(&core::array::from_fn(|index| begin + index as i16));
            if mic.process((), &mut block).unwrap() == Flow::Emit {
                heard.extend(block);
            }
        }
        assert_eq!(heard, (0..40).collect::<Vec<i16>>());
    }
}
