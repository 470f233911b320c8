//! Where blocks of other lanes come in.

use super::driver::Driver;
use super::ring::Receiver;
use super::sweep::Lane;

/// A ring's end in the lane that reads it.
pub(crate) struct Intake {
    pub(crate) receiver: Receiver,
    /// The edge buffer that it fills.
    pub(crate) edge: usize,
    /// The stage that reads it, for reports.
    pub(crate) reader: String,
    /// Ticks of one block.
    pub(crate) period: u64,
    /// Counts the rings of a run.
    pub(crate) ring: usize,
}

impl<D: Driver> Lane<D> {
    /// Fetches blocks from rings into free edge buffers.
    pub(super) fn take_in(&mut self) -> bool {
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
            self.driver.reads(intake);
            match intake.receiver.receive(&mut edge.buffer) {
                Some(arrival) => {
                    let lost = arrival.lost + arrival.dropped * intake.period;
                    if arrival.dropped > 0 {
                        let block = if arrival.block { intake.period } else { 0 };
                        let end = arrival.stamp.tick.saturating_sub(block);
                        self.driver.dropped(intake, arrival.dropped, end);
                    }
                    edge.publish(arrival.stamp, lost, arrival.block);
                    moved = true;
                }
                None if closed => {
                    let dropped = intake.receiver.dropped_at_end();
                    if dropped > 0 {
                        let end = edge.stamp.tick + dropped * intake.period;
                        self.driver.dropped(intake, dropped, end);
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

    /// Tells the lanes before this one of all the room there is, before it sleeps.
    pub(crate) fn settle(&mut self) {
        for intake in self.intakes.iter_mut().flatten() {
            intake.receiver.settle();
        }
    }
}
