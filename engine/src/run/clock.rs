//! The time of a run.

use std::time::{Duration, Instant};

#[cfg(feature = "testing")]
use super::manual::Manual;

/// What time it is in a run, in nanoseconds since its start.
#[derive(Clone)]
pub(crate) enum Clock {
    /// The computer's clock, and when the run began.
    System(Instant),
    /// None: it always shows the start.
    Still,
    /// A test's clock, which stands still until the test moves it.
    #[cfg(feature = "testing")]
    Manual(std::sync::Arc<Manual>),
}

impl Clock {
    /// The computer's clock: the run begins now.
    pub(crate) fn system() -> Self {
        // A web page's module imports no clock; sessions, the only runs there, wait for nothing.
        if cfg!(all(target_arch = "wasm32", target_os = "unknown")) {
            return Clock::Still;
        }
        Clock::System(Instant::now())
    }

    /// Nanoseconds since the start.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        match self {
            Clock::System(began) => began.elapsed().as_nanos() as u64,
            Clock::Still => 0,
            #[cfg(feature = "testing")]
            Clock::Manual(manual) => manual.now(),
        }
    }

    /// The moment at which whoever waits for this time must look again by itself. None where the clock wakes it.
    pub(crate) fn moment(&self, time: u64) -> Option<Instant> {
        match self {
            Clock::System(began) => Some(*began + Duration::from_nanos(time)),
            Clock::Still => None,
            #[cfg(feature = "testing")]
            Clock::Manual(_) => None,
        }
    }

    /// Waits a little on the calling thread, for no longer than this.
    pub(crate) fn nap(&self, longest: Duration) {
        match self {
            Clock::System(_) => std::thread::sleep(longest),
            Clock::Still => {}
            #[cfg(feature = "testing")]
            Clock::Manual(_) => std::thread::yield_now(),
        }
    }
}
