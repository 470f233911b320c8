//! A stage's place in a lane.

use std::sync::Arc;

use super::edge_buffer::EdgeBuffer;
use super::meter::{Counts, StageMeter};
use super::ring::Sender;
use super::time::Time;
use crate::buffer::Buffer;
use crate::node::Node;

/// A stage's place in a lane: the stage, what it reads, what it writes to.
pub(crate) struct Slot {
    /// Index of the stage in the plan.
    pub(crate) stage: usize,
    pub(crate) name: String,
    pub(crate) node: Box<dyn Node>,
    pub(crate) kind: SlotKind,
    pub(crate) inlets: Inlets,
    /// The latest blocks of a join's inputs after the first.
    pub(crate) latest: Vec<Option<(u64, Buffer)>>,
    /// The edge buffer it writes to; `None` for a sink.
    pub(crate) outlet: Option<usize>,
    pub(crate) senders: Vec<Sender>,
    /// Whether it has one input of its own clock, writes to no ring and leads to no join.
    pub(crate) plain: bool,
    /// Whether it has readers at all, in the lane or beyond.
    pub(crate) read: bool,
    /// Whether its readers must hear of progress without a block: one of them leads to a join.
    pub(crate) tells_progress: bool,
    /// Ticks lost since its last block.
    pub(crate) lost: Lost,
    /// Ticks in a second of what it writes.
    pub(crate) rate: u32,
    /// Tick of the last that it put out, block or progress, by its own clock.
    pub(crate) tick: u64,
    /// When that was complete.
    pub(crate) stamped: Time,
    /// Up to when its readers know what it writes.
    pub(crate) reported: Time,
    /// Whether a ring after it ran over, so that something waits for room there.
    pub(crate) unsettled: bool,
    pub(crate) state: SlotState,
    pub(crate) counts: Counts,
    pub(crate) meter: Arc<StageMeter>,
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

    #[inline]
    pub(crate) fn get(&self, which: usize) -> &Inlet {
        if which == 0 { &self.first } else { &self.others[which - 1] }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, which: usize) -> &mut Inlet {
        if which == 0 { &mut self.first } else { &mut self.others[which - 1] }
    }
}

/// Which inputs make it fire, and what a source must know besides.
pub(crate) enum SlotKind {
    Source(Clock),
    First,
    Each,
}

/// A source's time.
pub(crate) struct Clock {
    /// Tick that it has come to.
    pub(crate) at: u64,
    /// Ticks of a block.
    pub(crate) period: u64,
    /// Ticks in a second.
    pub(crate) rate: u32,
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
    /// Ticks in a second of that edge buffer.
    pub(crate) clock: u32,
    /// Time up to which it knows the stream.
    pub(crate) progress: Time,
}

/// Ticks lost since a stage's last block. A gap that reaches a join by several inputs is most often the same one, so
/// that the greater counts, not the sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    /// By the input that fires.
    main: u64,
    /// By the others.
    beside: u64,
}

impl Lost {
    pub(crate) fn add(&mut self, ticks: u64) {
        self.main += ticks;
    }

    pub(crate) fn add_beside(&mut self, ticks: u64) {
        self.beside += ticks;
    }

    pub(crate) fn any(&self) -> bool {
        *self != Lost::default()
    }

    pub(crate) fn take(&mut self) -> u64 {
        let lost = self.main.max(self.beside);
        *self = Lost::default();
        lost
    }
}

impl Inlet {
    /// What stands for the first input of a source.
    pub(crate) const NONE: Inlet = Inlet { edge: 0, seen: 0, clock: 1, progress: Time::START };

    #[inline]
    pub(crate) fn has(&self, edge: &EdgeBuffer) -> bool {
        edge.sequence != self.seen
    }

    /// Marks what is on the edge buffer as seen.
    #[inline]
    pub(crate) fn consume(&mut self, edge: &mut EdgeBuffer) {
        self.seen = edge.sequence;
        self.progress = edge.stamp.known;
        edge.pending -= 1;
    }
}
