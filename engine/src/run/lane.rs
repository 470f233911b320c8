//! An ordered list of stages that one thread runs.
//!
//! A lane sweeps over its stages in topological order. By the one rule a firing leaves no more than one block behind,
//! so that an edge within the lane is one block's memory, and a sweep is the whole schedule. A stage is passed over
//! while it lacks input or one of its outputs lacks room; when a sweep moves nothing, the lane parks until a ring's
//! other end moves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender as Channel;

use super::control::Control;
use super::edge_buffer::EdgeBuffer;
use super::meter::{RingMeter, bump};
use super::report::{GapReport, Report, tell};
use super::ring::{Full, Lend, Receiver, Sent};
use super::slot::{Clock, Slot, SlotKind, SlotState};
use super::time::{Stamp, Time, rescale};
use super::wake::Waker;
use crate::buffer::Buffer;
use crate::node::Inputs;
use crate::stage::{Flow, StageFault};

/// How often a lane looks for work before it parks: a block that comes within a few microseconds is met awake.
const LOOKS: u32 = 512;

/// After how many sweeps at the latest a busy lane shows its counts.
const SHOW_EVERY: usize = 64;

/// A ring's end in the lane that reads it.
pub(crate) struct Intake {
    pub(crate) receiver: Receiver,
    pub(crate) edge: usize,
    /// The stage that reads it, for reports.
    pub(crate) reader: String,
    /// Ticks of one block.
    pub(crate) period: u64,
    pub(crate) meter: Arc<RingMeter>,
    /// Whether to look at how full the ring is: it costs a look at the sender's memory each time.
    pub(crate) measured: bool,
}

/// An ordered list of stages that one thread runs.
pub(crate) struct Lane {
    pub(crate) name: String,
    pub(crate) edges: Vec<EdgeBuffer>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) intakes: Vec<Option<Intake>>,
    pub(crate) waker: Arc<Waker>,
    pub(crate) control: Arc<Control>,
    pub(crate) reports: Channel<Report>,
    /// Set when sources keep real time.
    pub(crate) paced: bool,
    /// Set when firings are timed.
    pub(crate) timed: bool,
    pub(crate) start: Instant,
    /// The output of a sink.
    pub(crate) nothing: Buffer,
    /// Index of the slot whose stage is at work, for whoever catches a panic.
    pub(crate) firing: Option<usize>,
    /// When the next source that keeps real time is due, while none is.
    pub(crate) due: Option<Instant>,
}

impl Lane {
    /// Runs until every stage has ended.
    pub(crate) fn run(&mut self) {
        self.waker.adopt();
        while !self.finished() {
            let swept = (0..SHOW_EVERY).take_while(|_| self.sweep()).count();
            self.show_counts();
            // Also while busy: a lane that waits for the last of the room may be what the rest of this one waits for.
            self.settle();
            if swept == SHOW_EVERY || self.look() {
                continue;
            }
            self.settle();
            self.waker.announce();
            if self.sweep() || self.finished() {
                self.waker.retract();
            } else {
                self.waker.park(self.due);
            }
        }
        self.show_counts();
    }

    /// Waits a little while for work without giving the thread away.
    fn look(&mut self) -> bool {
        (0..LOOKS).any(|_| {
            std::hint::spin_loop();
            self.sweep()
        })
    }

    /// Tells the lanes before this one of all the room there is, before it sleeps.
    fn settle(&mut self) {
        for intake in self.intakes.iter_mut().flatten() {
            intake.receiver.settle();
        }
    }

    fn show_counts(&self) {
        for slot in &self.slots {
            slot.meter.show(slot.counts);
        }
    }

    fn finished(&self) -> bool {
        self.slots.iter().all(|slot| slot.state == SlotState::Done)
    }

    /// Gives every stage its chance to fire once. True if anything moved.
    pub(crate) fn sweep(&mut self) -> bool {
        self.due = None;
        let mut moved = self.take_in();
        for index in 0..self.slots.len() {
            moved |= self.step(index);
        }
        moved
    }

