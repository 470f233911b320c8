//! Stages with several inputs: what they may read, and when that is certain.
//!
//! What they see is a fact of the data, not of the threads: a join waits until its other inputs are known up to the
//! tick of its first, a merge until no input can bring anything earlier.
//!
//! The wait must end before any source moves on, since a source may itself wait for the room that the join's inputs
//! take. So whoever waits tells its own readers up to when they will hear nothing, a join takes what belongs to its past
//! as soon as its first input is known to have passed it, and of the streams that are waited for none bears two blocks
//! of one moment: what comes from a merge, which may, is read by no merge, and by a join as its first input only.

use super::driver::Driver;
use super::slot::{Inlet, SlotKind};
use super::sweep::Lane;
use super::time::{Time, rescale};

/// What a stage that reads each of its inputs has before it.
pub(crate) enum Next {
    /// The earliest of what has come, by this input.
    Ready(usize),
    /// Something has come, but something earlier may still come by another input.
    Uncertain,
    /// Nothing has come.
    Empty,
    /// Nothing will come any more.
    Over,
}

impl<D: Driver> Lane<D> {
    /// A join: what came by its first input, once the others are known up to then.
    pub(super) fn step_join(&mut self, index: usize) -> bool {
        let (moved, certain) = self.absorb(index);
        let slot = &self.slots[index];
        let first = &slot.inlets.first;
        let edge = &self.edges[first.edge];
        if !first.has(edge) || !self.has_room(index) {
            return moved;
        }
        if certain {
            self.work(index, 0);
            return true;
        }
        let known = self.known(index);
        self.tell(index, known) || moved
    }

    /// Takes in what has come by the inputs after the first up to the tick of the first, or up to where that is known, mere progress
    /// that waits included.
    /// Returns whether anything was, and whether nothing more can come that belongs to the first's block.
    fn absorb(&mut self, index: usize) -> (bool, bool) {
        let mut moved = false;
        let mut certain = true;
        let slot = &mut self.slots[index];
        let first = &slot.inlets.first;
        let edge = &self.edges[first.edge];
        let until = if first.has(edge) { edge.stamp.time } else { first.progress }.certain();
        for (inlet, latest) in slot.inlets.others.iter_mut().zip(&mut slot.latest) {
            let edge = &mut self.edges[inlet.edge];
            if inlet.has(edge) && edge.stamp.time <= until {
                if edge.lost > 0 {
                    let lost = rescale(edge.lost, inlet.clock, slot.rate);
                    slot.beside += lost;
                    slot.counts.gaps += 1;
                    slot.counts.lost += lost;
                    self.firing = Some(index);
                    slot.node.reset_beside();
                    self.firing = None;
                }
                if edge.block {
                    latest.take(edge.stamp.tick, &edge.buffer);
                }
                inlet.consume(edge);
                moved = true;
            }
            let known = inlet.has(edge) || edge.ended || inlet.progress >= until;
            certain &= known;
        }
        (moved, certain)
    }

    /// A merge: the earliest of what has come, once no input can bring anything earlier.
    pub(super) fn step_each(&mut self, index: usize) -> bool {
        if self.has_no_readers(index) {
            self.end(index);
            return true;
        }
        let next = self.next(index);
        if matches!(next, Next::Over) {
            self.end(index);
            return true;
        }
        if !self.has_room(index) {
            return false;
        }
        if let Next::Ready(which) = next {
            self.work(index, which);
            return true;
        }
        let known = self.known(index);
        self.tell(index, known)
    }

    /// What a stage that reads each of its inputs has before it.
    pub(crate) fn next(&self, index: usize) -> Next {
        let slot = &self.slots[index];
        let here = |inlet: &Inlet| inlet.has(&self.edges[inlet.edge]);
        let time = |inlet: &Inlet| self.edges[inlet.edge].stamp.time;
        let mut first: Option<usize> = None;
        for (which, inlet) in slot.inlets.iter().enumerate().filter(|(_, inlet)| here(inlet)) {
            if first.is_none_or(|best| time(slot.inlets.get(best)) > time(inlet)) {
                first = Some(which);
            }
        }
        let Some(first) = first else {
            let over = slot.inlets.iter().all(|inlet| self.edges[inlet.edge].ended);
            return if over { Next::Over } else { Next::Empty };
        };
        let now = time(slot.inlets.get(first));
        let certain = slot
            .inlets
            .iter()
            .all(|inlet| here(inlet) || self.edges[inlet.edge].ended || inlet.progress >= now);
        if certain { Next::Ready(first) } else { Next::Uncertain }
    }

    /// Up to when a stage with several inputs knows all that it will write: no input that makes it fire brings anything
    /// earlier.
    fn known(&self, index: usize) -> Time {
        let slot = &self.slots[index];
        let firing = if slot.kind == SlotKind::Each { slot.inlets.count } else { 1 };
        let known = |inlet: &Inlet| {
            let edge = &self.edges[inlet.edge];
            // What is mere progress tells as much before it is worked off: just before it would be earlier, by ticks of other clocks.
            let time = match (inlet.has(edge), edge.block) {
                (true, true) => edge.stamp.time.before(),
                (true, false) => edge.stamp.known,
                (false, _) => inlet.progress,
            };
            (inlet.has(edge) || !edge.ended).then_some(time)
        };
        slot.inlets.iter().take(firing).filter_map(known).min().unwrap_or(Time::START)
    }

    /// What a merge knows after it has worked off what came at a time: whether that moment is over.
    pub(super) fn merged(&self, index: usize, time: Time) -> Time {
        let over = self.slots[index].inlets.iter().all(|inlet| {
            let edge = &self.edges[inlet.edge];
            if inlet.has(edge) {
                edge.stamp.time > time.last()
            } else {
                edge.ended || inlet.progress >= time.last()
            }
        });
        if over { time.last() } else { time }
    }
}
