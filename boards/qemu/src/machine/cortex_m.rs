//! A Cortex-M of QEMU: its time is SysTick's, and what it has executed follows from the time.

use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;

pub use cortex_m_rt::entry;

use super::{INSTRUCTION, TIMER_HZ, work};

/// Ticks from one interrupt of the timer to the next, where nothing waits for them.
const LONGEST: u32 = 1 << 24;

static PERIOD: AtomicU32 = AtomicU32::new(LONGEST);
static PERIODS: AtomicU32 = AtomicU32::new(0);

#[exception]
fn SysTick() {
    // One core, and no other interrupt: nobody writes in between. Not every core has an atomic addition.
    PERIODS.store(PERIODS.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    work();
}

fn start(period: u32) {
    let mut timer = cortex_m::Peripherals::take().expect("the clock is started once").SYST;
    PERIOD.store(period, Ordering::Relaxed);
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(period - 1);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}

pub(super) fn start_free() {
    start(LONGEST);
}

pub(super) fn start_milliseconds() {
    start(TIMER_HZ / 1000);
}

/// Ticks since the timer was started.
#[inline(never)]
fn ticks() -> u64 {
    let period = PERIOD.load(Ordering::Relaxed);
    loop {
        let before = PERIODS.load(Ordering::Relaxed);
        let left = SYST::get_current();
        if before == PERIODS.load(Ordering::Relaxed) {
            return u64::from(before) * u64::from(period) + u64::from(period - 1 - left);
        }
    }
}

pub(super) fn nanoseconds() -> u64 {
    // Whole seconds by themselves: a product of all ticks is too large after minutes.
    let (ticks, second) = (ticks(), u64::from(TIMER_HZ));
    ticks / second * 1_000_000_000 + ticks % second * 1_000_000_000 / second
}

/// Instructions since the start, had it never slept.
pub(super) fn instructions() -> u64 {
    nanoseconds() / INSTRUCTION
}

pub(super) fn wait() {
    cortex_m::asm::wfi();
}
