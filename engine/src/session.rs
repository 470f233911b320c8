//! A pipeline as a value: blocks in, events out, on the thread of whoever calls.
//!
//! A [`Session`] is a plan's stages in one lane that the program drives. It has no thread, no clock and no file of its
//! own: the program pushes what its sources bring and is shown what its sinks would read. It gives the same bytes as a
//! run by threads and as firmware.
//!
//! ```
#![doc = include_str!("../examples/session.rs")]
//! ```

mod error;
mod output;
mod program;

use std::sync::Arc;

use crate::buffer::Buffer;
use crate::item::Item;
use crate::lane::assembly::Assembly;
use crate::lane::gather::Next;
use crate::lane::slot::{SlotKind, SlotState};
use crate::lane::sweep::Lane;
use crate::lane::wake::Waker;
use crate::node::Node;
use crate::plan::{Plan, PlannedStage};
use crate::port::Port;
use crate::recovery::{Health, Watch};
use crate::run::{Arrival, Clock, RunError};
use crate::stage::Flow;

pub use error::SessionError;
pub use output::{Detection, Output};
pub(crate) use program::Door;
use program::Program;

/// A pipeline that the program around it drives.
///
/// What the pipeline reads, a microphone or a camera, the program pushes; what its device sinks would write, the
/// program is shown, and the blocks of any stage besides that it [taps](Self::tap). Once made, a session allocates
/// nothing. Weights and tables are shared between all sessions of one plan: a thousand sessions cost a thousand times
/// their state, and the model once.
pub struct Session {
    lane: Lane<Program>,
    entries: Vec<Entry>,
    /// Slots of what the program is shown, in the order of the plan; taps come last.
    exits: Vec<usize>,
    facts: Arc<[Facts]>,
    /// What is seen of stages that go on when they fail, for each stage of the plan.
    watches: Box<[Option<Arc<Watch>>]>,
}

/// What sessions of one plan share of its stages.
pub(crate) struct Facts {
    name: String,
    port: Option<Port>,
}

/// A source that the program stands for.
struct Entry {
    slot: usize,
    /// Index of the edge buffer that it writes to.
    edge: usize,
    /// Ticks of a block.
    period: u64,
    /// Items of the next block that have come.
    filled: usize,
}

impl Plan {
    /// Makes a session: the stages as a value that the program drives.
    ///
    /// # Errors
    /// When a stage cannot be built.
    pub fn session(&self) -> Result<Session, RunError> {
        self.session_with(|_, node| node)
    }

    /// As [`session`](Self::session), with a look at every stage built: `dress` may wrap it or put another in its place.
    /// Sources and device sinks are not built: the program stands for them.
    ///
    /// # Errors
    /// When a stage cannot be built.
    pub fn session_with(
        &self,
        mut dress: impl FnMut(&PlannedStage, Box<dyn Node>) -> Box<dyn Node>,
    ) -> Result<Session, RunError> {
        let mut nodes: Vec<Box<dyn Node>> = Vec::with_capacity(self.stages.len());
        let mut doors = Vec::new();
        for (index, stage) in self.stages.iter().enumerate() {
            if let Some(door) = self.door(index) {
                doors.push(index);
                nodes.push(Box::new(door));
                continue;
            }
            let built =
                stage.design.build().map_err(|fault| RunError { stage: stage.name.clone(), fault })?;
            nodes.push(dress(stage, built));
        }
        self.check_nodes(&nodes)?;
        let (nodes, watches) = self.started(nodes, &Clock::system(), |_| Box::new(|_| {}))?;
        let lanes = vec![0; nodes.len()];
        let assembly = Assembly { plan: self, lanes, wakers: vec![Arc::new(Waker::default())] };
        let mut parts = assembly.lanes(nodes).0.pop().unwrap_or_default();
        let (mut entries, mut exits) = (Vec::new(), Vec::new());
        for index in doors {
            let slot = &mut parts.slots[index];
            match (slot.kind, slot.outlet) {
                (SlotKind::Source { period }, Some(edge)) => {
                    slot.kind = SlotKind::Entry;
                    entries.push(Entry { slot: index, edge, period, filled: 0 });
                }
                _ => {
                    slot.kind = SlotKind::Exit;
                    exits.push(index);
                }
            }
        }
        let lane = Lane::new(parts, Program::default());
        Ok(Session { lane, entries, exits, facts: self.facts(), watches: watches.into() })
    }

