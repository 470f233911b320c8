//! Running a plan on a computer: lanes as threads, rings between them.

mod assembly;
mod control;
mod edge_buffer;
mod gather;
mod lane;
mod meter;
#[cfg(test)]
mod model;
mod queue;
mod report;
mod ring;
mod runner;
mod slot;
mod time;
mod wake;

pub use control::{RunOptions, Stopper};
pub use meter::{Percentiles, RingStats, RunStats, StageStats};
pub use report::{GapReport, Outcome, Report, RunError};
pub use runner::Running;

#[doc(hidden)]
pub use ring::{Arrival, Receiver, Sender, ring};
#[doc(hidden)]
pub use time::{Stamp, Time};
#[doc(hidden)]
pub use wake::Waker;
