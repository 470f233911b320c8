//! A pipeline of kws on the Arduino Nano 33 BLE Sense: listens to its microphone, tells what it hears by USB.
//!
//! The microphone's DMA fills a ring; between two blocks the core sleeps.

#![no_std]
#![no_main]

mod halt;
mod lights;
mod line;
mod microphone;
mod switches;

use core::cell::RefCell;
use core::fmt::Write;

use cortex_m::peripheral::DWT;
use cortex_m_rt::entry;
use kws_devices::Serial;
use kws_engine::Flow;
use kws_firmware::Console;
#[allow(unused_imports, reason = "only pipelines with replaceable words read it")]
use kws_firmware::PAGE;
#[cfg(linked)]
use kws_firmware::{Line, Place, Uplink};
use nrf52840_hal::clocks::Clocks;
use nrf52840_hal::gpio::{Level, p0, p1};
use nrf52840_hal::pac;
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
type Output = Serial<'static, line::Line>;

/// Cycles of the core in a second.
const CLOCK_HZ: u32 = 64_000_000;
/// Ticks of the microphone in a second.
const RATE: u32 = 16_000;

static MEMORY: ConstStaticCell<pipeline::Memory> = ConstStaticCell::new(pipeline::Memory::new());
static CLOCKS: StaticCell<line::Oscillator> = StaticCell::new();
static LINE: StaticCell<RefCell<line::Line>> = StaticCell::new();

#[entry]
fn main() -> ! {
    let Some((mut core, board)) = cortex_m::Peripherals::take().zip(pac::Peripherals::take()) else {
        panic!("the peripherals are taken once, here")
    };
    let clocks = CLOCKS.init(Clocks::new(board.CLOCK).enable_ext_hfosc());
    let pins = p0::Parts::new(board.P0);
    lights::PINS.put([
        pins.p0_13.into_push_pull_output(Level::Low).degrade(),
        pins.p0_24.into_push_pull_output(Level::High).degrade(),
        pins.p0_16.into_push_pull_output(Level::High).degrade(),
        pins.p0_06.into_push_pull_output(Level::High).degrade(),
    ]);
    switches::PIN.put(p1::Parts::new(board.P1).p1_11.into_pullup_input().degrade());
    let line = LINE.init(RefCell::new(line::open(board.USBD, &board.POWER, clocks)));
    let mut output = Serial::new(line);
    let wiring = microphone::Wiring {
        power: pins.p0_17.into_push_pull_output(Level::High).degrade(),
        clock: pins.p0_26.into_push_pull_output(Level::Low).degrade(),
        data: pins.p0_25.into_floating_input().degrade(),
    };
    let mic = microphone::open(board.PDM, &wiring);
    #[cfg(not(linked))]
    let mut pipeline = pipeline::Pipeline::new(MEMORY.take(), mic, output);
    #[cfg(linked)]
    let mut pipeline = pipeline::Pipeline::new(MEMORY.take(), mic);
    #[cfg(linked)]
    let mut uplink = {
        let session = nrf52840_hal::Rng::new(board.RNG).random_u32();
        Place::open(uplink::PIPELINE, &uplink::EDGES, &uplink::HELD, &uplink::OUTBOXES, session, 0);
        Line::open()
    };
    pipeline.start();

    core.DCB.enable_trace();
    core.DWT.enable_cycle_counter();
    let mut console = Console::new(CLOCK_HZ, RATE, DWT::cycle_count());
    loop {
        match pipeline.tick() {
            // An interrupt since the ring was found empty ends this at once.
            Ok(Flow::Skip) => console.sleep(DWT::cycle_count, cortex_m::asm::wfe),
            Ok(_) => {}
            Err(failed) => {
                let _ = writeln!(output, "{failed}");
                halt::halt()
            }
        }
        #[cfg(linked)]
        if uplink.carry(microphone::ticks() * 1000 / u64::from(RATE), line::take, line::put) {
            // Text would break the frame that has been begun.
            continue;
        }
        console.tell(output, microphone::ticks(), |tell| pipeline.gaps(tell));
    }
}
