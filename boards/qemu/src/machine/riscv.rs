//! The RISC-V machine of QEMU: it counts its instructions itself, and its time is the timer's that all harts share.
//!
//! The `unsafe` of this file: the timer's registers, and the interrupt that it raises.

use core::cell::Cell;
use core::ptr::{read_volatile, write_volatile};

use critical_section::Mutex;
use riscv::interrupt::Interrupt;
use riscv::register::minstret;

pub use riscv_rt::entry;

use super::TIMER_HZ;

/// The time, as two words, of the machine's interrupt controller.
const TIME: *const u32 = 0x0200_BFF8 as *const u32;
/// The time at which hart 0 is interrupted.
const COMPARE: *mut u32 = 0x0200_4000 as *mut u32;

const MILLISECOND: u64 = TIMER_HZ as u64 / 1000;

static WORK: Mutex<Cell<Option<fn()>>> = Mutex::new(Cell::new(None));

fn ticks() -> u64 {
    loop {
        // SAFETY: both words are registers of this machine that may be read at any time.
        let [high, low, again] =
            unsafe { [read_volatile(TIME.add(1)), read_volatile(TIME), read_volatile(TIME.add(1))] };
        if high == again {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

fn interrupt_at(tick: u64) {
    // SAFETY: both words are registers of this machine, which nobody else writes. The high word is out of reach while
    // the low one is written, so that no interrupt comes too early.
    unsafe {
        write_volatile(COMPARE.add(1), u32::MAX);
        write_volatile(COMPARE, tick as u32);
        write_volatile(COMPARE.add(1), (tick >> 32) as u32);
    }
}

#[riscv_rt::core_interrupt(Interrupt::MachineTimer)]
fn timer() {
    // From multiples on, so that no delay adds up.
    interrupt_at((ticks() / MILLISECOND + 1) * MILLISECOND);
    if let Some(work) = critical_section::with(|section| WORK.borrow(section).get()) {
        work();
    }
}

pub(super) fn start_free() {}

pub(super) fn start_milliseconds(work: fn()) {
    critical_section::with(|section| WORK.borrow(section).set(Some(work)));
    interrupt_at((ticks() / MILLISECOND + 1) * MILLISECOND);
    // SAFETY: no critical section is open, and the handler of the one interrupt is in place.
    unsafe {
        riscv::interrupt::enable_interrupt(Interrupt::MachineTimer);
        riscv::interrupt::enable();
    }
}

pub(super) fn nanoseconds() -> u64 {
    ticks() * (1_000_000_000 / u64::from(TIMER_HZ))
}

pub(super) fn instructions() -> u64 {
    minstret::read64()
}

pub(super) fn wait() {
    riscv::asm::wfi();
}
