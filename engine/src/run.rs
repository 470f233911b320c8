//! Running a plan on a computer: lanes as threads, rings between them.

mod clock;
mod control;
mod link;
#[cfg(feature = "testing")]
mod manual;
mod meter;
#[cfg(test)]
mod model;
mod origin;
mod report;
mod runner;
mod thread;

pub(crate) use clock::Clock;
pub use control::{RunOptions, Stopper};
pub use link::{Incoming, LinkEnd, Outgoing, Taken};
#[cfg(feature = "testing")]
pub use manual::ManualClock;
pub use meter::{Counters, Percentiles, RingStats, RunStats, StageStats};
pub use report::{GapReport, Outcome, Report, RunError};
pub use runner::Running;

#[doc(hidden)]
pub use crate::lane::ring::{Arrival, Receiver, Sender, ring};
#[doc(hidden)]
pub use crate::lane::time::{Stamp, Time};
#[doc(hidden)]
pub use crate::lane::wake::Waker;
