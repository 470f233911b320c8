//! Counts instructions by the system timer of an emulator that runs with `-icount shift=6`.
//!
//! There, 64 ns of virtual time pass with each instruction, and mps2-an386's timer ticks at 25 MHz: an instruction
//! takes 1.6 ticks. The counts are repeatable to a few instructions; they are no cycles.

use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;

/// Ticks from one interrupt of the timer to the next.
const PERIOD: u32 = 1 << 24;

static PERIODS: AtomicU32 = AtomicU32::new(0);

#[exception]
fn SysTick() {
    PERIODS.fetch_add(1, Ordering::Relaxed);
}

/// The running counter.
pub struct Counter {
    /// Instructions that counting itself takes.
    own: u64,
}

impl Counter {
    /// Starts the timer.
    pub fn start(mut timer: SYST) -> Self {
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(PERIOD - 1);
        timer.clear_current();
        timer.enable_interrupt();
        timer.enable_counter();
        let mut counter = Self { own: 0 };
        counter.own = counter.count(|| {});
        counter
    }

    /// Instructions that `work` takes.
    pub fn count(&self, work: impl FnOnce()) -> u64 {
        let start = ticks();
        work();
        let ticks = ticks() - start;
        (ticks * 5 / 8).saturating_sub(self.own)
    }
}

/// Ticks since the timer was started.
#[inline(never)]
fn ticks() -> u64 {
    loop {
        let before = PERIODS.load(Ordering::Relaxed);
        let left = SYST::get_current();
        if before == PERIODS.load(Ordering::Relaxed) {
            return u64::from(before) * u64::from(PERIOD) + u64::from(PERIOD - 1 - left);
        }
    }
}
