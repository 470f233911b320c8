//! A pipeline of kws on an ESP32-C6 or ESP32-C3: listens to an I2S microphone, and tells what it hears, or gives its part of a cascade to
//! another place, by the USB socket.
//!
//! DMA fills a buffer, which an interrupt of a timer empties into a ring; between two blocks the core sleeps.

#![no_std]
#![no_main]

mod lights;
mod line;
mod microphone;
mod switches;

use core::cell::RefCell;
use core::fmt::Write;

use embedded_hal::digital::OutputPin;
use esp_hal::clock::CpuClock;
use esp_hal::gpio::{self, InputConfig, Level, OutputConfig, Pull};
use esp_hal::interrupt::wait_for_interrupt;
use esp_hal::main;
use esp_hal::time::Instant;
use kws_devices::Serial;
use kws_engine::Flow;
use kws_firmware::Console;
#[cfg(linked)]
use kws_firmware::{Line as LinkLine, Place, Uplink};
use static_cell::{ConstStaticCell, StaticCell};

kws_firmware::generated!();

// What the pipeline is given, by the names that `pipeline.rs` uses.
#[allow(unused_imports, reason = "which devices a pipeline has is its own to say")]
use lights::Light;
use microphone::Mic;
#[allow(unused_imports, reason = "as for the LED")]
use switches::Switch;
/// Where sinks write.
#[allow(dead_code, reason = "a part of a pipeline may have no sink but its link")]
type Output = Serial<'static, line::Line>;

// What the boot loader must know of the image.
esp_bootloader_esp_idf::esp_app_desc!();

/// Microseconds in a second.
const CLOCK_HZ: u32 = 1_000_000;
/// Ticks of the microphone in a second.
const RATE: u32 = 16_000;

static MEMORY: ConstStaticCell<pipeline::Memory> = ConstStaticCell::new(pipeline::Memory::new());
static LINE: StaticCell<RefCell<line::Line>> = StaticCell::new();

/// Microseconds since the start.
fn now() -> u32 {
    Instant::now().duration_since_epoch().as_micros() as u32
}

#[main]
fn main() -> ! {
    let board = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    // The LED of small boards with an ESP32-C3 shines at a low level.
    lights::PIN.put(gpio::Output::new(lights::pin!(board), Level::High, OutputConfig::default()));
    switches::PIN.put(gpio::Input::new(board.GPIO9, InputConfig::default().with_pull(Pull::Up)));
    let line = LINE.init(RefCell::new(line::open(board.USB_DEVICE)));
    let mut output = Serial::new(line);

    #[cfg(esp32c3)]
    let pins = (board.GPIO4, board.GPIO5, board.GPIO6);
    #[cfg(not(esp32c3))]
    let pins = (board.GPIO18, board.GPIO19, board.GPIO20);
    let Some(mic) = microphone::open(board.I2S0, board.DMA_CH0, pins, board.SYSTIMER) else {
        panic!("the clock makes 16 kHz, and nobody else has the peripherals")
    };
    #[cfg(not(linked))]
    let mut pipeline = pipeline::Pipeline::new(MEMORY.take(), mic, output);
    #[cfg(linked)]
    let mut pipeline = pipeline::Pipeline::new(MEMORY.take(), mic);
    #[cfg(linked)]
    let mut uplink = {
        let session = esp_hal::rng::Rng::new().random();
        Place::open(uplink::PIPELINE, &uplink::EDGES, &uplink::HELD, &uplink::OUTBOXES, session, 0);
        LinkLine::open()
    };
    pipeline.start();

    let mut console = Console::new(CLOCK_HZ, RATE, now());
    loop {
        match pipeline.tick() {
            // An interrupt since the ring was found empty is missed; the next one comes 2.5 ms later.
            Ok(Flow::Skip) => console.sleep(now, wait_for_interrupt),
            Ok(_) => {}
            Err(failed) => {
                let _ = writeln!(output, "{failed}");
                halt()
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

/// The end: the LED shines, for ever.
fn halt() -> ! {
    let Ok(()) = Light::Led.set_high();
    loop {
        wait_for_interrupt();
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    critical_section::with(|_| loop {})
}
