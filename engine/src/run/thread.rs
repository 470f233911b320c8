//! A lane that a thread of its own drives: beside other lanes, by the clock.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::Sender as Channel;

use super::clock::Clock;
use super::control::Control;
use super::meter::{RingMeter, StageMeter};
use super::origin::Origin;
use super::report::{GapReport, Report, tell};
use crate::lane::driver::Driver;
use crate::lane::intake::Intake;
use crate::lane::slot::Slot;
use crate::lane::sweep::Lane;
use crate::lane::wake::Waker;
use crate::stage::StageFault;

/// How often a lane that has a processor of its own looks for work before it parks: a block that comes within a few
/// microseconds is met awake.
const LOOKS: u32 = 512;

/// After how many sweeps at the latest a busy lane shows its counts.
const SHOW_EVERY: usize = 64;

/// What a thread knows beside its lane.
pub(super) struct Thread {
    /// The lane's name.
    pub(super) name: String,
    pub(super) waker: Arc<Waker>,
    pub(super) control: Arc<Control>,
    pub(super) reports: Channel<Report>,
    /// One for each slot.
    pub(super) meters: Vec<Arc<StageMeter>>,
    /// For each slot, when the stream of the device began that it comes from, if it does.
    pub(super) origins: Vec<Option<Arc<Origin>>>,
    /// One for each ring of the run.
    pub(super) rings: Arc<[RingMeter]>,
    /// Set when sources keep real time.
    pub(super) paced: bool,
    /// Set when firings are timed.
    pub(super) timed: bool,
    /// How often the lane looks for work before it parks.
    pub(super) looks: u32,
    pub(super) clock: Clock,
    /// When the next source that keeps real time is due, while none is: nanoseconds since the start.
    pub(super) due: Option<u64>,
}

/// How often each lane of a run looks for work before it parks. To look is worth something only while the others run
/// meanwhile: where there are more lanes than processors, or just one lane, it would take their time.
pub(super) fn looks(lanes: usize) -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    if lanes > 1 && lanes <= processors { LOOKS } else { 0 }
}

impl Driver for Thread {
    fn stopped(&self) -> bool {
        self.control.stopped()
    }

    /// Whether the time of a tick has come. If not, the lane sleeps no longer than until it does.
    fn is_due(&mut self, tick: u64, rate: u32) -> bool {
        if !self.paced {
            return true;
        }
        let due = (u128::from(tick) * 1_000_000_000 / u128::from(rate)) as u64;
        if self.clock.now() >= due {
            return true;
        }
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
        false
    }

    #[inline]
    fn timed(&self) -> bool {
        self.timed
    }

    fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Counts how long a firing took and, for a sink of a run that does not outrun real time, how long after the end of
    /// a block it ended.
    #[cold]
    fn fired(&mut self, index: usize, slot: &Slot, at: u64, began: u64) {
        let meter = &self.meters[index];
        // What a device's source takes is time in which it waits.
        let waits = slot.inlets.count == 0 && self.origins[index].is_some();
        if let (Some(time), false) = (&meter.time, waits) {
            time.count(self.clock.now() - began);
        }
        let (Some(latency), None, Some(inlet)) = (&meter.latency, slot.outlet, slot.inlets.iter().next())
        else {
            return;
        };
        let (due, now) = (nanos(at, inlet.clock), self.clock.now() as i64);
        let late = match &self.origins[index] {
            Some(origin) => origin.since(due, now),
            // A run that is ahead of real time has no latency.
            None => u64::try_from(now - due).ok(),
        };
        late.into_iter().for_each(|late| latency.count(late));
    }

    #[cold]
    fn drew(&mut self, index: usize, slot: &Slot, at: u64, after_gap: bool) {
        if let Some(origin) = &self.origins[index] {
            origin.see(nanos(at, slot.rate), self.clock.now() as i64, after_gap);
        }
    }

    fn gap(&mut self, stage: &str, at: u64, lost: u64) {
        tell(&self.reports, Report::Gap(GapReport { stage: stage.to_owned(), at, lost }));
    }

    fn dropped(&mut self, intake: &Intake, blocks: u64, at: u64) {
        self.rings[intake.ring].drop(blocks);
        self.gap(&intake.reader, at, blocks * intake.period);
    }

    /// Looks at how full the ring is, which costs a look at the sender's memory each time.
    fn reads(&mut self, intake: &Intake) {
        if self.timed {
            self.rings[intake.ring].see(intake.receiver.waiting());
        }
    }

    fn fault(&mut self, stage: &str, fault: StageFault) {
        self.control.stop();
        let _ = self.reports.send(Report::StageFault { stage: stage.to_owned(), fault });
    }
}

/// Nanoseconds of a stream up to a tick.
fn nanos(tick: u64, rate: u32) -> i64 {
    (u128::from(tick) * 1_000_000_000 / u128::from(rate)) as i64
}

/// Runs a lane to its end. A stage that panics is ended as one that fails, and the rest of the lane works on.
pub(super) fn drive(mut lane: Lane<Thread>) {
    while let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(&mut lane))) {
        let panicked = StageFault::panicked(panic.as_ref());
        match lane.firing.take() {
            Some(slot) => lane.fail(slot, panicked),
            None => {
                let fault =
                    StageFault::because(format!("the engine failed, which is a bug in kws: {panicked}"));
                let name = format!("lane {}", lane.driver.name);
                lane.driver.fault(&name, fault);
                break;
            }
        }
    }
    // A lane that has ended counts as one that sleeps.
    lane.driver.waker.announce();
    let (reports, name) = (lane.driver.reports.clone(), std::mem::take(&mut lane.driver.name));
    drop(lane);
    let _ = reports.send(Report::Ended { lane: name });
}

/// Runs until every stage has ended.
fn run(lane: &mut Lane<Thread>) {
    lane.driver.waker.adopt();
    while !lane.finished() {
        let swept = (0..SHOW_EVERY).take_while(|_| sweep(lane)).count();
        show_counts(lane);
        // Also while busy: a lane that waits for the last of the room may be what the rest of this one waits for.
        lane.settle();
        if swept == SHOW_EVERY || look(lane) {
            continue;
        }
        lane.settle();
        lane.driver.waker.announce();
        let moved = sweep(lane);
        // Blocks that `drop_oldest` has overtaken are discarded when they are received: that makes room and moves nothing.
        lane.settle();
        if moved || lane.finished() {
            lane.driver.waker.retract();
        } else {
            lane.driver.waker.park(lane.driver.due.and_then(|due| lane.driver.clock.moment(due)));
        }
    }
    show_counts(lane);
}

fn sweep(lane: &mut Lane<Thread>) -> bool {
    lane.driver.due = None;
    lane.sweep()
}

/// Waits a little while for work without giving the thread away.
fn look(lane: &mut Lane<Thread>) -> bool {
    (0..lane.driver.looks).any(|_| {
        std::hint::spin_loop();
        sweep(lane)
    })
}

fn show_counts(lane: &Lane<Thread>) {
    for (slot, meter) in lane.slots.iter().zip(&lane.driver.meters) {
        meter.show(slot.counts);
    }
}
