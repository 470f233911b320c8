//! The model that `MODEL` names as a device under test of MLPerf Tiny: the runner is at the serial port.

#![no_std]
#![no_main]

use kws_devices::dut::{Board, Dut};
use kws_qemu::machine::{Clock, entry};
use kws_qemu::uart::Uart;
use static_cell::ConstStaticCell;

#[allow(
    unreachable_pub,
    dead_code,
    clippy::legacy_numeric_constants,
    reason = "the build writes it for any crate"
)]
mod dut {
    include!(concat!(env!("OUT_DIR"), "/dut.rs"));
}
use dut::{ARENA, BENCHMARK, BOARD, ENDS, INPUT, KERNELS, PLAN, SHA256};

/// Memory that a kernel may load whole words of.
#[repr(align(16))]
struct Arena([i8; ARENA]);

static MEMORY: ConstStaticCell<Arena> = ConstStaticCell::new(Arena([0; ARENA]));
static DOWNLOAD: ConstStaticCell<[u8; INPUT]> = ConstStaticCell::new([0; INPUT]);

#[entry]
fn main() -> ! {
    let Arena(arena) = MEMORY.take();
    PLAN.reset_with(KERNELS, arena);
    let (clock, run) = (Clock::start(), |arena: &mut [i8]| PLAN.run_with(KERNELS, arena));
    let clock = || clock.nanoseconds() / 1000;
    let mut machine = Board { arena, run, clock, name: BOARD, model: SHA256 };
    let mut dut = Dut::new(BENCHMARK, ENDS, DOWNLOAD.take());
    let mut line = Uart::open();
    let mut said = dut.boot(&mut machine, &mut line);
    while said.is_ok() {
        if let Some(byte) = line.read() {
            said = dut.hear(byte, &mut machine, &mut line);
        }
    }
    unreachable!("the port takes everything")
}
