//! The numbers that every instance shares.

use super::fft::FftTables;
use super::filter_bank::{FilterBankTables, Weights};
use super::{WINDOW, log, pcan, window};

/// All constant tables, about 3.6 KB: computed once on a host, a `static` in firmware.
///
/// Computed with `libm` alone, so that every host computes the same.
#[derive(Debug, Clone)]
pub struct Tables {
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
    pub fn new(weights: Weights) -> Self {
        Self {
            window: window::coefficients(),
            fft: FftTables::new(),
            filter_bank: FilterBankTables::new(weights),
            gains: pcan::gains(),
            logarithm: log::segments(),
        }
    }
}
