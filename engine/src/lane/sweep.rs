//! An ordered list of stages that one context runs.
//!
//! A lane sweeps over its stages in topological order. By the one rule a firing leaves no more than one block behind,
//! so that an edge within the lane is one block's memory, and a sweep is the whole schedule. A stage is passed over
//! while it lacks input or one of its outputs lacks room; when a sweep moves nothing, there is nothing to do until
//! something comes from outside: by a ring, from the program, or with time.

use super::driver::Driver;
use super::edge::EdgeBuffer;
use super::intake::Intake;
use super::slot::{Slot, SlotKind, SlotState};
use super::time::{Stamp, rescale};
use crate::buffer::Buffer;
use crate::node::Inputs;
use crate::stage::{Flow, StageFault};

/// An ordered list of stages that one context runs.
pub(crate) struct Lane<D> {
    pub(crate) edges: Vec<EdgeBuffer>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) intakes: Vec<Option<Intake>>,
    /// The output of a sink.
    pub(crate) nothing: Buffer,
    /// Index of the slot whose stage is at work, for whoever catches a panic.
    pub(crate) firing: Option<usize>,
    pub(crate) driver: D,
}

impl<D: Driver> Lane<D> {
    /// A lane of these stages.
    pub(crate) fn new(parts: Parts, driver: D) -> Self {
        let Parts { edges, slots, intakes } = parts;
        Lane { edges, slots, intakes, nothing: Buffer::empty(), firing: None, driver }
    }

    /// Whether every stage has ended.
    pub(crate) fn finished(&self) -> bool {
        self.slots.iter().all(|slot| slot.state == SlotState::Done)
    }

    /// Gives every stage its chance to fire once. True if anything moved.
    pub(crate) fn sweep(&mut self) -> bool {
        let mut moved = self.take_in();
        for index in 0..self.slots.len() {
            moved |= self.step(index);
        }
        moved
    }

    fn step(&mut self, index: usize) -> bool {
        let slot = &self.slots[index];
        let moved = match (slot.state, slot.kind) {
            (SlotState::Running, SlotKind::First) => self.step_first(index),
            (SlotState::Running, SlotKind::Source { period }) => self.step_source(index, period),
            (SlotState::Running, SlotKind::Each) => self.step_each(index),
            (SlotState::Running, SlotKind::Entry | SlotKind::Exit) => false,
            (SlotState::Flushing, _) => self.flush(index),
            (SlotState::Done, _) => false,
        };
        // Whether or not the stage itself moved: one that has nothing to say for long counts as moving too.
        if self.slots[index].unsettled {
            self.catch_up(index);
        }
        moved
    }

    fn step_source(&mut self, index: usize, period: u64) -> bool {
        if self.driver.stopped() || self.has_no_readers(index) {
            self.end(index);
            return true;
        }
        if !self.has_room(index) {
            return false;
        }
        let slot = &self.slots[index];
        let next = slot.track.clock() + period;
        if !self.driver.is_due(next, slot.rate) {
            return false;
        }
        match self.fire(index, None, next) {
            Ok(flow) => self.drawn(index, period, flow),
            Err(fault) => self.fail(index, fault),
        }
        true
    }

    /// The hop that nearly every firing is: one input and all readers within the lane, a block without a gap, no
    /// stopwatch. `None` when there is anything else to it.
    #[inline]
    fn hop(&mut self, index: usize) -> Option<bool> {
        let slot = &mut self.slots[index];
        let (true, Some(outlet)) = (slot.plain, slot.outlet) else { return None };
        let inlet = &mut slot.inlets.first;
        let [from, to] = self.edges.get_disjoint_mut([inlet.edge, outlet]).ok()?;
        let unread = slot.for_readers && to.readers == 0;
        let odd = unread || self.driver.timed();
        if !inlet.has(from) || !from.block || from.lost > 0 || slot.track.has_gap() || odd {
            return None;
        }
        if to.pending > 0 {
            return Some(false);
        }
        self.firing = Some(index);
        let stamp = from.stamp;
        let at = stamp.tick;
        let inputs = Inputs { block: &from.buffer, at, which: 0, latest: &[] };
        let result = slot.node.fire(inputs, &mut to.buffer);
        self.firing = None;
        slot.counts.fired += 1;
        slot.counts.at = at;
        if let Ok(Flow::Emit) = result {
            inlet.consume(from);
            slot.counts.emitted += 1;
            slot.track.emit(at);
            to.publish(stamp, 0, true);
        } else {
            self.after(index, 0, stamp, result);
        }
        Some(true)
    }

