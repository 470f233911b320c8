//! Running a plan on a computer: lanes as threads, rings between them.

mod gather;
mod lane;
mod meter;
#[cfg(test)]
mod model;
mod queue;
mod ring;
mod runner;
mod seat;
mod time;
mod wake;
mod wire;

pub use meter::{GapReport, Percentiles, RingStats, RunStats, StageStats};
pub use runner::{Outcome, Report, RunOptions, Running, StageFault, Stopper};

#[doc(hidden)]
pub use ring::{Arrival, Receiver, Sender, ring};
#[doc(hidden)]
pub use time::{Stamp, Time};
#[doc(hidden)]
pub use wake::Waker;
