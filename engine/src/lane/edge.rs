//! One block's memory within a lane.

use super::time::Stamp;
use crate::buffer::Buffer;

/// One edge's end within a lane: written by a stage of the lane, from a ring or by the program, read by stages of the
/// lane.
pub(crate) struct EdgeBuffer {
    pub(crate) buffer: Buffer,
    /// Index of the stage in the plan that writes it.
    pub(crate) writer: usize,
    /// When what is in the buffer was complete.
    pub(crate) stamp: Stamp,
    /// Ticks lost before it.
    pub(crate) lost: u64,
    /// Whether there is a block; else it is mere progress.
    pub(crate) block: bool,
    /// Counts what was put here, so that a reader knows what it has not yet seen.
    pub(crate) sequence: u64,
    /// Readers of the lane that still have to see it.
    pub(crate) pending: usize,
    /// Readers of the lane that still read.
    pub(crate) readers: usize,
    /// Nothing more will be put here.
    pub(crate) ended: bool,
}

impl EdgeBuffer {
    pub(crate) fn new(writer: usize, buffer: Buffer, readers: usize) -> Self {
        EdgeBuffer {
            buffer,
            writer,
            stamp: Stamp::START,
            lost: 0,
            block: false,
            sequence: 0,
            pending: 0,
            readers,
            ended: false,
        }
    }

    /// Shows what is in the buffer to the readers.
    #[inline]
    pub(crate) fn publish(&mut self, stamp: Stamp, lost: u64, block: bool) {
        self.stamp = stamp;
        self.lost = lost;
        self.block = block;
        self.sequence += 1;
        self.pending = self.readers;
    }
}