    /// What stands for a stage where the program is in its place: for every source and every device.
    fn door(&self, index: usize) -> Option<Door> {
        let stage = &self.stages[index];
        let read = self.inputs(index).find_map(|edge| self.stages[edge.from].output.as_ref());
        match (&stage.output, read) {
            (Some(port), None) => Some(Door::source(port.element)),
            (None, Some(port)) if stage.design.is_device() => Some(Door::sink(port.element)),
            _ => None,
        }
    }

    fn facts(&self) -> Arc<[Facts]> {
        let facts = |stage: &PlannedStage| Facts { name: stage.name.clone(), port: stage.output.clone() };
        self.facts.get_or_init(|| self.stages.iter().map(facts).collect()).clone()
    }
}

impl Session {
    /// Lets the program see every block of a stage, beside what its sinks read. Call it before the first push.
    ///
    /// # Errors
    /// When the pipeline has no such stage, or it is a sink.
    pub fn tap(&mut self, stage: &str) -> Result<(), SessionError> {
        let writers = || self.facts.iter().filter(|facts| facts.port.is_some());
        let index = self.facts.iter().position(|facts| facts.name == stage && facts.port.is_some());
        let Some(index) = index else {
            let known = writers().map(|facts| facts.name.clone()).collect();
            return Err(SessionError::NoStage { name: stage.to_owned(), known });
        };
        self.exits.push(self.lane.slots.len());
        self.lane.tap(index);
        Ok(())
    }

