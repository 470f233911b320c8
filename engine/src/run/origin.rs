//! When the stream of a device began, by the clock of the run.

use std::sync::atomic::{AtomicI64, Ordering};

/// What the origin may move later by, in parts of the time that passes: more than the clocks of a computer and a device
/// ever differ by.
const DRIFT: i64 = 1000;

/// When the stream of a device began: the least that its blocks came after their own time. A block that comes later than that has
/// waited. One lane writes, others read.
pub(super) struct Origin {
    /// Nanoseconds of the run.
    began: AtomicI64,
    /// When it was looked at last.
    seen: AtomicI64,
}

impl Origin {
    /// Before the first block.
    pub(super) const fn new() -> Self {
        Origin { began: AtomicI64::new(i64::MAX), seen: AtomicI64::new(0) }
    }

    /// A block that is complete at `at` of the stream has come, `now`. What a gap has lost is an estimate, so that after
    /// one the origin is found anew.
    pub(super) fn see(&self, at: i64, now: i64, after_gap: bool) {
        let (before, passed) = (self.began.load(Ordering::Relaxed), now - self.seen.load(Ordering::Relaxed));
        let began = now - at;
        let began = if after_gap { began } else { began.min(before.saturating_add(passed / DRIFT)) };
        self.began.store(began, Ordering::Relaxed);
        self.seen.store(now, Ordering::Relaxed);
    }

    /// How long after a moment of the stream `now` is; none before the first block.
    pub(super) fn since(&self, at: i64, now: i64) -> Option<u64> {
        let began = self.began.load(Ordering::Relaxed);
        (began != i64::MAX).then(|| u64::try_from(now - began - at).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn a_device_that_begins_late_is_not_late() {
        let origin = Origin::new();
        assert_eq!(origin.since(0, 5), None);
        origin.see(10 * MS, 2010 * MS, false);
        assert_eq!(origin.since(10 * MS, 2013 * MS), Some(3 * MS as u64));
        // A block that waited does not hide that it did.
        origin.see(20 * MS, 2120 * MS, false);
        let late = origin.since(20 * MS, 2120 * MS).unwrap();
        assert!((99 * MS as u64..=100 * MS as u64).contains(&late), "{late}");
        // One that comes sooner than all before shows that those had waited.
        origin.see(30 * MS, 2025 * MS, false);
        assert_eq!(origin.since(30 * MS, 2026 * MS), Some(MS as u64));
    }

    #[test]
    fn a_slow_clock_is_no_delay() {
        let origin = Origin::new();
        // A day of blocks from a device that is slow by 100 parts in a million.
        for block in 1..=864_000 {
            origin.see(block * 100 * MS, block * (100 * MS + 10_000), false);
        }
        let now = 864_000 * (100 * MS + 10_000);
        assert_eq!(origin.since(864_000 * 100 * MS, now), Some(0));
    }

    #[test]
    fn after_a_gap_it_is_found_anew() {
        let origin = Origin::new();
        origin.see(10 * MS, 10 * MS, false);
        origin.see(1000 * MS, 1400 * MS, true);
        assert_eq!(origin.since(1000 * MS, 1402 * MS), Some(2 * MS as u64));
    }
}