    /// Fetches blocks from rings onto free edge buffers.
    fn take_in(&mut self) -> bool {
        let mut moved = false;
        for place in &mut self.intakes {
            let Some(intake) = place else { continue };
            let edge = &mut self.edges[intake.edge];
            if edge.pending > 0 {
                continue;
            }
            if edge.readers == 0 {
                *place = None;
                moved = true;
                continue;
            }
            let closed = intake.receiver.closed();
            if intake.measured {
                intake.meter.see(intake.receiver.waiting());
            }
            match intake.receiver.receive(&mut edge.buffer) {
                Some(arrival) => {
                    let lost = arrival.lost + arrival.dropped * intake.period;
                    if arrival.dropped > 0 {
                        let block = if arrival.block { intake.period } else { 0 };
                        let end = arrival.stamp.tick.saturating_sub(block);
                        intake.report(arrival.dropped, end, &self.reports);
                    }
                    edge.publish(arrival.stamp, lost, arrival.block);
                    moved = true;
                }
                None if closed => {
                    let dropped = intake.receiver.dropped_at_end();
                    if dropped > 0 {
                        intake.report(dropped, edge.stamp.tick + dropped * intake.period, &self.reports);
                    }
                    edge.ended = true;
                    *place = None;
                    moved = true;
                }
                None => {}
            }
        }
        moved
    }

    fn step(&mut self, index: usize) -> bool {
        let moved = match (self.slots[index].state, &self.slots[index].kind) {
            (SlotState::Running, SlotKind::First) => self.step_first(index),
            (SlotState::Running, SlotKind::Source(_)) => self.step_source(index),
            (SlotState::Running, SlotKind::Each) => self.step_each(index),
            (SlotState::Flushing, _) => self.flush(index),
            (SlotState::Done, _) => false,
        };
        if !moved && self.slots[index].unsettled {
            self.catch_up(index);
        }
        moved
    }

    /// Sends on what waits for room in a ring that ran over.
    #[cold]
    fn catch_up(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        slot.unsettled = !slot.senders.iter_mut().fold(true, |settled, sender| settled & sender.settled());
    }

    /// Whether what the slot writes has room everywhere.
    pub(super) fn has_room(&mut self, index: usize) -> bool {
        let slot = &mut self.slots[index];
        let Some(outlet) = slot.outlet else { return true };
        self.edges[outlet].pending == 0 && slot.senders.iter_mut().all(|sender| sender.ready())
    }

    /// Whether nobody reads any more what once had readers.
    pub(super) fn has_no_readers(&self, index: usize) -> bool {
        let slot = &self.slots[index];
        let Some(outlet) = slot.outlet else { return false };
        slot.read && self.edges[outlet].readers == 0 && slot.senders.iter().all(|sender| sender.is_closed())
    }

    fn step_source(&mut self, index: usize) -> bool {
        if self.control.stopped() || self.has_no_readers(index) {
            self.end(index);
            return true;
        }
        if !self.has_room(index) {
            return false;
        }
        let SlotKind::Source(Clock { at, period, rate }) = self.slots[index].kind else { return false };
        if self.paced && !self.is_due(at + period, rate) {
            return false;
        }
        let flow = match self.fire(index, None, at + period) {
            Ok(flow) => flow,
            Err(fault) => {
                self.fail(index, fault);
                return true;
            }
        };
        let tick = match flow {
            Flow::Skip => return true,
            Flow::End => {
                self.end(index);
                return true;
            }
            Flow::Emit => at + period,
            Flow::EmitAt(tick) => tick,
            Flow::Lost(lost) => at + lost,
        };
        if let SlotKind::Source(clock) = &mut self.slots[index].kind {
            clock.at = tick;
        }
        match flow {
            Flow::Lost(lost) => self.lose(index, tick, lost),
            Flow::EmitAt(_) => self.emit_at(index, Stamp::only(tick, rate)),
            _ => self.emit(index, Stamp::only(tick, rate), true),
        }
        true
    }

    /// Whether the time of a tick has come. If not, the lane sleeps no longer than until it does.
    fn is_due(&mut self, tick: u64, rate: u32) -> bool {
        let due =
            self.start + Duration::from_nanos((u128::from(tick) * 1_000_000_000 / u128::from(rate)) as u64);
        if Instant::now() >= due {
            return true;
        }
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
        false
    }

