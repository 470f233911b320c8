//! What a lane can do because nothing but its driver is around it: another reader, another stream.

use super::Track;
use super::driver::Driver;
use super::slot::{Counts, Inlet, Inlets, Slot, SlotKind, SlotState};
use super::sweep::Lane;
use super::time::{Stamp, Time};
use crate::session::Door;

impl<D: Driver> Lane<D> {
    /// Adds an exit that reads what a stage writes.
    pub(crate) fn tap(&mut self, stage: usize) {
        let Some((slot, edge)) = self.slots.iter().find_map(|slot| {
            let edge = slot.outlet.filter(|_| slot.stage == stage)?;
            Some((slot, edge))
        }) else {
            return;
        };
        let element = self.edges[edge].buffer.element();
        let tap = Slot {
            stage,
            name: slot.name.clone(),
            node: Box::new(Door::sink(element)),
            kind: SlotKind::Exit,
            inlets: Inlets::new(vec![Inlet::new(edge, slot.rate)]),
            latest: Vec::new(),
            outlet: None,
            senders: Vec::new(),
            plain: false,
            for_readers: false,
            tells_progress: false,
            track: Track::new(),
            beside: 0,
            rate: slot.rate,
            stamped: Time::START,
            reported: Time::START,
            unsettled: false,
            state: SlotState::Running,
            counts: Counts::default(),
        };
        self.edges[edge].readers += 1;
        self.slots.push(tap);
    }

    /// Begins a new stream: everything is as before the first block.
    pub(crate) fn restart(&mut self) {
        for edge in &mut self.edges {
            (edge.stamp, edge.lost, edge.block) = (Stamp::START, 0, false);
            (edge.sequence, edge.pending, edge.readers, edge.ended) = (0, 0, 0, false);
        }
        for slot in &mut self.slots {
            slot.node.restart();
            for inlet in slot.inlets.iter_mut() {
                (inlet.seen, inlet.progress) = (0, Time::START);
                self.edges[inlet.edge].readers += 1;
            }
            slot.latest.iter_mut().for_each(|latest| latest.forget());
            slot.track.restart();
            (slot.beside, slot.stamped, slot.reported) = (0, Time::START, Time::START);
            (slot.unsettled, slot.state, slot.counts) = (false, SlotState::Running, Counts::default());
        }
        self.firing = None;
    }
}
