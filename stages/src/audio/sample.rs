//! Audio samples as sources deliver them.

use kws_engine::Item;

/// A sample type, and how it maps to the range from −1 to 1.
pub trait Sample: Item + core::fmt::Debug {
    /// Silence.
    const ZERO: Self;
    /// The real value of one step. A power of two, so that scaling a window's weights by it rounds nothing.
    const STEP: f32;
    /// The sample counted in steps.
    fn steps(self) -> f32;
}

impl Sample for i16 {
    const ZERO: Self = 0;
    const STEP: f32 = 1.0 / 32768.0;

    #[inline(always)]
    fn steps(self) -> f32 {
        f32::from(self)
    }
}

impl Sample for f32 {
    const ZERO: Self = 0.0;
    const STEP: f32 = 1.0;

    #[inline(always)]
    fn steps(self) -> f32 {
        self
    }
}