    /// The hop that nearly every firing is: one input and all readers within the lane, a block without a gap, no
    /// stopwatch. `None` when there is anything else to it.
    #[inline]
    fn hop(&mut self, index: usize) -> Option<bool> {
        let slot = &mut self.slots[index];
        let (true, Some(outlet)) = (slot.plain, slot.outlet) else { return None };
        let inlet = &mut slot.inlets.first;
        let [from, to] = self.edges.get_disjoint_mut([inlet.edge, outlet]).ok()?;
        let ignored = slot.read && to.readers == 0;
        if !inlet.has(from) || !from.block || from.lost > 0 || slot.lost.any() || ignored || self.timed {
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
        if lost > 0 {
            let lost = rescale(lost, rate, slot.rate);
            slot.lost.add(lost);
            bump(&slot.meter.gaps, 1);
            bump(&slot.meter.lost, lost);
            self.firing = Some(index);
            slot.node.reset();
            self.firing = None;
        }
        let result = if block { self.fire(index, Some((source, which)), stamp.tick) } else { Ok(Flow::Skip) };
        self.after(index, which, stamp, result);
    }

    /// What follows from a firing: its input is used up, and its output goes where it belongs.
    fn after(&mut self, index: usize, which: usize, stamp: Stamp, result: Result<Flow, StageFault>) {
        let flow = match result {
            Ok(flow) => flow,
            Err(fault) => return self.fail(index, fault),
        };
        let slot = &mut self.slots[index];
        let inlet = slot.inlets.get_mut(which);
        inlet.consume(&mut self.edges[inlet.edge]);
        let tick = rescale(stamp.tick, inlet.clock, slot.rate);
        let merge = matches!(slot.kind, SlotKind::Each);
        let known = if merge { self.merged(index, stamp.time) } else { stamp.known };
        let stamp = Stamp { tick, known, ..stamp };
        match flow {
            Flow::Emit => self.emit(index, stamp, true),
            Flow::EmitAt(tick) if tick == stamp.tick => self.emit(index, stamp, true),
            Flow::EmitAt(tick) => {
                let time = Time::of(tick, self.slots[index].rate);
                self.emit_at(index, Stamp { tick, time, known: time });
            }
            Flow::Lost(lost) => {
                self.lose(index, tick, lost);
                self.tell_after(index, known);
            }
            Flow::Skip => self.tell_after(index, known),
            Flow::End => self.end(index),
        }
    }

    /// Tells what is known after a firing that wrote nothing. A merge knows less than what it has just worked off; it
    /// tells when it is asked again.
    fn tell_after(&mut self, index: usize, known: Time) {
        if !matches!(self.slots[index].kind, SlotKind::Each) {
            self.tell(index, known);
        }
    }

    /// Tells the readers up to when they know all that it writes, if one of them leads to a join. True if that is news.
    pub(super) fn tell(&mut self, index: usize, known: Time) -> bool {
        let slot = &self.slots[index];
        let news = slot.tells_progress && known > slot.reported;
        if news {
            self.emit(index, Stamp::progress(slot.tick, known), false);
        }
        news
    }

    /// Emits a block that bears a tick of the stage's own choice.
    fn emit_at(&mut self, index: usize, stamp: Stamp) {
        let slot = &self.slots[index];
        let (tick, last) = (stamp.tick, slot.tick);
        // Where a join or a merge follows, a source's ticks rise: two blocks of one tick could not be told apart.
        let again = tick == last && last > 0 && slot.tells_progress && slot.inlets.count == 0;
        if tick < last || again {
            let text = format!("it wrote a block at tick {tick} after one at tick {last}");
            return self.fail(index, StageFault::because(text));
        }
        self.emit(index, stamp, true);
    }

    /// Fires a stage.
    #[inline]
    fn fire(&mut self, index: usize, input: Option<(usize, usize)>, at: u64) -> Result<Flow, StageFault> {
        self.firing = Some(index);
        let slot = &mut self.slots[index];
        let began = self.timed.then(Instant::now);
        let result = match (input, slot.outlet) {
            (Some((source, which)), Some(outlet)) => {
                let edges = self.edges.get_disjoint_mut([source, outlet]);
                let [from, to] = edges.expect("a stage writes to another edge buffer than it reads");
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
            self.measure(index, at, began);
        }
        result
    }

    /// How long a firing took and, for a sink of a run that does not outrun real time, how long after the end of a block it
    /// ended.
    #[cold]
    fn measure(&self, index: usize, at: u64, began: Instant) {
        let slot = &self.slots[index];
        if let Some(time) = &slot.meter.time {
            time.count(began.elapsed().as_nanos() as u64);
        }
        let (Some(latency), None, Some(inlet)) =
            (&slot.meter.latency, slot.outlet, slot.inlets.iter().next())
        else {
            return;
        };
        let due = u128::from(at) * 1_000_000_000 / u128::from(inlet.clock);
        // A run that is ahead of real time has no latency.
        if let Some(late) = self.start.elapsed().as_nanos().checked_sub(due) {
            latency.count(late as u64);
        }
    }

    /// Puts a block, or mere progress, on the edge buffer and into the rings.
    #[inline]
    fn emit(&mut self, index: usize, stamp: Stamp, block: bool) {
        let slot = &mut self.slots[index];
        let Some(outlet) = slot.outlet else { return };
        let edge = &mut self.edges[outlet];
        let stamp = stamp.after(slot.stamped);
        (slot.tick, slot.stamped) = (stamp.tick, stamp.time);
        slot.reported = slot.reported.max(stamp.known);
        let lost = if block { slot.lost.take() } else { 0 };
        slot.counts.emitted += u64::from(block);
        edge.publish(stamp, lost, block);
        let mut full = false;
        if let Some((last, others)) = slot.senders.split_last_mut() {
            let mut note = |sent: Result<Sent, Full>| {
                slot.unsettled |= sent == Ok(Sent::Waits);
                full |= sent.is_err();
            };
            for sender in others {
                note(sender.send(stamp, lost, block, Lend::Copy(&edge.buffer)));
            }
            let lend =
                if edge.readers == 0 { Lend::Swap(&mut edge.buffer) } else { Lend::Copy(&edge.buffer) };
            note(last.send(stamp, lost, block, lend));
        }
        if full {
            let text = "a ring that it writes to is full; change `on_full`, increase `depth`, or speed up the reader";
            self.fail(index, StageFault::new(text));
        }
    }

    /// Notes that a stage lost part of its stream. Those behind it are reset by the block that comes next.
    #[cold]
    fn lose(&mut self, index: usize, at: u64, lost: u64) {
        let slot = &mut self.slots[index];
        slot.lost.add(lost);
        bump(&slot.meter.gaps, 1);
        bump(&slot.meter.lost, lost);
        tell(&self.reports, GapReport { stage: slot.name.clone(), at, lost });
    }

    /// Ends a stage that cannot go on, and with it the run.
    pub(crate) fn fail(&mut self, index: usize, fault: StageFault) {
        let stage = self.slots[index].name.clone();
        self.control.stop();
        let _ = self.reports.send(Report::StageFault { stage, fault });
        self.close(index);
    }

    /// Ends a stage after its last block.
    pub(super) fn end(&mut self, index: usize) {
        self.firing = Some(index);
        let finished = self.slots[index].node.finish();
        self.firing = None;
        match finished {
            Ok(()) => self.close(index),
            Err(fault) => self.fail(index, fault),
        }
    }

    /// Tells those before and after a stage that it is no more.
    fn close(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if slot.state != SlotState::Running {
            return;
        }
        slot.state = SlotState::Flushing;
        for inlet in slot.inlets.iter() {
            let edge = &mut self.edges[inlet.edge];
            edge.readers -= 1;
            if inlet.has(edge) {
                edge.pending -= 1;
            }
        }
        self.flush(index);
    }

    /// Sends on what rings that ran over still hold; then lets go of the rings. True if that is done.
    fn flush(&mut self, index: usize) -> bool {
        let slot = &mut self.slots[index];
        if !slot.senders.iter_mut().fold(true, |flushed, sender| flushed & sender.flushed()) {
            return false;
        }
        slot.senders.clear();
        slot.state = SlotState::Done;
        if let Some(outlet) = slot.outlet {
            self.edges[outlet].ended = true;
        }
        true
    }
}

impl Intake {
    fn report(&self, dropped: u64, at: u64, reports: &Channel<Report>) {
        bump(&self.meter.dropped, dropped);
        let lost = dropped * self.period;
        tell(reports, GapReport { stage: self.reader.clone(), at, lost });
    }
}
