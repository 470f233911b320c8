//! Waiting for runs, but not for ever. Progress tells a hang, not time: on a busy machine a run may take as long as it needs.

use std::time::{Duration, Instant};

use crate::run::{Outcome, Report, Running, StageStats};

/// A run in which no stage has moved for so long hangs. No pause of a test lasts longer, nor does any scheduler let a
/// thread wait so long for its turn.
const STILL: Duration = Duration::from_secs(60);

/// Firings after which a run that should have ended never will: minutes of work, where the tests need moments.
const WORK: u64 = 1_000_000_000;

/// Fails a test whose run hangs, or never ends.
struct Watchdog {
    seen: Vec<StageStats>,
    moved: Instant,
}

impl Watchdog {
    fn new() -> Self {
        Watchdog { seen: Vec::new(), moved: Instant::now() }
    }

    #[track_caller]
    fn look(&mut self, running: &Running) {
        let stages = running.stats().stages;
        let fired: u64 = stages.iter().map(|stage| stage.fired).sum();
        assert!(fired < WORK, "the run does not end: {stages:?}");
        if stages != self.seen {
            (self.seen, self.moved) = (stages, Instant::now());
        }
        assert!(self.moved.elapsed() < STILL, "the run hangs: {:?}", self.seen);
    }
}

/// Waits for the end of a run.
///
/// # Panics
/// When it hangs: when no stage moves for a minute.
#[track_caller]
pub fn ended(running: Running) -> Outcome {
    ended_with(running, |_| {})
}

/// As [`ended`], with a look at every report.
///
/// # Panics
/// As [`ended`].
#[track_caller]
pub fn ended_with(mut running: Running, mut see: impl FnMut(&Report)) -> Outcome {
    let mut watchdog = Watchdog::new();
    loop {
        if let Ok(report) = running.reports().recv_timeout(Duration::from_secs(1)) {
            see(&report);
            if running.note(report) {
                return running.wait();
            }
        }
        watchdog.look(&running);
    }
}

/// Waits until something has come to pass in a run.
///
/// # Panics
/// When the run hangs before: when no stage moves for a minute.
#[track_caller]
pub fn until(running: &Running, passed: impl Fn() -> bool) {
    let mut watchdog = Watchdog::new();
    while !passed() {
        watchdog.look(running);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until every lane sleeps, for room, for work or for the clock.
///
/// # Panics
/// When the run never ends.
#[track_caller]
pub fn still(running: &Running) {
    until(running, || running.is_still());
}
