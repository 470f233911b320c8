//! Microphones, a camera, lights, buttons and lines for any board, written once over embedded-hal 1.0 and embedded-io.
//!
//! | kind | is | over |
//! |---|---|---|
//! | `mic` | [`ring::Mic`]: what an interrupt or DMA put into a ring | ringbuf |
//! | `adc_mic` | [`AdcMic`]: an analogue microphone, sampled in an interrupt | [`Sampler`] |
//! | `pdm_spi_mic` | [`PdmSpiMic`]: a PDM microphone at an SPI bus | `SpiBus` |
//! | `arducam` | [`ArduCam`]: a camera with a frame buffer | `SpiDevice`, `I2c` |
//! | `button` | [`Button`]: lets a stream through | `InputPin` |
//! | `led` | [`Led`]: shows events | `OutputPin` |
//! | `jsonl`, `print` | [`Serial`]: writes events as lines | embedded-io `Write` |
//!
//! None needs `std` or an allocator. With the feature `std`, which a board's build script has on, each has its kind beside
//! it, and [`register`] adds them all to those that a pipeline may name.
#![cfg_attr(not(any(feature = "std", test)), no_std)]

mod active;
mod adc_mic;
mod arducam;
mod asleep;
mod button;
mod dc;
mod led;
#[cfg(feature = "std")]
mod on_board;
pub mod pdm;
mod pdm_spi_mic;
pub mod ring;
mod serial;

pub use active::Active;
pub use adc_mic::{AdcMic, Sampler};
pub use arducam::{ArduCam, Chip, Pixels, Shot};
pub use asleep::{Asleep, Missed, Report};
pub use button::{Button, Mode};
pub use dc::Dc;
pub use led::{Led, Shown};
pub use pdm_spi_mic::PdmSpiMic;
pub use serial::Serial;

#[cfg(feature = "std")]
pub use {
    adc_mic::AdcMicParams, arducam::ArduCamParams, button::ButtonParams, led::LedParams,
    pdm_spi_mic::PdmSpiMicParams,
};

/// Adds the kinds of this crate to those that a pipeline may name. `mic`, `jsonl` and `print` are the engine's, see
/// [`kws_engine::firmware::bind`].
#[cfg(feature = "std")]
pub fn register(registry: &mut kws_engine::Registry) {
    registry
        .add::<AdcMicParams>()
        .add::<ArduCamParams>()
        .add::<ButtonParams>()
        .add::<LedParams>()
        .add::<PdmSpiMicParams>();
}
