//! An ordered list of stages that one thread runs.
//!
//! A lane sweeps over its stages in topological order. By the one rule a firing leaves no more than one block behind,
//! so that an edge within the lane is one block's memory, and a sweep is the whole schedule. A stage is passed over
//! while it lacks input or one of its outputs lacks room; when a sweep moves nothing, the lane parks until a ring's
//! other end moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender as Channel;

use super::meter::{GapReport, RingMeter, bump};
use super::ring::{Lend, Receiver};
use super::runner::Report;
use super::seat::{Clock, Inlet, Seat, SeatKind, SeatState, later};
use super::wake::Waker;
use super::wire::Wire;
use crate::buffer::Buffer;
use crate::node::Inputs;
use crate::stage::{Fault, Flow};

/// How often a lane looks for work before it parks: a block that comes within a few microseconds is met awake.
const LOOKS: u32 = 512;

/// After how many sweeps at the latest a busy lane shows its counts.
const SHOW_EVERY: usize = 64;

/// What the whole run is told.
pub(crate) struct Control {
    stop: AtomicBool,
    wakers: Vec<Arc<Waker>>,
}

impl Control {
    pub(crate) fn new(wakers: Vec<Arc<Waker>>) -> Self {
        Control { stop: AtomicBool::new(false), wakers }
    }

    /// Sources shall end; what they have sent is still worked off.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        for waker in &self.wakers {
            waker.wake();
        }
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

/// A ring's end in the lane that reads it.
pub(crate) struct Intake {
    pub(crate) receiver: Receiver,
    pub(crate) wire: usize,
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
    pub(crate) wires: Vec<Wire>,
    pub(crate) seats: Vec<Seat>,
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
    /// Index of the seat that fires, for whoever catches a panic.
    pub(crate) firing: Option<usize>,
}

