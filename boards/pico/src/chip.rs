//! What the RP2040 has otherwise than the RP2350 (`boards/pico2/src/chip.rs`).
//!
//! The `unsafe` of this file: the section that the second stage of the boot must stand in.

use hal::pac;

/// What the USB socket calls the board.
#[cfg(linked)]
pub(crate) const PRODUCT: &str = "kws on a Pico";
/// 125 MHz / (61 + 9/256) = 2.048 MHz: two instructions for each of 64 clocks of 16,000 frames.
pub(crate) const DIVISOR: (u16, u8) = (61, 9);

/// The peripherals of the USB socket.
#[cfg(linked)]
pub(crate) type Usb = (pac::USBCTRL_REGS, pac::USBCTRL_DPRAM);
/// The timer that counts microseconds.
pub(crate) type Timer = hal::Timer;

/// The timer.
pub(crate) fn timer(
    timer: pac::TIMER,
    resets: &mut pac::RESETS,
    clocks: &hal::clocks::ClocksManager,
) -> Timer {
    Timer::new(timer, resets, clocks)
}

/// What the boot ROM copies to RAM and runs, which sets up the flash for reading.
// SAFETY: `memory.x` puts the section at the start of flash, where the boot ROM looks for it.
#[unsafe(link_section = ".boot2")]
#[used]
static BOOT: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;
