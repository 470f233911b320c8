//! The numbers that every instance shares.

use super::fft::FftTables;
use super::filter_bank::FilterBankTables;
use super::{WINDOW, log, pcan, window};

/// Whose results to reproduce. The two published front ends run the same steps, but round the filter weights and one
/// coefficient of the window differently, and part where −32768 is the loudest sample of the weighted window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Reference {
    /// The C library, which `pymicro-features`, ESPHome and TensorFlow's audio operator use, and so the one that
    /// microWakeWord's models are trained with.
    CLibrary,
    /// The audio preprocessor of TFLite Micro's micro_speech example, a `.tflite` of signal operators.
    TfliteMicro,
}

/// All constant tables, about 3.6 KB: computed once on a host, a `static` in firmware.
///
/// Computed with `libm` alone, so that every host computes the same.
#[derive(Debug, Clone)]
pub struct Tables {
    /// Whose numbers these are.
    pub reference: Reference,
    /// Hann window, Q12.
    pub window: [i16; WINDOW],
    /// Roots of unity.
    pub fft: FftTables,
    /// Triangles of the filter bank.
    pub filter_bank: FilterBankTables,
    /// Gain over the noise estimate.
    pub gains: [i16; pcan::GAINS],
    /// Bend of the binary logarithm.
    pub logarithm: [u16; log::SEGMENTS],
}

impl Tables {
    /// Computes the tables; needs floating point, so not for firmware.
    #[must_use]
    pub fn new(reference: Reference) -> Self {
        Self {
            reference,
            window: window::coefficients(reference),
            fft: FftTables::new(),
            filter_bank: FilterBankTables::new(reference),
            gains: pcan::gains(),
            logarithm: log::segments(),
        }
    }
}
