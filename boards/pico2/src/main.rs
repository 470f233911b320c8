//! A pipeline of kws on the Raspberry Pi Pico 2, or on the Pico, whichever chip `hal` is for: listens to an I2S microphone, tells what it hears by a serial line, and gives its part of a cascade
//! to another place by USB.
//!
//! A PIO state machine makes the microphone's clocks and DMA fills a ring; between two blocks the core sleeps.

#![no_std]
#![no_main]

#[cfg(rp2040)]
extern crate rp2040_hal as hal;
#[cfg(not(rp2040))]
extern crate rp235x_hal as hal;

#[cfg_attr(rp2040, path = "../../pico/src/chip.rs")]
mod chip;
mod halt;
mod i2s;
mod lights;
mod microphone;
mod switches;
#[cfg(linked)]
mod usb;

use core::cell::RefCell;
use core::fmt::Write;

use hal::clocks::{Clock, init_clocks_and_plls};
use hal::dma::DMAExt;
use hal::gpio::bank0::{Gpio0, Gpio1};
use hal::gpio::{FunctionUart, Pin, Pins, PullDown};
#[cfg(linked)]
use hal::rosc::RingOscillator;
use hal::uart::{Enabled, UartConfig, UartPeripheral};
use hal::{Sio, Watchdog, entry, pac};
use kws_devices::Serial;
use kws_engine::Flow;
use kws_firmware::Console;
#[allow(unused_imports, reason = "only pipelines with replaceable words read it")]
use kws_firmware::PAGE;
#[cfg(linked)]
use kws_firmware::{Line as LinkLine, Place, Uplink};
use static_cell::{ConstStaticCell, StaticCell};

kws_firmware::generated!();

// What the pipeline is given, by the names that `pipeline.rs` uses.
#[allow(unused_imports, reason = "which devices a pipeline has is its own to say")]
use lights::Light;
use microphone::Mic;
#[allow(unused_imports, reason = "as for the LEDs")]
use switches::Switch;
/// Where sinks write.
#[allow(dead_code, reason = "a part of a pipeline may have no sink but its link")]
type Output = Serial<'static, Line>;

type LinePins = (Pin<Gpio0, FunctionUart, PullDown>, Pin<Gpio1, FunctionUart, PullDown>);
type Line = UartPeripheral<Enabled, pac::UART0, LinePins>;

/// Cycles of the crystal in a second.
const CRYSTAL_HZ: u32 = 12_000_000;
/// Ticks of the timer in a second.
const CLOCK_HZ: u32 = 1_000_000;
/// Ticks of the microphone in a second.
const RATE: u32 = 16_000;

static MEMORY: ConstStaticCell<pipeline::Memory> = ConstStaticCell::new(pipeline::Memory::new());
static LINE: StaticCell<RefCell<Line>> = StaticCell::new();

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
    lights::PIN.put(pins.gpio25.into_push_pull_output().into_pull_type());
    switches::PIN.put(pins.gpio14.into_pull_up_input());

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
        #[cfg(rp2040)]
        let socket = (board.USBCTRL_REGS, board.USBCTRL_DPRAM);
        #[cfg(not(rp2040))]
        let socket = (board.USB, board.USB_DPRAM);
        usb::open(socket, clocks.usb_clock, &mut resets);
        let noise = RingOscillator::new(board.ROSC).initialize();
        let session = (0..32).fold(0, |bits, _| bits << 1 | u32::from(noise.get_random_bit()));
        Place::open(uplink::PIPELINE, &uplink::EDGES, &uplink::HELD, &uplink::OUTBOXES, session, 0);
        LinkLine::open()
    };
    pipeline.start();

    let now = || timer.get_counter_low();
    let mut console = Console::new(CLOCK_HZ, RATE, now());
    loop {
        match pipeline.tick() {
            // An interrupt since the ring was found empty ends this at once.
            Ok(Flow::Skip) => console.sleep(now, cortex_m::asm::wfe),
            Ok(_) => {}
            Err(failed) => {
                let _ = writeln!(output, "{failed}");
                halt::halt()
            }
        }
        #[cfg(linked)]
        let _ = uplink.carry(microphone::ticks() * 1000 / u64::from(RATE), usb::take, usb::put);
        console.tell(output, microphone::ticks(), |tell| pipeline.gaps(tell));
    }
}
