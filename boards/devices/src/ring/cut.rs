//! Packets, as blocks of another length.

use kws_engine::Flow;

use super::Packet;

/// Cuts packets of `N` samples into blocks. What is lost between them is widened to whole blocks.
///
/// It asks for a packet only when it has reported every gap and lacks samples, so that one packet and one incomplete block
/// are all that waits in it.
pub(super) struct Cut<const N: usize, const BLOCK: usize> {
    packet: [i16; N],
    /// Samples of the packet that are behind us; the block's samples come before them.
    used: usize,
    block: [i16; BLOCK],
    filled: usize,
    /// Samples lost, in whole blocks, that are still to be reported.
    lost: u64,
    /// Samples still to be left out, which a gap that was reported covers.
    skip: u64,
}

impl<const N: usize, const BLOCK: usize> Cut<N, BLOCK> {
    pub(super) const fn new() -> Self {
        Cut { packet: [0; N], used: N, block: [0; BLOCK], filled: 0, lost: 0, skip: 0 }
    }

    /// Takes the next packet, after all of the last one was used.
    pub(super) fn add(&mut self, packet: Packet<N>) {
        if packet.lost > 0 {
            let waiting = core::mem::take(&mut self.filled) as u64;
            self.lose(waiting + packet.lost);
        }
        let left_out = self.skip.min(N as u64);
        self.skip -= left_out;
        (self.packet, self.used) = (packet.samples, left_out as usize);
    }

    /// Widens a gap to whole blocks, where the one before does not cover it.
    fn lose(&mut self, samples: u64) {
        let more = samples.saturating_sub(self.skip);
        let whole = more.next_multiple_of(BLOCK as u64);
        self.lost += whole;
        self.skip = self.skip + whole - samples;
    }

    /// Tells of a gap, or writes the next block; `None` when another packet is needed.
    pub(super) fn take(&mut self, block: &mut [i16]) -> Option<Flow> {
        if self.lost > 0 {
            return Some(Flow::Lost(core::mem::take(&mut self.lost)));
        }
        let count = (N - self.used).min(BLOCK - self.filled);
        let from = &self.packet[self.used..self.used + count];
        self.block[self.filled..self.filled + count].copy_from_slice(from);
        self.used += count;
        self.filled += count;
        if self.filled < BLOCK {
            return None;
        }
        block.copy_from_slice(&self.block);
        self.filled = 0;
        Some(Flow::Emit)
    }
}
