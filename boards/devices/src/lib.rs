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
//! | link | [`Uplink`], [`Carrier`]: what goes to another place of the pipeline | any line of bytes |
//! | `jsonl`, `print` | [`Serial`]: writes events as lines | embedded-io `Write` |
//! | | [`dut`]: a device under test of MLPerf Tiny | any line of bytes |
//!
//! None needs `std` or an allocator. With the feature `std`, which a board's build script has on, each has its kind beside
//! it, and [`bind`] and [`register`] add them to those that a pipeline may name. A computer has the parameters of these kinds in
//! common with boards, and stands for `mic`, `camera`, `led`, `button`, `print` and `jsonl` by its own means.
#![cfg_attr(not(any(feature = "std", test)), no_std)]

mod active;
mod adc_mic;
mod arducam;
mod asleep;
mod button;
#[cfg(feature = "std")]
mod camera;
#[cfg(feature = "std")]
mod channel;
mod dc;
pub mod dut;
#[cfg(feature = "std")]
mod fallback;
mod led;
#[cfg(feature = "std")]
mod lines;
#[cfg(feature = "std")]
mod mic;
#[cfg(feature = "std")]
mod on_board;
pub mod pdm;
mod pdm_spi_mic;
pub mod ring;
mod serial;
mod uplink;

pub use active::Active;
pub use adc_mic::{AdcMic, Sampler};
pub use arducam::{ArduCam, Chip, Pixels, Shot};
pub use asleep::{Asleep, Missed, Report};
pub use button::{Button, Mode};
pub use dc::Dc;
pub use led::{Led, Shown};
pub use pdm_spi_mic::PdmSpiMic;
pub use serial::Serial;
pub use uplink::{Carrier, Linked, Uplink, outboxes};

#[cfg(feature = "std")]
pub use {
    adc_mic::AdcMicParams,
    arducam::ArduCamParams,
    button::{ButtonParams, Press},
    camera::CameraParams,
    channel::{All, Channel},
    fallback::Fallback,
    led::{LedParams, LitBy},
    lines::{JsonlParams, PrintParams},
    mic::MicParams,
    pdm_spi_mic::PdmSpiMicParams,
};

/// The boards that kws knows: the text of `boards/boards.toml`.
#[cfg(feature = "std")]
pub const BOARDS: &str = include_str!("../../boards.toml");

/// Adds the kinds that every board binds: `mic`, given as `crate::Mic<BLOCK>`, `camera`, given as `crate::Camera<ITEMS>`
/// of the bytes of an image, and `print` and `jsonl`, which write the host's JSON lines to `crate::Output`.
#[cfg(feature = "std")]
pub fn bind(registry: &mut kws_engine::Registry) {
    registry.add::<MicParams>().add::<CameraParams>().add::<PrintParams>().add::<JsonlParams>();
}

/// Adds the kinds of all devices that this crate has a driver for, to those that [`bind`] adds.
#[cfg(feature = "std")]
pub fn register(registry: &mut kws_engine::Registry) {
    registry
        .add::<AdcMicParams>()
        .add::<ArduCamParams>()
        .add::<ButtonParams>()
        .add::<LedParams>()
        .add::<PdmSpiMicParams>();
}