    #[inline]
    fn step_first(&mut self, index: usize) -> bool {
        if let Some(moved) = self.hop(index) {
            return moved;
        }
        if self.has_no_readers(index) {
            self.end(index);
            return true;
        }
        let slot = &self.slots[index];
        let inlet = &slot.inlets.first;
        let edge = &self.edges[inlet.edge];
        let (has, several) = (inlet.has(edge), slot.inlets.count > 1);
        if edge.ended && !has {
            self.end(index);
            return true;
        }
        if several {
            return self.step_join(index);
        }
        if !has || !self.has_room(index) {
            return false;
        }
        self.work(index, 0);
        true
    }

    /// Lets a stage work off what has come by one input.
    #[inline]
    pub(super) fn work(&mut self, index: usize, which: usize) {
        let slot = &mut self.slots[index];
        let inlet = slot.inlets.get(which);
        let edge = &self.edges[inlet.edge];
        let (source, stamp, rate, lost, block) = (inlet.edge, edge.stamp, inlet.clock, edge.lost, edge.block);
        let lost = rescale(lost, rate, slot.rate);
        if slot.track.pass(lost) {
            slot.count_gap(lost);
            self.firing = Some(index);
            slot.node.reset();
            self.firing = None;
        }
        let result = if block { self.fire(index, Some((source, which)), stamp.tick) } else { Ok(Flow::Skip) };
        self.after(index, which, stamp, result);
    }

    /// Fires a stage.
    #[inline]
    fn fire(&mut self, index: usize, input: Option<(usize, usize)>, at: u64) -> Result<Flow, StageFault> {
        self.firing = Some(index);
        let slot = &mut self.slots[index];
        let began = self.driver.timed().then(|| self.driver.now());
        let result = match (input, slot.outlet) {
            (Some((source, which)), Some(outlet)) => {
                let edges = self.edges.get_disjoint_mut([source, outlet]);
                let [from, to] = edges.expect("a stage writes to another edge than it reads");
                let inputs = Inputs { block: &from.buffer, at, which, latest: &slot.latest };
                slot.node.fire(inputs, &mut to.buffer)
            }
            (Some((source, which)), None) => {
                let inputs = Inputs { block: &self.edges[source].buffer, at, which, latest: &slot.latest };
                slot.node.fire(inputs, &mut self.nothing)
            }
            (None, Some(outlet)) => {
                let inputs = Inputs { block: &self.nothing, at, which: 0, latest: &[] };
                slot.node.fire(inputs, &mut self.edges[outlet].buffer)
            }
            (None, None) => Ok(Flow::End),
        };
        self.firing = None;
        slot.counts.fired += 1;
        slot.counts.at = at;
        if let Some(began) = began {
            self.driver.fired(index, &self.slots[index], at, began);
        }
        result
    }

    /// Whether what the slot writes has room everywhere.
    pub(crate) fn has_room(&mut self, index: usize) -> bool {
        let slot = &mut self.slots[index];
        let Some(outlet) = slot.outlet else { return true };
        self.edges[outlet].pending == 0 && slot.senders.iter_mut().all(|sender| sender.ready())
    }

    /// Whether nobody reads any more what it writes, and that is all that it is for.
    pub(crate) fn has_no_readers(&self, index: usize) -> bool {
        let slot = &self.slots[index];
        let Some(outlet) = slot.outlet else { return false };
        slot.for_readers
            && self.edges[outlet].readers == 0
            && slot.senders.iter().all(|sender| sender.is_closed())
    }

    /// What follows from a firing on a block: its input is used up, and its output goes where it belongs.
    fn after(&mut self, index: usize, which: usize, stamp: Stamp, result: Result<Flow, StageFault>) {
        let flow = match result {
            Ok(flow) => flow,
            Err(fault) => return self.fail(index, fault),
        };
        let slot = &mut self.slots[index];
        let inlet = slot.inlets.get_mut(which);
        inlet.consume(&mut self.edges[inlet.edge]);
        let tick = rescale(stamp.tick, inlet.clock, slot.rate);
        let known = if slot.kind == SlotKind::Each { self.merged(index, stamp.time) } else { stamp.known };
        self.followed(index, Stamp { tick, known, ..stamp }, flow);
    }
}

/// What a lane is made of.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) edges: Vec<EdgeBuffer>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) intakes: Vec<Option<Intake>>,
}