impl Lane {
    /// Runs until every stage has ended.
    pub(crate) fn run(&mut self) {
        self.waker.adopt();
        while !self.finished() {
            let swept = (0..SHOW_EVERY).take_while(|_| self.sweep()).count();
            self.show_counts();
            if swept == SHOW_EVERY || self.look() {
                continue;
            }
            self.settle();
            self.waker.announce();
            if self.sweep() || self.finished() {
                self.waker.retract();
            } else {
                self.waker.park();
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
        for seat in &self.seats {
            seat.meter.show(seat.counts);
        }
    }

    fn finished(&self) -> bool {
        self.seats.iter().all(|seat| seat.state == SeatState::Done)
    }

    /// Gives every stage its chance to fire once. True if anything moved.
    pub(crate) fn sweep(&mut self) -> bool {
        let mut moved = self.take_in();
        for index in 0..self.seats.len() {
            moved |= self.step(index);
        }
        moved
    }

    /// Fetches blocks from rings onto free wires.
    fn take_in(&mut self) -> bool {
        let mut moved = false;
        for place in &mut self.intakes {
            let Some(intake) = place else { continue };
            let wire = &mut self.wires[intake.wire];
            if wire.pending > 0 {
                continue;
            }
            if wire.readers == 0 {
                *place = None;
                moved = true;
                continue;
            }
            let closed = intake.receiver.closed();
            if intake.measured {
                intake.meter.see(intake.receiver.waiting());
            }
            match intake.receiver.receive(&mut wire.buffer) {
                Some(arrival) => {
                    let lost = arrival.lost + arrival.dropped * intake.period;
                    if arrival.dropped > 0 {
                        intake.report(arrival.dropped, arrival.at, &self.reports);
                    }
                    wire.publish(arrival.at, lost, arrival.block);
                    moved = true;
                }
                None if closed => {
                    let dropped = intake.receiver.dropped_at_end();
                    if dropped > 0 {
                        intake.report(dropped, wire.at + dropped * intake.period, &self.reports);
                    }
                    wire.ended = true;
                    *place = None;
                    moved = true;
                }
                None => {}
            }
        }
        moved
    }

    fn step(&mut self, index: usize) -> bool {
        match (self.seats[index].state, &self.seats[index].kind) {
            (SeatState::Running, SeatKind::First) => self.step_first(index),
            (SeatState::Running, SeatKind::Source(_)) => self.step_source(index),
            (SeatState::Running, SeatKind::Each) => self.step_each(index),
            (SeatState::Flushing, _) => self.flush(index),
            (SeatState::Done, _) => false,
        }
    }

    /// Whether what the seat writes has room everywhere.
    fn has_room(&mut self, index: usize) -> bool {
        let seat = &mut self.seats[index];
        let Some(outlet) = seat.outlet else { return true };
        self.wires[outlet].pending == 0 && seat.senders.iter_mut().all(|sender| sender.ready())
    }

    /// Whether nobody reads any more what once had readers.
    fn unheard(&self, index: usize) -> bool {
        let seat = &self.seats[index];
        let Some(outlet) = seat.outlet else { return false };
        seat.read && self.wires[outlet].readers == 0 && seat.senders.iter().all(|sender| sender.deaf())
    }

    fn step_source(&mut self, index: usize) -> bool {
        if self.control.stopped() || self.unheard(index) {
            self.end(index);
            return true;
        }
        if !self.has_room(index) {
            return false;
        }
        let SeatKind::Source(Clock { at, period, rate }) = self.seats[index].kind else { return false };
        if self.paced && !self.wait_until(at + period, rate) {
            return true;
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
            Flow::Lost(lost) => {
                self.lose(index, at + lost, lost);
                at + lost
            }
        };
        if let SeatKind::Source(clock) = &mut self.seats[index].kind {
            clock.at = tick;
        }
        if !matches!(flow, Flow::Lost(_)) {
            self.emit(index, tick, true);
        }
        true
    }

    /// Sleeps until a tick is due, in short steps so that a stop is heard. False when stopped.
    fn wait_until(&self, tick: u64, rate: u32) -> bool {
        let due =
            self.start + Duration::from_nanos((u128::from(tick) * 1_000_000_000 / u128::from(rate)) as u64);
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            if self.control.stopped() {
                return false;
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }

    /// The hop that nearly every firing is: one input and all readers within the lane, a block without a gap, no
    /// stopwatch. `None` when there is anything else to it.
    #[inline]
    fn hop(&mut self, index: usize) -> Option<bool> {
        let seat = &mut self.seats[index];
        let (true, Some(outlet)) = (seat.plain, seat.outlet) else { return None };
        let inlet = &mut seat.inlets.first;
        let [from, to] = self.wires.get_disjoint_mut([inlet.wire, outlet]).ok()?;
        if !inlet.has(from) || !from.block || from.lost > 0 || seat.lost > 0 || self.timed {
            return None;
        }
        if to.pending > 0 {
            return Some(false);
        }
        self.firing = Some(index);
        let at = from.at;
        let inputs = Inputs { block: &from.buffer, at, which: 0, latest: &[] };
        let result = seat.node.fire(inputs, &mut to.buffer);
        self.firing = None;
        seat.counts.fired += 1;
        seat.counts.at = at;
        if let Ok(Flow::Emit) = result {
            inlet.consume(from);
            seat.counts.emitted += 1;
            to.publish(at, 0, true);
        } else {
            self.after(index, 0, at, result);
        }
        Some(true)
    }

    #[inline]
    fn step_first(&mut self, index: usize) -> bool {
        if let Some(moved) = self.hop(index) {
            return moved;
        }
        let seat = &self.seats[index];
        let inlet = &seat.inlets.first;
        let wire = &self.wires[inlet.wire];
        if !inlet.has(wire) {
            let ends = wire.ended || self.unheard(index);
            if ends {
                self.end(index);
            }
            return ends;
        }
        let (at, clock, several) = (wire.at, inlet.clock, seat.inlets.count > 1);
        if several {
            match self.absorb(index, at, clock) {
                Absorbed::All => {}
                Absorbed::Waiting { moved } => return moved,
            }
        }
        if !self.has_room(index) {
            return false;
        }
        self.work(index, 0);
        true
    }

    /// Takes in what has come by the inputs after the first up to a time.
    fn absorb(&mut self, index: usize, at: u64, clock: u32) -> Absorbed {
        let mut moved = false;
        let mut waiting = false;
        let seat = &mut self.seats[index];
        for (inlet, latest) in seat.inlets.others.iter_mut().zip(&mut seat.latest) {
            let wire = &mut self.wires[inlet.wire];
            if inlet.has(wire) && !later((wire.at, inlet.clock), (at, clock)) {
                if wire.lost > 0 {
                    seat.node.reset();
                    seat.lost += wire.lost;
                }
                match latest {
                    Some((tick, buffer)) if wire.block => {
                        *tick = wire.at;
                        buffer.copy_from(&wire.buffer);
                    }
                    // Once in a run: the first block by this input.
                    None if wire.block => *latest = Some((wire.at, wire.buffer.clone())),
                    _ => {}
                }
                inlet.consume(wire);
                moved = true;
            }
            let known = inlet.has(wire) || wire.ended || !later((at, clock), (inlet.progress, inlet.clock));
            waiting |= !known;
        }
        if waiting { Absorbed::Waiting { moved } } else { Absorbed::All }
    }

    /// A merge: the earliest of what has come, once no input can bring anything earlier.
    fn step_each(&mut self, index: usize) -> bool {
        let seat = &self.seats[index];
        let here = |inlet: &Inlet| inlet.has(&self.wires[inlet.wire]);
        let time = |inlet: &Inlet| (self.wires[inlet.wire].at, inlet.clock);
        let mut first: Option<usize> = None;
        for (which, inlet) in seat.inlets.iter().enumerate().filter(|(_, inlet)| here(inlet)) {
            if first.is_none_or(|best| later(time(seat.inlets.get(best)), time(inlet))) {
                first = Some(which);
            }
        }
        let Some(first) = first else {
            let ends = seat.inlets.iter().all(|inlet| self.wires[inlet.wire].ended) || self.unheard(index);
            if ends {
                self.end(index);
            }
            return ends;
        };
        let now = time(seat.inlets.get(first));
        let certain = seat.inlets.iter().all(|inlet| {
            here(inlet) || self.wires[inlet.wire].ended || !later(now, (inlet.progress, inlet.clock))
        });
        if !certain || !self.has_room(index) {
            return false;
        }
        self.work(index, first);
        true
    }

    /// Lets a stage work off what has come by one input.
    #[inline]
    fn work(&mut self, index: usize, which: usize) {
        let seat = &mut self.seats[index];
        let inlet = seat.inlets.get(which);
        let wire = &self.wires[inlet.wire];
        let (source, at, lost, block) = (inlet.wire, wire.at, wire.lost, wire.block);
        if lost > 0 {
            seat.node.reset();
            seat.lost += lost;
            bump(&seat.meter.gaps, 1);
            bump(&seat.meter.lost, lost);
        }
        let result = if block { self.fire(index, Some((source, which)), at) } else { Ok(Flow::Skip) };
        self.after(index, which, at, result);
    }

    /// What follows from a firing: its input is used up, and its output goes where it belongs.
    fn after(&mut self, index: usize, which: usize, at: u64, result: Result<Flow, Fault>) {
        let flow = match result {
            Ok(flow) => flow,
            Err(fault) => return self.fail(index, fault),
        };
        let seat = &mut self.seats[index];
        let inlet = seat.inlets.get_mut(which);
        inlet.consume(&mut self.wires[inlet.wire]);
        match flow {
            Flow::Emit => self.emit(index, at, true),
            Flow::EmitAt(tick) => self.emit(index, tick, true),
            Flow::Lost(lost) => self.lose(index, at, lost),
            Flow::Skip if seat.tells_progress => {
                let known = seat.inlets.iter().map(|inlet| inlet.progress).min();
                let first = matches!(seat.kind, SeatKind::First);
                self.emit(index, if first { at } else { known.unwrap_or(at) }, false);
            }
            Flow::Skip => {}
            Flow::End => self.end(index),
        }
    }

    /// Fires a stage.
    #[inline]
    fn fire(&mut self, index: usize, input: Option<(usize, usize)>, at: u64) -> Result<Flow, Fault> {
        self.firing = Some(index);
        let seat = &mut self.seats[index];
        let began = self.timed.then(Instant::now);
        let result = match (input, seat.outlet) {
            (Some((source, which)), Some(outlet)) => {
                let wires = self.wires.get_disjoint_mut([source, outlet]);
                let [from, to] = wires.expect("a stage writes to another wire than it reads");
                let inputs = Inputs { block: &from.buffer, at, which, latest: &seat.latest };
                seat.node.fire(inputs, &mut to.buffer)
            }
            (Some((source, which)), None) => {
                let inputs = Inputs { block: &self.wires[source].buffer, at, which, latest: &seat.latest };
                seat.node.fire(inputs, &mut self.nothing)
            }
            (None, Some(outlet)) => {
                let inputs = Inputs { block: &self.nothing, at, which: 0, latest: &[] };
                seat.node.fire(inputs, &mut self.wires[outlet].buffer)
            }
            (None, None) => Ok(Flow::End),
        };
        self.firing = None;
        seat.counts.fired += 1;
        seat.counts.at = at;
        if let Some(began) = began {
            self.measure(index, at, began);
        }
        result
    }

    /// How long a firing took and, for a sink of a run that keeps real time, how long after the end of a block it
    /// ended.
    #[cold]
    fn measure(&self, index: usize, at: u64, began: Instant) {
        let seat = &self.seats[index];
        if let Some(time) = &seat.meter.time {
            time.count(began.elapsed().as_nanos() as u64);
        }
        let (Some(latency), None, Some(inlet)) =
            (&seat.meter.latency, seat.outlet, seat.inlets.iter().next())
        else {
            return;
        };
        let due = u128::from(at) * 1_000_000_000 / u128::from(inlet.clock);
        latency.count((self.start.elapsed().as_nanos().saturating_sub(due)) as u64);
    }

    /// Puts a block, or mere progress, on the wire and into the rings.
    #[inline]
    fn emit(&mut self, index: usize, at: u64, block: bool) {
        let seat = &mut self.seats[index];
        let Some(outlet) = seat.outlet else { return };
        let wire = &mut self.wires[outlet];
        let lost = if block { std::mem::take(&mut seat.lost) } else { 0 };
        seat.counts.emitted += u64::from(block);
        wire.publish(at, lost, block);
        let mut full = false;
        if let Some((last, others)) = seat.senders.split_last_mut() {
            for sender in others {
                full |= sender.send(at, lost, block, Lend::Copy(&wire.buffer)).is_err();
            }
            let lend =
                if wire.readers == 0 { Lend::Swap(&mut wire.buffer) } else { Lend::Copy(&wire.buffer) };
            full |= last.send(at, lost, block, lend).is_err();
        }
        if full {
            let text =
                "a ring after it is full; give it another `on_full`, a greater `depth`, or a faster reader";
            self.fail(index, Fault::new(text));
        }
    }

    /// Notes that a stage lost part of its stream, and resets the stage.
    #[cold]
    fn lose(&mut self, index: usize, at: u64, lost: u64) {
        let seat = &mut self.seats[index];
        seat.lost += lost;
        bump(&seat.meter.gaps, 1);
        bump(&seat.meter.lost, lost);
        // A full channel loses the report, not the count.
        let _ = self.reports.try_send(Report::Gap(GapReport { stage: seat.name.clone(), at, lost }));
    }

    /// Ends a stage that cannot go on, and with it the run.
    pub(crate) fn fail(&mut self, index: usize, fault: Fault) {
        let stage = self.seats[index].name.clone();
        self.control.stop();
        let _ = self.reports.send(Report::Fault { stage, fault });
        self.close(index);
    }

    /// Ends a stage after its last block.
    fn end(&mut self, index: usize) {
        let finished = self.seats[index].node.finish();
        match finished {
            Ok(()) => self.close(index),
            Err(fault) => self.fail(index, fault),
        }
    }

    /// Tells those before and after a stage that it is no more.
    fn close(&mut self, index: usize) {
        let seat = &mut self.seats[index];
        if seat.state != SeatState::Running {
            return;
        }
        seat.state = SeatState::Flushing;
        for inlet in seat.inlets.iter() {
            let wire = &mut self.wires[inlet.wire];
            wire.readers -= 1;
            if inlet.has(wire) {
                wire.pending -= 1;
            }
        }
        self.flush(index);
    }

    /// Sends on what rings that ran over still hold; then lets go of the rings. True if that is done.
    fn flush(&mut self, index: usize) -> bool {
        let seat = &mut self.seats[index];
        if !seat.senders.iter_mut().all(|sender| sender.flushed()) {
            return false;
        }
        seat.senders.clear();
        seat.state = SeatState::Done;
        if let Some(outlet) = seat.outlet {
            self.wires[outlet].ended = true;
        }
        true
    }
}

/// What became of a join's inputs after the first.
enum Absorbed {
    /// They are known up to the time of the first.
    All,
    /// One may still bring something earlier.
    Waiting { moved: bool },
}

impl Intake {
    fn report(&self, dropped: u64, at: u64, reports: &Channel<Report>) {
        bump(&self.meter.dropped, dropped);
        let lost = dropped * self.period;
        let _ = reports.try_send(Report::Gap(GapReport { stage: self.reader.clone(), at, lost }));
    }
}
