//! TFLite Micro's integer audio front end as a stage.
//!
//! The arithmetic is [`kws_nn::micro_frontend`], whose page tells its steps: models that hold the same operators run on
//! the same functions.

#[cfg(feature = "std")]
mod emit;
mod encoding;
#[cfg(feature = "std")]
mod kind;
mod stage;

#[cfg(feature = "std")]
pub use emit::tables_code;
pub use encoding::Feature;
#[cfg(feature = "std")]
pub use kind::{Encoding, MicroFrontendParams};
pub use kws_nn::micro_frontend::{
    Analyser, CHANNELS, Complex, FFT, FftTables, FilterBankTables, MACS, RATE, Reference, Subtraction,
    Tables, WINDOW, Work,
};
pub use stage::MicroFrontend;
