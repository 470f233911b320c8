//! The end of a link in a run: what a thread of its own carries to another place and takes from there.

use std::sync::Arc;
use std::time::Duration;

use super::meter::StageMeter;
use super::report::{GapReport, Report, tell};
use super::thread::Thread;
use crate::buffer::Buffer;
use crate::lane::driver::Driver;
use crate::lane::ring::{Arrival, Lend, Receiver, Sender};
use crate::lane::slot::Counts;
use crate::lane::sweep::Lane;
use crate::lane::wake::Waker;
use crate::plan::{Direction, LinkEdge, LinkPlan};
use crate::stage::StageFault;

/// What carries a link.
pub(super) type Carrier = Box<dyn FnOnce(LinkEnd) + Send>;

/// The end of a link with another place: the ends of the rings that lead there and come from there.
///
/// Whoever carries it moves what [`Outgoing`] gives to the other place, and hands what comes from there to [`Incoming`], with
/// every tick, gap and mere progress as it is. Then the two parts do what the whole would do.
pub struct LinkEnd {
    /// The other place.
    pub place: String,
    /// What both places must agree about.
    pub pipeline: u64,
    /// What goes to the other place.
    pub outgoing: Vec<Outgoing>,
    /// What comes from there.
    pub incoming: Vec<Incoming>,
    driver: Thread,
}

/// A stream that goes to another place.
pub struct Outgoing {
    /// What it is.
    pub edge: LinkEdge,
    meter: Arc<StageMeter>,
    counts: Counts,
    receiver: Receiver,
    buffer: Buffer,
    ended: bool,
}

/// A stream that comes from another place.
pub struct Incoming {
    /// What it is.
    pub edge: LinkEdge,
    stage: String,
    meter: Arc<StageMeter>,
    counts: Counts,
    senders: Vec<Sender>,
    buffer: Buffer,
}

/// What [`Outgoing::take`] finds.
#[derive(Clone, Copy, Debug)]
pub enum Taken<'a> {
    /// A block, or mere progress.
    Arrival(Arrival, &'a Buffer),
    /// Nothing yet.
    Nothing,
    /// Nothing any more. So many blocks were lost at the very end.
    Over(u64),
}

impl LinkEnd {
    pub(super) fn new(link: &LinkPlan, lane: Lane<Thread>) -> Self {
        let Lane { slots, intakes, driver, .. } = lane;
        let edge_of = |stage: usize| link.edges.iter().find(|edge| edge.stage == stage).cloned();
        let (mut outgoing, mut incoming) = (Vec::new(), Vec::new());
        let mut intakes: Vec<_> = intakes.into_iter().flatten().collect();
        for (slot, meter) in slots.into_iter().zip(&driver.meters) {
            let (meter, counts) = (meter.clone(), Counts::default());
            let Some(edge) = edge_of(slot.stage) else { continue };
            let buffer = Buffer::zeroed(edge.port.element, edge.port.len());
            match edge.direction {
                Direction::In => {
                    incoming.push(Incoming {
                        edge,
                        stage: slot.name,
                        meter,
                        counts,
                        senders: slot.senders,
                        buffer,
                    });
                }
                Direction::Out => {
                    let fed = slot.inlets.first.edge;
                    let Some(at) = intakes.iter().position(|intake| intake.edge == fed) else { continue };
                    let receiver = intakes.swap_remove(at).receiver;
                    outgoing.push(Outgoing { edge, meter, counts, receiver, buffer, ended: false });
                }
            }
        }
        LinkEnd { place: link.place.clone(), pipeline: link.pipeline, outgoing, incoming, driver }
    }

    /// Lets a carrier do its work on this thread, and tells the run when it is over.
    pub(super) fn carry(self, carrier: Carrier) {
        let (reports, name) = (self.driver.reports.clone(), self.driver.name.clone());
        let waker = self.driver.waker.clone();
        waker.adopt();
        let run = std::panic::AssertUnwindSafe(|| carrier(self));
        if let Err(panic) = std::panic::catch_unwind(run) {
            let fault = StageFault::panicked(panic.as_ref());
            let _ = reports.send(Report::StageFault { stage: name.clone(), fault });
        }
        waker.announce();
        let _ = reports.send(Report::Ended { lane: name });
    }

