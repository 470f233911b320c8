//! A pipeline of kws on the Raspberry Pi Pico 2: listens to an I2S microphone, tells what it hears by a serial line, and gives its part of a cascade
//! to another place by USB.
//!
//! A PIO state machine makes the microphone's clocks and DMA fills a ring; between two blocks the core sleeps.

#![no_std]
#![no_main]

mod boot;
mod halt;
mod i2s;
mod lights;
mod microphone;
mod switches;
#[cfg(linked)]
mod uplink;
#[cfg(linked)]
mod usb;
mod words;

use core::cell::RefCell;
use core::fmt::Write;

use cortex_m::peripheral::DWT;
use kws_devices::{Asleep, Missed, Serial};
use kws_engine::Flow;
use rp235x_hal::clocks::{Clock, init_clocks_and_plls};
use rp235x_hal::dma::DMAExt;
use rp235x_hal::gpio::bank0::{Gpio0, Gpio1};
use rp235x_hal::gpio::{FunctionUart, Pin, Pins, PullDown};
#[cfg(linked)]
use rp235x_hal::rosc::RingOscillator;
use rp235x_hal::uart::{Enabled, UartConfig, UartPeripheral};
use rp235x_hal::{Sio, Watchdog, entry, pac};
use static_cell::{ConstStaticCell, StaticCell};

#[allow(
    unreachable_pub,
    dead_code,
    clippy::legacy_numeric_constants,
    clippy::type_complexity,
    reason = "the build writes it for any crate, and what listens to a microphone does not finish"
)]
mod pipeline {
    include!(concat!(env!("OUT_DIR"), "/pipeline.rs"));
}

// What the pipeline is given, by the names that `pipeline.rs` uses.
#[allow(unused_imports, reason = "which devices a pipeline has is its own to say")]
use lights::Light;
use microphone::Mic;
#[allow(unused_imports, reason = "as for the LEDs")]
use switches::Switch;
#[cfg(linked)]
use uplink::Uplink;
#[allow(unused_imports, reason = "only pipelines with replaceable words read it")]
use words::PAGE;
/// Where sinks write.
#[allow(dead_code, reason = "a part of a pipeline may have no sink but its link")]
type Output = Serial<'static, Line>;

type LinePins = (Pin<Gpio0, FunctionUart, PullDown>, Pin<Gpio1, FunctionUart, PullDown>);
type Line = UartPeripheral<Enabled, pac::UART0, LinePins>;

/// Cycles of the crystal in a second.
const CRYSTAL_HZ: u32 = 12_000_000;
/// Cycles of the core in a second.
const CLOCK_HZ: u32 = 150_000_000;
/// Ticks of the microphone in a second.
const RATE: u32 = 16_000;

static MEMORY: ConstStaticCell<pipeline::Memory> = ConstStaticCell::new(pipeline::Memory::new());
static LINE: StaticCell<RefCell<Line>> = StaticCell::new();

#[entry]
fn main() -> ! {
    let Some((mut core, board)) = cortex_m::Peripherals::take().zip(pac::Peripherals::take()) else {
        panic!("the peripherals are taken once, here")
    };
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
        panic!("the crystal of a Pico 2 is one of 12 MHz")
    };
    let pins = Pins::new(board.IO_BANK0, board.PADS_BANK0, Sio::new(board.SIO).gpio_bank0, &mut resets);
    lights::open(pins.gpio25.into_push_pull_output().into_pull_type());
    switches::open(pins.gpio14.into_pull_up_input());

    let line_pins = (pins.gpio0.into_function(), pins.gpio1.into_function());
    let line = UartPeripheral::new(board.UART0, line_pins, &mut resets);
    // 115,200 baud, 8 bits, no parity.
    let Ok(line) = line.enable(UartConfig::default(), clocks.peripheral_clock.freq()) else {
        panic!("the clock makes 115,200 baud")
    };
    let mut output = Serial::new(LINE.init(RefCell::new(line)));

    let wiring = i2s::Wiring {
        clock: pins.gpio18.into_function(),
        word: pins.gpio19.into_function(),
        data: pins.gpio20.into_function(),
    };
    let Some((_machine, heard)) = i2s::start(board.PIO0, &mut resets, &wiring) else {
        panic!("the program fits")
    };
    let dma = board.DMA.split(&mut resets);
    let mic = microphone::open(heard, (dma.ch0, dma.ch1));
    #[cfg(not(linked))]
    let mut pipeline = pipeline::Pipeline::new(MEMORY.take(), mic, output);
    #[cfg(linked)]
    let mut pipeline = pipeline::Pipeline::new(MEMORY.take(), mic);
    #[cfg(linked)]
    let mut uplink = {
        usb::open(board.USB, board.USB_DPRAM, clocks.usb_clock, &mut resets);
        let noise = RingOscillator::new(board.ROSC).initialize();
        uplink::open((0..32).fold(0, |bits, _| bits << 1 | u32::from(noise.get_random_bit())))
    };
    pipeline.start();

    core.DCB.enable_trace();
    core.DWT.enable_cycle_counter();
    let mut asleep = Asleep::new(CLOCK_HZ, RATE, DWT::cycle_count());
    loop {
        match pipeline.tick() {
            // An interrupt since the ring was found empty ends this at once.
            Ok(Flow::Skip) => {
                asleep.sleeps(DWT::cycle_count());
                cortex_m::asm::wfe();
                asleep.wakes(DWT::cycle_count());
            }
            Ok(_) => {}
            Err(failed) => {
                let _ = writeln!(output, "{failed}");
                halt::halt()
            }
        }
        #[cfg(linked)]
        uplink.carry(microphone::ticks() * 1000 / u64::from(RATE));
        pipeline.gaps(|gap| {
            let _ = writeln!(output, "{}", Missed::new(gap, RATE));
        });
        if let Some(report) = asleep.report(microphone::ticks()) {
            let _ = writeln!(output, "{report}");
            let _ = match words::found() {
                Some(Ok(words)) => writeln!(output, "enrolled: {words} words of the page"),
                Some(Err(why)) => writeln!(output, "enrolled: the words of the firmware: {why}"),
                None => Ok(()),
            };
        }
    }
}
