//! The model that `MODEL` names as a device under test of MLPerf Tiny, on the Raspberry Pi Pico 2 or on the Pico: the runner is at the serial
//! line of GP0 and GP1, 115,200 baud.

#![no_std]
#![no_main]

#[cfg(rp2040)]
extern crate rp2040_hal as hal;
#[cfg(not(rp2040))]
extern crate rp235x_hal as hal;

#[allow(dead_code, reason = "there is no microphone")]
#[cfg_attr(rp2040, path = "../../../pico/src/chip.rs")]
#[cfg_attr(not(rp2040), path = "../chip.rs")]
mod chip;
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
use hal::clocks::{Clock, init_clocks_and_plls};
use hal::gpio::Pins;
use hal::uart::{UartConfig, UartPeripheral};
use hal::{Sio, Watchdog, entry, pac};
use kws_devices::dut::{Board, Dut};
use static_cell::ConstStaticCell;

/// Cycles of the crystal in a second.
const CRYSTAL_HZ: u32 = 12_000_000;

/// Memory that a kernel may load whole words of.
#[repr(align(16))]
struct Arena([i8; ARENA]);

static MEMORY: ConstStaticCell<Arena> = ConstStaticCell::new(Arena([0; ARENA]));
static DOWNLOAD: ConstStaticCell<[u8; INPUT]> = ConstStaticCell::new([0; INPUT]);

#[entry]
fn main() -> ! {
    let Some(board) = pac::Peripherals::take() else { panic!("the peripherals are taken once, here") };
    let mut resets = board.RESETS;
    let mut watchdog = Watchdog::new(board.WATCHDOG);
    let Ok(clocks) = init_clocks_and_plls(
        CRYSTAL_HZ,
        board.XOSC,
        board.CLOCKS,
        board.PLL_SYS,
        board.PLL_USB,
        &mut resets,
        &mut watchdog,
    ) else {
        panic!("the crystal of the board is one of 12 MHz")
    };
    #[cfg(rp2040)]
    let timer = chip::timer(board.TIMER, &mut resets, &clocks);
    #[cfg(not(rp2040))]
    let timer = chip::timer(board.TIMER0, &mut resets, &clocks);
    let pins = Pins::new(board.IO_BANK0, board.PADS_BANK0, Sio::new(board.SIO).gpio_bank0, &mut resets);
    let line_pins = (
        pins.gpio0.into_function::<hal::gpio::FunctionUart>(),
        pins.gpio1.into_function::<hal::gpio::FunctionUart>(),
    );
    let line = UartPeripheral::new(board.UART0, line_pins, &mut resets);
    // 115,200 baud, 8 bits, no parity.
    let Ok(mut line) = line.enable(UartConfig::default(), clocks.peripheral_clock.freq()) else {
        panic!("the clock makes 115,200 baud")
    };

    let Arena(arena) = MEMORY.take();
    PLAN.reset_with(KERNELS, arena);
    let run = |arena: &mut [i8]| PLAN.run_with(KERNELS, arena);
    let clock = || timer.get_counter().ticks();
    let mut machine = Board { arena, run, clock, name: BOARD, model: SHA256 };
    let mut dut = Dut::new(BENCHMARK, ENDS, DOWNLOAD.take());
    // The line takes all that is written.
    let _ = dut.boot(&mut machine, &mut line);
    loop {
        let mut byte = [0];
        match line.read_raw(&mut byte) {
            Ok(1..) => {
                let _ = dut.hear(byte[0], &mut machine, &mut line);
            }
            // Nothing has come, or a byte was no good: the runner asks again.
            Ok(0) | Err(_) => {}
        }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    cortex_m::interrupt::disable();
    loop {
        cortex_m::asm::wfe();
    }
}