    /// The sources that the program stands for: their names, and what it pushes for each.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &Port)> {
        let facts = |entry: &Entry| {
            let facts = &self.facts[self.lane.slots[entry.slot].stage];
            facts.port.as_ref().map(|port| (facts.name.as_str(), port))
        };
        self.entries.iter().filter_map(facts)
    }

    /// How each stage does, in the order of the plan: its name, the tick of the last block that it read or wrote, and
    /// whether it works.
    pub fn health(&self) -> impl Iterator<Item = (&str, u64, Health)> {
        // Taps, which come last, are none of the plan's stages.
        self.lane.slots.iter().zip(&self.watches).map(|(slot, watch)| {
            let health = Health::of(slot.counts.life, watch.as_deref());
            (slot.name.as_str(), slot.counts.at.max(slot.tick()), health)
        })
    }

    /// Pushes items of a source, any number of them, fires all that they make fire, and shows what comes out. Returns
    /// how many were taken: all, unless the pipeline has several sources and waits for what another one brings.
    ///
    /// # Errors
    /// When there is no such source, it reads other items, or the stream has ended; and when a stage fails, which ends
    /// the session until it is [reset](Self::reset).
    pub fn push<T: Item>(
        &mut self,
        source: &str,
        items: &[T],
        mut see: impl FnMut(Output<'_>),
    ) -> Result<usize, SessionError> {
        let index = self.entry::<T>(source)?;
        let mut rest = items;
        while !rest.is_empty() {
            let taken = self.fill(index, rest);
            rest = &rest[taken..];
            if self.entries[index].filled == 0 && taken > 0 {
                self.put(index, Flow::Emit);
            }
            self.run(&mut see)?;
            if taken == 0 {
                break;
            }
        }
        Ok(items.len() - rest.len())
    }

    /// Pushes one whole block that bears this tick, for sources whose blocks are not evenly spaced. False where the
    /// pipeline waits for what another source brings, and did not take it.
    ///
    /// # Errors
    /// As [`push`](Self::push), and when `block` is no whole block or its tick is not later than that of the one before.
    pub fn push_at<T: Item>(
        &mut self,
        source: &str,
        at: u64,
        block: &[T],
        mut see: impl FnMut(Output<'_>),
    ) -> Result<bool, SessionError> {
        let index = self.entry::<T>(source)?;
        let entry = &self.entries[index];
        let expected = self.lane.edges[entry.edge].buffer.len();
        if block.len() != expected || entry.filled > 0 {
            let found = entry.filled + block.len();
            return Err(SessionError::NoBlock { source: source.to_owned(), found, expected });
        }
        let taken = self.fill(index, block) > 0;
        if taken {
            self.put(index, Flow::EmitAt(at));
        }
        self.run(&mut see)?;
        Ok(taken)
    }

    /// As [`push_at`](Self::push_at), for a block whose items are known only at run time.
    ///
    /// # Errors
    /// As [`push_at`](Self::push_at).
    pub fn push_buffer(
        &mut self,
        source: &str,
        at: u64,
        block: &Buffer,
        see: impl FnMut(Output<'_>),
    ) -> Result<bool, SessionError> {
        match block {
            Buffer::I8(items) => self.push_at(source, at, items, see),
            Buffer::U8(items) => self.push_at(source, at, items, see),
            Buffer::I16(items) => self.push_at(source, at, items, see),
            Buffer::F32(items) => self.push_at(source, at, items, see),
            Buffer::Event(items) => self.push_at(source, at, items, see),
        }
    }

    /// Puts in what has come by a link from another place, in the place of a source of that name: a block as
    /// [`Buffer::to_wire`] wrote it, or mere progress, with its stamp and gap as they are. False where the pipeline waits for what
    /// another source brings, and did not take it.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn arrive(
        &mut self,
        source: &str,
        arrival: &Arrival,
        bytes: &[u8],
        mut see: impl FnMut(Output<'_>),
    ) -> Result<bool, SessionError> {
        let index = self.entry_of(source)?;
        let Entry { slot, edge, .. } = self.entries[index];
        let edge = &mut self.lane.edges[edge];
        let taken = edge.pending == 0;
        if taken {
            if arrival.block {
                edge.buffer.from_wire(bytes);
                self.lane.slots[slot].counts.fired += 1;
            }
            edge.publish(arrival.stamp, arrival.lost, arrival.block);
        }
        self.run(&mut see)?;
        Ok(taken)
    }

    /// Says that the program lost ticks of a source: an overrun. What is pushed next comes after a gap, which resets
    /// what it passes; items of an incomplete block before it are lost too.
    ///
    /// # Errors
    /// When there is no such source, or the stream has ended.
    pub fn lose(&mut self, source: &str, ticks: u64) -> Result<(), SessionError> {
        let index = self.entry_of(source)?;
        let entry = &mut self.entries[index];
        let items = self.lane.edges[entry.edge].buffer.len() as u64;
        let begun = std::mem::take(&mut entry.filled) as u64 * entry.period / items.max(1);
        self.put(index, Flow::Lost(begun + ticks));
        Ok(())
    }

    /// Ends one source, where the pipeline has several: the others need not wait for it any more.
    ///
    /// # Errors
    /// When there is no such source, its stream has ended, or a stage cannot complete what it has begun.
    pub fn end(&mut self, source: &str, mut see: impl FnMut(Output<'_>)) -> Result<(), SessionError> {
        let index = self.entry_of(source)?;
        self.lane.end(self.entries[index].slot);
        self.run(&mut see)
    }

    /// Ends all sources, works off what is left and shows what comes of it. An incomplete last block is dropped, as all
    /// sources do.
    ///
    /// # Errors
    /// When a stage cannot complete what it has begun.
    pub fn finish(&mut self, mut see: impl FnMut(Output<'_>)) -> Result<(), SessionError> {
        for entry in &self.entries {
            if self.lane.slots[entry.slot].state == SlotState::Running {
                self.lane.end(entry.slot);
            }
        }
        self.run(&mut see)
    }

    /// Begins a new stream, at tick 0, with everything forgotten: the session is as if just made.
    pub fn reset(&mut self) {
        self.lane.restart();
        self.lane.driver = Program::default();
        self.entries.iter_mut().for_each(|entry| entry.filled = 0);
    }

    /// The source of a name, checked for its items.
    fn entry<T: Item>(&self, source: &str) -> Result<usize, SessionError> {
        let index = self.entry_of(source)?;
        let expected = self.lane.edges[self.entries[index].edge].buffer.element();
        if expected != T::ELEMENT {
            return Err(SessionError::Element { source: source.to_owned(), found: T::ELEMENT, expected });
        }
        Ok(index)
    }

    fn entry_of(&self, source: &str) -> Result<usize, SessionError> {
        if let Some(fault) = &self.lane.driver.fault {
            return Err(SessionError::Failed(fault.clone()));
        }
        let slot = |entry: &Entry| &self.lane.slots[entry.slot];
        let index = self.entries.iter().position(|entry| slot(entry).name == source);
        let Some(index) = index else {
            let known = self.entries.iter().map(|entry| slot(entry).name.clone()).collect();
            return Err(SessionError::NoSource { name: source.to_owned(), known });
        };
        match slot(&self.entries[index]).state {
            SlotState::Running => Ok(index),
            SlotState::Flushing | SlotState::Done => Err(SessionError::Over),
        }
    }

    /// Copies items into a source's next block; how many had room.
    fn fill<T: Item>(&mut self, index: usize, items: &[T]) -> usize {
        let entry = &mut self.entries[index];
        let edge = &mut self.lane.edges[entry.edge];
        let Some(block) = T::items_mut(&mut edge.buffer).filter(|_| edge.pending == 0) else { return 0 };
        let taken = items.len().min(block.len() - entry.filled);
        block[entry.filled..entry.filled + taken].copy_from_slice(&items[..taken]);
        entry.filled = (entry.filled + taken) % block.len();
        taken
    }

    /// What a firing of the source would have said.
    fn put(&mut self, index: usize, flow: Flow) {
        let Entry { slot, period, .. } = self.entries[index];
        self.lane.slots[slot].counts.fired += 1;
        self.lane.drawn(slot, period, flow);
    }

    /// Fires until nothing moves, and shows what comes out.
    fn run(&mut self, see: &mut impl FnMut(Output<'_>)) -> Result<(), SessionError> {
        loop {
            while self.lane.sweep() {}
            if let Some(fault) = &self.lane.driver.fault {
                return Err(SessionError::Failed(fault.clone()));
            }
            let mut moved = false;
            for &exit in &self.exits {
                moved |= show(&mut self.lane, &self.facts, exit, see);
            }
            if !moved {
                return Ok(());
            }
        }
    }
}

/// Shows the program the next block of an exit. False where there is none yet.
fn show(lane: &mut Lane<Program>, facts: &[Facts], exit: usize, see: &mut impl FnMut(Output<'_>)) -> bool {
    if lane.slots[exit].state != SlotState::Running {
        return false;
    }
    let which = match lane.next(exit) {
        Next::Ready(which) => which,
        Next::Over => {
            lane.end(exit);
            return true;
        }
        Next::Uncertain | Next::Empty => return false,
    };
    let slot = &mut lane.slots[exit];
    let inlet = slot.inlets.get_mut(which);
    let edge = &mut lane.edges[inlet.edge];
    if edge.block {
        let writer = &facts[edge.writer];
        if let Some(port) = &writer.port {
            let reader = slot.name.as_str();
            let stage = writer.name.as_str();
            see(Output { stage, reader, at: edge.stamp.tick, lost: edge.lost, block: &edge.buffer, port });
        }
    }
    inlet.consume(edge);
    true
}
