//! How features are written.

use kws_engine::Item;

/// An element that features are written as.
pub trait Feature: Item {
    /// The real value of one step, as the models count: the natural logarithm times 2.5.
    const SCALE: f32;
    /// The stored value that means 0.
    const ZERO_POINT: i32;
    /// Encodes 64 times a natural logarithm.
    fn encode(value: u16) -> Self;
}

/// What micro_speech and microWakeWord models read.
impl Feature for i8 {
    const SCALE: f32 = 26.0 / 255.0;
    const ZERO_POINT: i32 = -128;

    /// Divides by 25.6 and then by the scale, 26/255 taken as 26/256: together 666/256, rounded half up.
    #[inline]
    fn encode(value: u16) -> Self {
        ((i32::from(value) * 256 + 333) / 666 - 128).clamp(-128, 127) as i8
    }
}

/// As it is.
impl Feature for i16 {
    const SCALE: f32 = 1.0 / 25.6;
    const ZERO_POINT: i32 = 0;

    #[inline]
    fn encode(value: u16) -> Self {
        value as i16
    }
}

#[cfg(test)]
mod tests {
    use super::Feature;

    #[test]
    fn bytes_saturate_at_both_ends() {
        assert_eq!([0, 1, 2, 333, 662, 663, 1420].map(i8::encode), [-128, -128, -127, 0, 126, 127, 127]);
    }
}
