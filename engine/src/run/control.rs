//! Orders to a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::lane::wake::Waker;

/// How to run a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// Sources deliver at their own rate instead of as fast as they can.
    pub paced: bool,
    /// Every firing is timed.
    pub timed: bool,
    /// Everything runs in one lane.
    pub one_lane: bool,
}

/// Orders to the whole run.
pub(crate) struct Control {
    stop: AtomicBool,
    wakers: Vec<Arc<Waker>>,
}

impl Control {
    pub(crate) fn new(wakers: Vec<Arc<Waker>>) -> Self {
        Control { stop: AtomicBool::new(false), wakers }
    }

    /// What wakes the lanes.
    pub(crate) fn wakers(&self) -> &[Arc<Waker>] {
        &self.wakers
    }

    /// Sources shall end; what they have sent is still worked off.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        for waker in &self.wakers {
            waker.wake();
        }
    }

    /// Whether no lane moves. A look at one after the other: true for good only where nobody outside stirs them.
    #[cfg(feature = "testing")]
    pub(crate) fn lanes_sleep(&self) -> bool {
        self.wakers.iter().all(|waker| waker.sleeps())
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

/// The right to stop a run, from any thread.
#[derive(Clone)]
pub struct Stopper(pub(super) Arc<Control>);

impl Stopper {
    /// Lets sources end; what they have sent is still worked off.
    pub fn stop(&self) {
        self.0.stop();
    }
}
