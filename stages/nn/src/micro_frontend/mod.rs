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
//! depend on all audio since the last reset. The models that hold these operators run on the same functions
//! ([`nn`](crate)).

mod analyser;
pub(crate) mod fft;
pub(crate) mod filter_bank;
pub(crate) mod log;
pub(crate) mod noise;
pub(crate) mod pcan;
mod tables;
pub(crate) mod window;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod x86;

pub use analyser::{Analyser, Work};
pub use fft::{Complex, FftTables};
pub use filter_bank::FilterBankTables;
pub use noise::Subtraction;
pub use tables::{Reference, Tables};

/// Samples per second that the tables are made for.
pub const RATE: u32 = 16_000;
/// Samples in a window: 30 ms.
pub const WINDOW: usize = 480;
/// Points of the Fourier transform: the window, padded with zeros.
pub const FFT: usize = 512;
/// Channels of the filter bank, and so values in a frame of features.
pub const CHANNELS: usize = 40;

/// Multiplications of a frame: window; 4 passes of 64 butterflies with 8 divisions and 3 complex products each; 128
/// joins of two bins; energies; weights; a few to a channel.
pub const MACS: u64 = {
    let passes = 4 * (FFT / 8) * (8 + 3 * 4);
    let joins = FFT / 4 * (4 + 4);
    let bins = filter_bank::USED_BINS * (2 + 2);
    (WINDOW + passes + joins + bins + 16 * CHANNELS) as u64
};
