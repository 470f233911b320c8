//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::clock::Clock;
use super::control::RunOptions;
use super::report::RunError;
use super::runner::Running;
use crate::lane::wake::Waker;
use crate::node::Node;
use crate::plan::{Plan, PlannedStage};

/// The time, and the lanes that wait for it.
#[derive(Default)]
pub(crate) struct Manual {
    nanos: AtomicU64,
    wakers: Mutex<Vec<Arc<Waker>>>,
}

impl Manual {
    pub(super) fn now(&self) -> u64 {
        self.nanos.load(Ordering::Acquire)
    }
}

/// A clock for tests: it shows the start of the run until the test moves it. A paced run, what it measures and the pauses of
/// a source that failed go by it, so that a test of them waits for nothing and depends on no machine's speed.
#[derive(Clone, Default)]
pub struct ManualClock(Arc<Manual>);

impl ManualClock {
    /// A clock that shows the start of a run.
    pub fn new() -> Self {
        ManualClock::default()
    }

    /// How much time has passed since the start.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.0.now())
    }

    /// Lets time pass, and wakes the lanes that wait for it.
    pub fn advance(&self, by: Duration) {
        self.0.nanos.fetch_add(by.as_nanos() as u64, Ordering::AcqRel);
        for waker in self.0.wakers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            waker.wake();
        }
    }
}

impl Plan {
    /// As [`start_with`](Plan::start_with), by a clock of the test's own.
    ///
    /// # Errors
    /// When a stage cannot be built.
    pub fn start_by(
        &self,
        clock: &ManualClock,
        options: RunOptions,
        dress: impl FnMut(&PlannedStage, Box<dyn Node>) -> Box<dyn Node>,
    ) -> Result<Running, RunError> {
        let wakers = |wakers: &[Arc<Waker>]| {
            clock.0.wakers.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(wakers);
        };
        self.start_on(&Clock::Manual(clock.0.clone()), wakers, options, dress)
    }
}

impl Running {
    /// Whether every lane sleeps or has ended: nothing moves until somebody outside stirs it.
    pub fn is_still(&self) -> bool {
        self.lanes_sleep()
    }
}
