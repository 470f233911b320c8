//! Stages that fail and go on: `on_fault`.
//!
//! A stage that fails is down for a while, which is a hole in the stream that it writes; then it is begun anew, and if
//! it fails again it is down for twice as long. The while is counted in ticks of the stream, so that what a fault costs
//! does not depend on threads or on the speed of a replay; only a source, whose stream stands still meanwhile, waits by
//! the clock.

#[cfg(feature = "std")]
mod node;
mod opened;
#[cfg(feature = "std")]
mod watch;

#[cfg(feature = "std")]
pub(crate) use node::{Change, Watches};
pub use opened::Opened;
#[cfg(feature = "std")]
pub(crate) use watch::Watch;
#[cfg(feature = "std")]
pub use watch::{Health, StageState};

use crate::stage::{Flow, Ports, Read, Stage, StageFault, Write};

/// Parts of a second that a stage is down for the first time.
#[cfg(feature = "std")]
pub(crate) const FIRST: u64 = 10;

/// The most that the first time is doubled: up to 25.6 s.
const DOUBLINGS: u32 = 8;

/// When a stage that has failed is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Recovery {
    /// How long it is down for the first time.
    first: u64,
    /// Set while it is down.
    until: Option<u64>,
    /// When it last began to work.
    since: u64,
    /// Failures in a row.
    failures: u32,
}

impl Recovery {
    /// Of a stage that works; `first` is how long it is down for the first time, in the unit of all other times here.
    pub const fn new(first: u64) -> Self {
        Recovery { first, until: None, since: 0, failures: 0 }
    }

    /// Whether it is down.
    pub const fn is_down(&self) -> bool {
        self.until.is_some()
    }

    /// How long from now until it is tried again: nothing when it is due.
    pub fn left(&self, now: u64) -> u64 {
        self.until.map_or(0, |until| until.saturating_sub(now))
    }

    /// It has failed. One that has worked for longer than it would be down now is not held against earlier failures.
    pub fn fail(&mut self, now: u64) {
        if !self.is_down() && now.saturating_sub(self.since) > self.pause() {
            self.failures = 0;
        }
        self.until = Some(now.saturating_add(self.pause()));
        self.failures = (self.failures + 1).min(DOUBLINGS);
    }

    /// It works again.
    pub fn recover(&mut self, now: u64) {
        (self.until, self.since) = (None, now);
    }

    fn pause(&self) -> u64 {
        self.first << self.failures
    }
}

/// A stage of firmware that goes on when it fails. See [`Recovery`].
#[derive(Clone, Debug)]
pub struct Restarting<S> {
    stage: S,
    recovery: Recovery,
    /// Firings, by which a source waits.
    fired: u64,
}

impl<S> Restarting<S> {
    /// A stage that is down for `first` ticks at first; a source for so many firings.
    pub const fn new(stage: S, first: u64) -> Self {
        Restarting { stage, recovery: Recovery::new(first), fired: 0 }
    }
}

impl<S: Stage> Restarting<S> {
    /// It has failed: its readers see an idle stretch.
    fn failed(&mut self, now: u64) -> Flow {
        self.recovery.fail(now);
        Flow::Idle
    }
}

impl<S: Stage> Stage for Restarting<S> {
    type In = S::In;
    type Out = S::Out;
    const ACTS: bool = S::ACTS;

    fn process(
        &mut self,
        input: Read<'_, Self::In>,
        output: Write<'_, Self::Out>,
    ) -> Result<Flow, StageFault> {
        self.fired += 1;
        let at = S::In::at(&input);
        let now = at.unwrap_or(self.fired);
        if self.recovery.is_down() {
            if self.recovery.left(now) > 0 {
                return Ok(Flow::Idle);
            }
            if self.stage.recover().is_err() {
                return Ok(self.failed(now));
            }
            self.recovery.recover(now);
            if at.is_none() {
                // How much a source has lost nobody knows; that it has, those behind it must.
                return Ok(Flow::Lost(1));
            }
        }
        Ok(self.stage.process(input, output).unwrap_or_else(|_| self.failed(now)))
    }

    fn reset(&mut self) {
        if !self.recovery.is_down() {
            self.stage.reset();
        }
    }

    fn reset_beside(&mut self) {
        if !self.recovery.is_down() {
            self.stage.reset_beside();
        }
    }

    fn restart(&mut self) {
        self.stage.restart();
        (self.recovery, self.fired) = (Recovery::new(self.recovery.first), 0);
    }

    /// What cannot be completed is lost as what it would have written while it was down.
    fn finish(&mut self) -> Result<(), StageFault> {
        let _ = self.stage.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Block;

    #[test]
    fn each_failure_in_a_row_doubles_the_pause() {
        let mut recovery = Recovery::new(10);
        recovery.fail(100);
        assert_eq!((recovery.left(105), recovery.left(110), recovery.left(999)), (5, 0, 0));
        recovery.fail(110);
        assert_eq!(recovery.left(110), 20);
        recovery.recover(130);
        assert!(!recovery.is_down());
        recovery.fail(131);
        assert_eq!(recovery.left(131), 40, "it has hardly worked");
        recovery.recover(171);
        recovery.fail(300);
        assert_eq!(recovery.left(300), 10, "it has worked for longer than it would be down");
        (0..50).for_each(|_| recovery.fail(0));
        assert_eq!(recovery.left(0), 2560);
    }

    /// Fails on every item below 0, and does not recover while `broken`.
    #[derive(Default)]
    struct Fragile {
        broken: u32,
        restarts: u32,
    }

    impl Stage for Fragile {
        type In = i16;
        type Out = i16;

        fn process(&mut self, input: Block<'_, i16>, output: &mut [i16]) -> Result<Flow, StageFault> {
            output.copy_from_slice(&input);
            if input[0] < 0 { Err(StageFault::new("an item is below 0")) } else { Ok(Flow::Emit) }
        }

        fn recover(&mut self) -> Result<(), StageFault> {
            self.restarts += 1;
            self.broken = self.broken.saturating_sub(1);
            if self.broken > 0 { Err(StageFault::new("it is broken")) } else { Ok(()) }
        }
    }

    #[test]
    fn a_stage_that_fails_is_down_and_begun_anew() {
        let mut stage = Restarting::new(Fragile { broken: 2, restarts: 0 }, 2);
        let mut flows = Vec::new();
        for at in 1..=12 {
            let item = [if at == 3 { -1 } else { 1 }];
            flows.push(stage.process(Block { at, items: &item }, &mut [0]).unwrap());
        }
        use Flow::{Emit, Idle};
        // Down at 3 for 2 ticks, and at 5, where it does not recover, for 4.
        assert_eq!(flows, [Emit, Emit, Idle, Idle, Idle, Idle, Idle, Idle, Emit, Emit, Emit, Emit]);
        assert_eq!(stage.stage.restarts, 2);
    }
}
