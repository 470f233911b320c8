//! The model that `MODEL` names as a device under test of MLPerf Tiny: the runner is at the serial port.

#![no_std]
#![no_main]

use kws_devices::dut::{Dut, Machine};
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

/// This machine, as what runs the model.
struct Emulated {
    clock: Clock,
    arena: &'static mut [i8],
}

impl Machine for Emulated {
    fn arena(&mut self) -> &mut [i8] {
        self.arena
    }

    fn infer(&mut self) {
        PLAN.run_with(KERNELS, self.arena);
    }

    fn microseconds(&mut self) -> u64 {
        self.clock.nanoseconds() / 1000
    }

    fn name(&self) -> &str {
        BOARD
    }

    fn model(&self) -> &str {
        SHA256
    }
}

#[entry]
fn main() -> ! {
    let Arena(arena) = MEMORY.take();
    PLAN.reset_with(KERNELS, arena);
    let mut machine = Emulated { clock: Clock::start(), arena };
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
