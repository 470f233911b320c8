//! TFLite Micro's integer audio front end, bit for bit.
//!
//! 30 ms of 16 kHz samples become [`CHANNELS`] log-scaled, noise-reduced and gain-controlled filter-bank values: what
//! micro_speech and every microWakeWord model were trained on. Nothing but integers at run time, so a board and a
//! computer agree by construction. The steps, one file each:
//!
//! | step | file | result |
//! |---|---|---|
//! | Hann window, Q12 | `window` | i16, 480 samples and their peak |
//! | shift to use all 15 bits, 512-point real FFT | `fft` | i16 complex, 257 bins |
//! | energy, 40 triangles over 125–7500 Hz, square root | `filter_bank` | u32 per channel, the shift undone |
//! | spectral subtraction of a running noise estimate | `noise` | u32 |
//! | per-channel energy normalisation (PCAN) | `pcan` | u32, 6 fractional bits |
//! | natural logarithm times 64 | `log` | u16 |
//!
//! Written from the behaviour of the C library (in TensorFlow as `experimental/microfrontend`, on PyPI inside
//! `pymicro-features`) and of TFLite Micro's signal operators. The noise estimate lives from frame to frame: features
//! depend on all audio since the last reset.

mod fft;
mod filter_bank;
mod frontend;
mod log;
mod noise;
mod pcan;
mod tables;
mod window;

pub use fft::{Complex, FftTables};
pub use filter_bank::{FilterBankTables, Weights};
pub use frontend::{Features, MicroFrontend, quantise};
pub use tables::Tables;

/// Samples per second that the tables are made for.
pub const RATE: u32 = 16_000;
/// Samples in a window: 30 ms.
pub const WINDOW: usize = 480;
/// Points of the Fourier transform: the window, padded with zeros.
pub const FFT: usize = 512;
/// Channels of the filter bank, and so values in a frame of features.
pub const CHANNELS: usize = 40;
