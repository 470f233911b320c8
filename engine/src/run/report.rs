//! What a run tells: while it goes, and of its end.

use crossbeam_channel::Sender as Channel;

use super::meter::RunStats;
use crate::stage::StageFault;

/// Gaps that may wait to be read before further ones are only counted.
pub(super) const GAPS: usize = 1024;

/// A hole in a stream, as it was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapReport {
    /// The stage that met it: the source that overran, or the reader of a ring that was full.
    pub stage: String,
    /// Its last tick.
    pub at: u64,
    /// Ticks that are missing, up to and with that one.
    pub lost: u64,
}

/// What a run tells while it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A hole in a stream.
    Gap(GapReport),
    /// A stage cannot go on; the run is ending.
    StageFault {
        /// The stage's name.
        stage: String,
        /// Why.
        fault: StageFault,
    },
    /// A stage has failed that goes on: what comes to it is lost until it works again.
    Down {
        /// The stage's name.
        stage: String,
        /// Why.
        fault: StageFault,
        /// Tick of the block on which it failed.
        at: u64,
    },
    /// A stage that was down works again.
    Up {
        /// The stage's name.
        stage: String,
        /// The tick at which it does.
        at: u64,
        /// Ticks since it failed.
        lost: u64,
    },
    /// A lane has ended.
    Ended {
        /// Its name.
        lane: String,
    },
}

/// The stage that ended a run, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunError {
    /// The stage's name.
    pub stage: String,
    /// Why.
    pub fault: StageFault,
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "stage `{}` failed: {}", self.stage, self.fault)
    }
}

impl std::error::Error for RunError {}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The first stage that failed, if one did.
    pub fault: Option<RunError>,
    /// Gaps, in the order in which they were reported.
    pub gaps: Vec<GapReport>,
    /// What everything did.
    pub stats: RunStats,
}

/// Tells of what may come often, unless so much waits to be read that it is only counted.
pub(super) fn tell(reports: &Channel<Report>, report: Report) {
    if reports.len() < GAPS {
        let _ = reports.try_send(report);
    }
}
