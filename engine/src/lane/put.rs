//! What stages put out, and how they end.

use super::driver::Driver;
use super::ring::{Full, Lend, Sent};
use super::slot::{Life, SlotKind, SlotState};
use super::sweep::Lane;
use super::time::{Stamp, Time};
use super::{Misstamp, Step};
use crate::stage::{Flow, StageFault};

impl<D: Driver> Lane<D> {
    /// What follows from a firing of a source of blocks of `period` ticks.
    pub(crate) fn drawn(&mut self, index: usize, period: u64, flow: Flow) {
        let slot = &mut self.slots[index];
        match slot.track.draw(period, flow) {
            Ok(Step::Nothing) => {}
            Ok(Step::Block(mark)) => {
                let stamp = Stamp::only(mark.at, slot.rate);
                if self.driver.timed() {
                    self.driver.drew(index, &self.slots[index], mark.at, mark.lost > 0);
                }
                self.emit(index, stamp, mark.lost);
            }
            Ok(Step::Lost { at, lost }) => self.lose(index, at, lost),
            Ok(Step::End) => self.end(index),
            Err(misstamp) => self.misstamped(index, misstamp),
        }
    }

    /// What follows from a firing on a block of this stamp, by the clock of what the stage writes.
    pub(super) fn followed(&mut self, index: usize, stamp: Stamp, flow: Flow) {
        let slot = &mut self.slots[index];
        match slot.track.follow(stamp.tick, flow) {
            Ok(Step::Block(mark)) => {
                let lost = mark.lost.max(std::mem::take(&mut slot.beside));
                let stamp = if mark.at == stamp.tick {
                    stamp
                } else {
                    let time = Time::of(mark.at, slot.rate);
                    Stamp { tick: mark.at, time, known: time }
                };
                self.emit(index, stamp, lost);
            }
            Ok(Step::Nothing) => self.tell_after(index, stamp.known),
            Ok(Step::Lost { at, lost }) => {
                self.lose(index, at, lost);
                self.tell_after(index, stamp.known);
            }
            Ok(Step::End) => self.end(index),
            Err(misstamp) => self.misstamped(index, misstamp),
        }
    }

    #[cold]
    fn misstamped(&mut self, index: usize, misstamp: Misstamp) {
        self.fail(index, StageFault::because(misstamp.to_string()));
    }

    /// Tells what is known after a firing that wrote nothing. A merge knows less than what it has just worked off; it
    /// tells when it is asked again.
    fn tell_after(&mut self, index: usize, known: Time) {
        if self.slots[index].kind != SlotKind::Each {
            self.tell(index, known);
        }
    }

    /// Tells the readers up to when they know all that it writes, if one of them leads to a join. True if that is new
    /// to them.
    pub(super) fn tell(&mut self, index: usize, known: Time) -> bool {
        let slot = &self.slots[index];
        let new = slot.tells_progress && known > slot.reported;
        if new {
            self.put(index, Stamp::progress(slot.tick(), known), 0, false);
        }
        new
    }

    /// Puts out a block before which so many ticks are missing.
    #[inline]
    fn emit(&mut self, index: usize, stamp: Stamp, lost: u64) {
        self.slots[index].counts.emitted += 1;
        self.put(index, stamp, lost, true);
    }

    /// Puts a block, or mere progress, into the edge buffer and into the rings.
    #[inline]
    fn put(&mut self, index: usize, stamp: Stamp, lost: u64, block: bool) {
        let slot = &mut self.slots[index];
        let Some(outlet) = slot.outlet else { return };
        let edge = &mut self.edges[outlet];
        let stamp = stamp.after(slot.stamped);
        slot.stamped = stamp.time;
        slot.reported = slot.reported.max(stamp.known);
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

    /// Sends on what waits for room in a ring that ran over.
    #[cold]
    pub(super) fn catch_up(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        slot.unsettled = !slot.senders.iter_mut().fold(true, |settled, sender| settled & sender.settled());
    }

    /// Notes that a stage lost part of its stream. Those behind it are reset by the block that comes next.
    #[cold]
    fn lose(&mut self, index: usize, at: u64, lost: u64) {
        let slot = &mut self.slots[index];
        slot.count_gap(lost);
        self.driver.gap(&slot.name, at, lost);
    }

    /// Ends a stage that cannot go on, and with it the run.
    pub(crate) fn fail(&mut self, index: usize, fault: StageFault) {
        self.driver.fault(&self.slots[index].name, fault);
        self.slots[index].counts.life = Life::Failed;
        self.close(index);
    }

    /// Ends a stage after its last block.
    pub(crate) fn end(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if !slot.track.end() {
            return self.close(index);
        }
        self.firing = Some(index);
        let finished = slot.node.finish();
        self.firing = None;
        match finished {
            Ok(()) => self.close(index),
            Err(fault) => self.fail(index, fault),
        }
    }

    /// Tells those before and after a stage that it is no more.
    fn close(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        slot.track.end();
        if slot.state != SlotState::Running {
            return;
        }
        slot.state = SlotState::Flushing;
        if slot.counts.life == Life::Working {
            slot.counts.life = Life::Ended;
        }
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
    pub(super) fn flush(&mut self, index: usize) -> bool {
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
