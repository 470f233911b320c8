//! A stage's place in a lane.

use super::Track;
use super::edge::EdgeBuffer;
use super::ring::Sender;
use super::time::Time;
use crate::node::{Latest, Node};

/// A stage's place in a lane: the stage, what it reads, what it writes to.
pub(crate) struct Slot {
    /// Index of the stage in the plan.
    pub(crate) stage: usize,
    pub(crate) name: String,
    pub(crate) node: Box<dyn Node>,
    pub(crate) kind: SlotKind,
    pub(crate) inlets: Inlets,
    /// The latest blocks of a join's inputs after the first.
    pub(crate) latest: Vec<Latest>,
    /// The edge buffer that it writes to; `None` for a sink.
    pub(crate) outlet: Option<usize>,
    pub(crate) senders: Vec<Sender>,
    /// Whether it has one input of its own clock, writes to no ring and leads to no join.
    pub(crate) plain: bool,
    /// Whether it runs only for those that read it: it has readers, in the lane or beyond, and does nothing besides.
    pub(crate) for_readers: bool,
    /// Whether its readers must hear of progress without a block: one of them leads to a join.
    pub(crate) tells_progress: bool,
    /// The stream that it writes.
    pub(crate) track: Track,
    /// Ticks lost since its last block by inputs after the first. A gap that reaches a join by several inputs is most
    /// often the same one, so that the greater counts, not the sum.
    pub(crate) beside: u64,
    /// Ticks in a second of what it writes.
    pub(crate) rate: u32,
    /// When the last that it put out, block or progress, was complete.
    pub(crate) stamped: Time,
    /// Up to when its readers know what it writes.
    pub(crate) reported: Time,
    /// Whether a ring after it ran over, so that something waits for room there.
    pub(crate) unsettled: bool,
    pub(crate) state: SlotState,
    pub(crate) counts: Counts,
}

impl Slot {
    /// Counts a gap that it met.
    pub(crate) fn count_gap(&mut self, lost: u64) {
        self.counts.gaps += 1;
        self.counts.lost += lost;
    }

    /// The tick that it has come to.
    #[inline]
    pub(crate) fn tick(&self) -> u64 {
        self.track.at()
    }
}

/// What a stage has done, counted by its lane alone and shown to others now and then: a shared counter on every
/// firing would cost as much as the firing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) fired: u64,
    pub(crate) emitted: u64,
    /// Tick that it has come to.
    pub(crate) at: u64,
    /// Gaps that it met.
    pub(crate) gaps: u64,
    /// Ticks lost in them.
    pub(crate) lost: u64,
    pub(crate) life: Life,
}

/// Whether a stage is at work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Life {
    #[default]
    Working,
    Ended,
    Failed,
}

impl Life {
    /// The inverse of `as u8`.
    pub(crate) const fn of(number: u8) -> Self {
        match number {
            0 => Life::Working,
            1 => Life::Ended,
            _ => Life::Failed,
        }
    }
}

/// A stage's inputs: the first beside the stage, since nearly every stage has just one.
pub(crate) struct Inlets {
    pub(crate) first: Inlet,
    pub(crate) others: Vec<Inlet>,
    /// How many there are.
    pub(crate) count: usize,
}

impl Inlets {
    pub(crate) fn new(inlets: Vec<Inlet>) -> Self {
        let count = inlets.len();
        let mut inlets = inlets.into_iter();
        Inlets { first: inlets.next().unwrap_or(Inlet::NONE), others: inlets.collect(), count }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Inlet> {
        std::iter::once(&self.first).chain(&self.others).take(self.count)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Inlet> {
        std::iter::once(&mut self.first).chain(&mut self.others).take(self.count)
    }

    #[inline]
    pub(crate) fn get(&self, which: usize) -> &Inlet {
        if which == 0 { &self.first } else { &self.others[which - 1] }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, which: usize) -> &mut Inlet {
        if which == 0 { &mut self.first } else { &mut self.others[which - 1] }
    }
}

/// What makes it fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotKind {
    /// It has no input: whenever what it writes has room.
    Source {
        /// Ticks of a block.
        period: u64,
    },
    /// The program around the lane, which writes its blocks.
    Entry,
    /// A block by the first input.
    First,
    /// A block by any input, in the order of their ticks.
    Each,
    /// The program around the lane, which reads what comes, in the same order.
    Exit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotState {
    Running,
    /// It has ended, but rings that run over still hold blocks of its.
    Flushing,
    Done,
}

/// One input's end.
pub(crate) struct Inlet {
    pub(crate) edge: usize,
    /// Sequence number of what it has seen of the edge buffer.
    pub(crate) seen: u64,
    /// Ticks in a second of what it reads.
    pub(crate) clock: u32,
    /// Time up to which it knows the stream.
    pub(crate) progress: Time,
}

impl Inlet {
    /// What stands for the first input of a source.
    const NONE: Inlet = Inlet::new(0, 1);

    /// Before the first block.
    pub(crate) const fn new(edge: usize, clock: u32) -> Self {
        Inlet { edge, seen: 0, clock, progress: Time::START }
    }

    #[inline]
    pub(crate) fn has(&self, edge: &EdgeBuffer) -> bool {
        edge.sequence != self.seen
    }

    /// Marks what is in the edge buffer as seen.
    #[inline]
    pub(crate) fn consume(&mut self, edge: &mut EdgeBuffer) {
        self.seen = edge.sequence;
        self.progress = edge.stamp.known;
        edge.pending -= 1;
    }
}
