//! A run of a pipeline: what its firings take, how long the core sleeps, and what goes wrong.

use core::fmt::{self, Display};

use kws_engine::Flow;
use kws_engine::tick::{Gap, TickError};
use semihosting::{eprintln, process};

use crate::disturbance::Disturbance;
use crate::machine::Clock;
use crate::memory;
use crate::wav::RATE;

/// Counts of a run.
pub struct Run<'c> {
    clock: &'c Clock,
    began: u64,
    asleep: u64,
    ticks: u64,
    instructions: u64,
    worst: u64,
    busy: Option<Disturbance>,
}

/// Nanoseconds from one sample to the next.
const SAMPLE: u64 = 1_000_000_000 / RATE as u64;

impl<'c> Run<'c> {
    /// Begins now. From a disturbance's begin to its end the core is busy with something else.
    pub fn new(clock: &'c Clock, busy: Option<Disturbance>) -> Self {
        Run { clock, began: clock.nanoseconds(), asleep: 0, ticks: 0, instructions: 0, worst: 0, busy }
    }

    /// Lets the source fire, and all that follows from it; ends the run where that fails.
    pub fn fire(&mut self, tick: impl FnOnce() -> Result<Flow, TickError>) -> Flow {
        self.do_something_else();
        let mut flow = Ok(Flow::Skip);
        let took = self.clock.count(|| flow = tick());
        let flow = flow.unwrap_or_else(|failed| fail(&failed));
        if flow == Flow::Emit {
            self.ticks += 1;
            self.instructions += took;
            self.worst = self.worst.max(took);
        }
        flow
    }

    /// Sleeps until the next interrupt unless it came meanwhile.
    pub fn sleep(&mut self, came: fn() -> bool) {
        self.asleep += self.clock.sleep_unless(came);
    }

    fn do_something_else(&mut self) {
        let now = || self.clock.nanoseconds() - self.began;
        if let Some(Disturbance { end, .. }) = self.busy.take_if(|busy| now() >= busy.begin * SAMPLE) {
            while now() < end * SAMPLE {}
        }
    }

    /// Completes what sinks have begun; ends the run where that fails.
    pub fn complete(&self, finish: impl FnOnce() -> Result<(), TickError>) {
        finish().unwrap_or_else(|failed| fail(&failed));
    }

    /// Tells the figures of the run, one to a line, and ends the emulator.
    pub fn end(self) -> ! {
        let time = self.clock.nanoseconds() - self.began;
        let figures = [
            ("ticks", self.ticks),
            ("worst", self.worst),
            ("mean", self.instructions / self.ticks.max(1)),
            ("flash", memory::flash() as u64),
            ("memory", memory::variables() as u64),
            ("stack", memory::stack() as u64),
            ("asleep", self.asleep * 1000 / time.max(1)),
        ];
        for (name, value) in figures {
            eprintln!("{name} {value}");
        }
        process::exit(0)
    }
}

/// Tells of a gap as the host does; a second has `rate` ticks.
pub fn tell_gap(Gap { stage, at, lost }: Gap, rate: u32) {
    let [lost, at] = [lost, at].map(|ticks| Seconds { ticks, rate: rate.into() });
    eprintln!("gap: `{stage}` lost {lost} s, until {at} s");
}

/// Ticks as seconds with three digits, the last to the nearest.
struct Seconds {
    ticks: u64,
    rate: u64,
}

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = (self.ticks * 1000 + self.rate / 2) / self.rate;
        write!(f, "{}.{:03}", milliseconds / 1000, milliseconds % 1000)
    }
}

fn fail(failed: &TickError) -> ! {
    eprintln!("error: {failed}");
    process::exit(1)
}