    /// Whether the run is to end: nothing more need come.
    pub fn is_stopped(&self) -> bool {
        self.driver.stopped()
    }

    /// Tells the run that the link cannot go on, which ends the run.
    pub fn fail(&mut self, fault: StageFault) {
        let name = self.driver.name.clone();
        self.driver.fault(&name, fault);
    }

    /// Tells the run that a part of a stream was lost on the way.
    pub fn gap(&mut self, incoming: usize, at: u64, lost: u64) {
        let Some(stage) = self.incoming.get(incoming).map(|incoming| incoming.stage.clone()) else { return };
        tell(&self.driver.reports, Report::Gap(GapReport { stage, at, lost }));
    }

    /// What wakes the carrier from another thread, as what comes from outside does.
    pub fn waker(&self) -> Arc<Waker> {
        self.driver.waker.clone()
    }

    /// Sleeps until something moves at the run's side, the [waker](Self::waker) is called, or for `longest`. `look` is asked once
    /// more whether there is something to do after the announcement: what is seen then would not wake.
    pub fn rest(&mut self, longest: Duration, look: impl FnOnce(&mut Self) -> bool) {
        self.outgoing.iter_mut().for_each(|outgoing| outgoing.receiver.settle());
        self.driver.waker.announce();
        if look(self) {
            return self.driver.waker.retract();
        }
        self.driver.waker.park(Some(std::time::Instant::now() + longest));
    }
}

impl Outgoing {
    /// Takes the next that is to go.
    pub fn take(&mut self) -> Taken<'_> {
        let closed = self.receiver.closed();
        match self.receiver.receive(&mut self.buffer) {
            Some(arrival) => {
                self.counts.fired += u64::from(arrival.block);
                self.counts.at = arrival.stamp.tick;
                self.meter.show(self.counts);
                Taken::Arrival(arrival, &self.buffer)
            }
            None if closed => {
                let dropped = if self.ended { 0 } else { self.receiver.dropped_at_end() };
                self.ended = true;
                Taken::Over(dropped)
            }
            None => Taken::Nothing,
        }
    }

    /// Whether something waits to be taken.
    pub fn has_some(&self) -> bool {
        self.receiver.waiting() > 0 || (self.receiver.closed() && !self.ended)
    }
}

impl Incoming {
    /// Whether what comes next has room.
    pub fn is_ready(&mut self) -> bool {
        let ready = |sender: &mut Sender| {
            let settled = sender.settled();
            settled && sender.ready()
        };
        self.senders.iter_mut().fold(true, |all, sender| ready(sender) & all)
    }

    /// How many of the last ones that were handed on still wait for the run: what was handed on before them, it has taken. `None`
    /// where that is not known: what finds no room is dropped, or the stream is over.
    pub fn waiting(&self) -> Option<u64> {
        self.senders.iter().map(Sender::waiting).reduce(|one, other| Some(one?.max(other?)))?
    }

    /// Whether nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.senders.iter().all(Sender::is_closed)
    }

    /// Hands on a block whose bytes these are, or mere progress. What the link lost before it is in `lost`.
    ///
    /// # Errors
    /// When a ring is full whose policy is to fail.
    pub fn put(&mut self, arrival: Arrival, bytes: &[u8]) -> Result<(), StageFault> {
        let Arrival { stamp, lost, block, .. } = arrival;
        if block {
            self.buffer.from_wire(bytes);
            self.counts.emitted += 1;
            self.counts.at = stamp.tick;
            self.meter.show(self.counts);
        }
        for sender in &mut self.senders {
            let sent = sender.send(stamp, lost, block, Lend::Copy(&self.buffer));
            sent.map_err(|_| StageFault::new("a ring behind the link is full and its policy is to fail"))?;
        }
        Ok(())
    }

    /// Ends the stream once everything has been handed on. True if that is done.
    pub fn end(&mut self) -> bool {
        let flushed = self.senders.iter_mut().fold(true, |all, sender| sender.flushed() & all);
        if flushed {
            self.senders.clear();
        }
        flushed
    }
}
