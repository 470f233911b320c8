//! What the RP2350 has otherwise than the RP2040 (`boards/pico/src/chip.rs`).
//!
//! The `unsafe` of this file: the section that the image's description must stand in.

use hal::block::ImageDef;
use hal::pac;

/// What the USB socket calls the board.
#[cfg(linked)]
pub(crate) const PRODUCT: &str = "kws on a Pico 2";
/// 150 MHz / (73 + 62/256) = 2.048 MHz: two instructions for each of 64 clocks of 16,000 frames.
pub(crate) const DIVISOR: (u16, u8) = (73, 62);

/// The peripherals of the USB socket.
#[cfg(linked)]
pub(crate) type Usb = (pac::USB, pac::USB_DPRAM);
/// The timer that counts microseconds.
pub(crate) type Timer = hal::Timer<hal::timer::CopyableTimer0>;

/// The timer.
pub(crate) fn timer(
    timer: pac::TIMER0,
    resets: &mut pac::RESETS,
    clocks: &hal::clocks::ClocksManager,
) -> Timer {
    Timer::new_timer0(timer, resets, clocks)
}

// SAFETY: `memory.x` keeps the section, in the first 4 kB of flash, where the boot ROM looks for it.
#[unsafe(link_section = ".start_block")]
#[used]
static IMAGE: ImageDef = ImageDef::secure_exe();
