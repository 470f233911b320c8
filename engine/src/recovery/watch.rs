//! What others see of a stage that may fail and go on.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::lane::slot::Life;
use crate::stage::StageFault;

/// What others see of a stage that may fail and go on. Its lane writes, anyone reads.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    down: AtomicBool,
    faults: AtomicU64,
    restarts: AtomicU64,
    /// Written when the stage fails, never while it works.
    last: Mutex<Option<StageFault>>,
}

impl Watch {
    /// It has failed. Whether it worked before.
    pub(super) fn fail(&self, fault: &StageFault) -> bool {
        self.faults.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut last) = self.last.lock() {
            *last = Some(fault.clone());
        }
        !self.down.swap(true, Ordering::Relaxed)
    }

    /// It works again.
    pub(super) fn recover(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
        self.down.store(false, Ordering::Relaxed);
    }

    /// It begins another stream.
    pub(super) fn restart(&self) {
        self.down.store(false, Ordering::Relaxed);
    }
}

/// Whether a stage works, as whoever watches over a run or a session asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// What it does now.
    pub state: StageState,
    /// How often it failed, futile tries to begin anew included. Where a failure ends the run, `state` says so.
    pub faults: u64,
    /// How often it began anew.
    pub restarts: u64,
    /// Why it last failed, where it goes on.
    pub last_fault: Option<StageFault>,
}

/// What a stage does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StageState {
    /// It works, or waits for work.
    #[default]
    Running,
    /// It has failed, and is tried again after a pause: `on_fault`.
    Down,
    /// Its stream is over.
    Ended,
    /// It has failed and ended the run.
    Failed,
}

impl StageState {
    /// The name that lists use.
    pub const fn name(self) -> &'static str {
        match self {
            StageState::Running => "running",
            StageState::Down => "down",
            StageState::Ended => "ended",
            StageState::Failed => "failed",
        }
    }
}

impl Health {
    pub(crate) fn of(life: Life, watch: Option<&Watch>) -> Self {
        let is_down = watch.is_some_and(|watch| watch.down.load(Ordering::Relaxed));
        let state = match life {
            Life::Working if is_down => StageState::Down,
            Life::Working => StageState::Running,
            Life::Ended => StageState::Ended,
            Life::Failed => StageState::Failed,
        };
        let Some(watch) = watch else { return Health { state, ..Health::default() } };
        Health {
            state,
            faults: watch.faults.load(Ordering::Relaxed),
            restarts: watch.restarts.load(Ordering::Relaxed),
            last_fault: watch.last.lock().ok().and_then(|last| last.clone()),
        }
    }
}
