//! What a lane asks and tells whoever drives it.

use super::intake::Intake;
use super::slot::Slot;
use crate::stage::StageFault;

/// Whoever drives a lane: a thread with a clock and other lanes beside it, or a session that has neither.
pub(crate) trait Driver {
    /// Whether sources shall end.
    fn stopped(&self) -> bool {
        false
    }

    /// Whether a source may bring the block that this tick completes, of a clock of `rate` ticks a second.
    fn is_due(&mut self, _tick: u64, _rate: u32) -> bool {
        true
    }

    /// Whether firings are timed.
    #[inline]
    fn timed(&self) -> bool {
        false
    }

    /// The time now, in nanoseconds since the start, where firings are timed.
    fn now(&self) -> u64 {
        0
    }

    /// A firing of a slot on a block of tick `at` began then and has ended.
    fn fired(&mut self, _index: usize, _slot: &Slot, _at: u64, _began: u64) {}

    /// A source has brought the block that tick `at` of its clock completes, after a gap or not.
    fn drew(&mut self, _index: usize, _slot: &Slot, _at: u64, _after_gap: bool) {}

    /// A stage lost part of its stream itself: `lost` ticks up to and with `at`.
    fn gap(&mut self, stage: &str, at: u64, lost: u64);

    /// A ring lost blocks, up to and with tick `at`.
    fn dropped(&mut self, _intake: &Intake, _blocks: u64, _at: u64) {}

    /// A ring is about to be read.
    fn reads(&mut self, _intake: &Intake) {}

    /// A stage cannot go on.
    fn fault(&mut self, stage: &str, fault: StageFault);
}
