//! Scores of a trigger that the page moves.
//!
//! Its `unsafe`: the table of watches is written to while nothing runs, since the module has one thread.

use std::cell::UnsafeCell;

use kws_stages::decide::Watch;

/// A trigger's watches.
pub(crate) struct Watches<const N: usize> {
    now: UnsafeCell<[Watch; N]>,
    first: [Watch; N],
}

// SAFETY: WebAssembly without shared memory has one thread, and so has this module.
unsafe impl<const N: usize> Sync for Watches<N> {}

impl<const N: usize> Watches<N> {
    /// Watches as the pipeline has them.
    pub(crate) const fn new(watches: [Watch; N]) -> Self {
        Watches { now: UnsafeCell::new(watches), first: watches }
    }

    /// Moves the scores of a watch to where a knob stands; `scores` are those from 0 to 1 in equal steps.
    pub(crate) fn turn(&self, watch: usize, value: f32, scores: &[f32]) {
        let Watch { on, off, .. } = self.first[watch];
        let place = value * (scores.len() - 1) as f32;
        let low = place as usize;
        let high = (low + 1).min(scores.len() - 1);
        let moved = scores[low] + (scores[high] - scores[low]) * (place - low as f32);
        let ratio = if on > 0.0 { off / on } else { 1.0 };
        // SAFETY: nothing runs while the page calls, so nobody reads.
        let now = unsafe { &mut (&mut *self.now.get())[watch] };
        (now.on, now.off) = (moved, (moved * ratio).min(moved));
    }
}

impl<const N: usize> AsRef<[Watch]> for Watches<N> {
    fn as_ref(&self) -> &[Watch] {
        // SAFETY: only `turn` writes, which runs while no stage does.
        unsafe { &*self.now.get() }
    }
}
