//! The time of a run.

use std::time::{Duration, Instant};

#[cfg(feature = "testing")]
use super::manual::Manual;

/// What time it is in a run, in nanoseconds since its start.
#[derive(Clone)]
pub(crate) enum Clock {
    /// The computer's clock, and when the run began.
    System(Instant),
    /// A test's clock, which stands still until the test moves it.
    #[cfg(feature = "testing")]
    Manual(std::sync::Arc<Manual>),
}

impl Clock {
    /// The computer's clock: the run begins now.
    pub(crate) fn system() -> Self {
        Clock::System(Instant::now())
    }

    /// Nanoseconds since the start.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        match self {
            Clock::System(began) => began.elapsed().as_nanos() as u64,
            #[cfg(feature = "testing")]
            Clock::Manual(manual) => manual.now(),
        }
    }

    /// The moment at which whoever waits for this time must look again by itself. None where the clock wakes it.
    pub(crate) fn moment(&self, time: u64) -> Option<Instant> {
        match self {
            Clock::System(began) => Some(*began + Duration::from_nanos(time)),
            #[cfg(feature = "testing")]
            Clock::Manual(_) => None,
        }
    }

    /// Waits a little on the calling thread, for no longer than this.
    pub(crate) fn nap(&self, longest: Duration) {
        match self {
            Clock::System(_) => std::thread::sleep(longest),
            #[cfg(feature = "testing")]
            Clock::Manual(_) => std::thread::yield_now(),
        }
    }
}
