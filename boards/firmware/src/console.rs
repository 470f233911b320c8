//! The lines that a main loop writes itself, beside the events of its pipeline.

use core::fmt::Write;

use kws_devices::{Asleep, Missed};
use kws_engine::tick::Gap;

use crate::words;

/// Tells what was lost, how much the core slept, and whether enrolled words were found.
pub struct Console {
    asleep: Asleep,
    rate: u32,
}

impl Console {
    /// For a counter of `clock_hz` that stands at `now`, and a microphone of `rate` ticks per second.
    pub const fn new(clock_hz: u32, rate: u32, now: u32) -> Self {
        Console { asleep: Asleep::new(clock_hz, rate, now), rate }
    }

    /// Sleeps by `wait`; `counter` reads the counter.
    pub fn sleep(&mut self, counter: impl Fn() -> u32, wait: impl FnOnce()) {
        self.asleep.sleeps(counter());
        wait();
        self.asleep.wakes(counter());
    }

    /// Writes what there is to tell at the microphone's tick `at`. `gaps` calls what it is given with each gap.
    pub fn tell(&mut self, mut output: impl Write, at: u64, gaps: impl FnOnce(&mut dyn FnMut(Gap))) {
        // A line that does not take text is no reason to stop listening.
        gaps(&mut |gap| {
            let _ = writeln!(output, "{}", Missed::new(gap, self.rate));
        });
        if let Some(report) = self.asleep.report(at) {
            let _ = writeln!(output, "{report}");
            let _ = match words::found() {
                Some(Ok(words)) => writeln!(output, "enrolled: {words} words of the page"),
                Some(Err(why)) => writeln!(output, "enrolled: the words of the firmware: {why}"),
                None => Ok(()),
            };
        }
    }
}
