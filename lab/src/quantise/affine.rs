//! `real = scale · (integer − zero point)`.

use serde::{Deserialize, Serialize};

/// How an int8 tensor stands for real numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Affine {
    /// Size of one step.
    pub scale: f32,
    /// The integer that means zero.
    pub zero_point: i32,
}

impl Affine {
    /// Output of a softmax, as TFLite fixes it.
    pub const PROBABILITY: Self = Self { scale: 1.0 / 256.0, zero_point: -128 };

    /// Covers `low..=high` with 256 steps, moved so that zero is one of them.
    #[must_use]
    pub fn covering(low: f32, high: f32) -> Self {
        let (low, high) = (low.min(0.0), high.max(0.0));
        let scale = ((high - low) / 255.0).max(f32::MIN_POSITIVE.sqrt());
        let zero_point = (-128.0 - low / scale).round().clamp(-128.0, 127.0) as i32;
        Self { scale, zero_point }
    }

    /// The nearest integer.
    #[must_use]
    pub fn quantise(self, real: f32) -> i8 {
        ((real / self.scale).round_ties_even() + self.zero_point as f32).clamp(-128.0, 127.0) as i8
    }

    /// What an integer means.
    #[must_use]
    pub fn real(self, integer: i8) -> f32 {
        self.scale * (i32::from(integer) - self.zero_point) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_exact_and_ends_are_reached() {
        let affine = Affine::covering(-13.8, 6.3);
        assert_eq!(affine.real(affine.quantise(0.0)), 0.0);
        assert_eq!(affine.quantise(-13.8), -128);
        assert_eq!(affine.quantise(6.3), 127);
        assert_eq!(Affine::covering(0.0, 6.0).zero_point, -128);
    }
}
