//! Floats, as the operators on float32 see the arena and the pool of words. Their kernels are plain loops, so that a
//! float model and its int8 form run in one tool: speed is the integer kernels' business.
//!
//! The arena holds floats as little-endian bytes, the pool of words holds them as bits.

use crate::op::{Bounds, Span};

/// A float in four bytes of the arena.
pub(crate) type Bytes = [i8; 4];

pub(crate) fn get(bytes: &Bytes) -> f32 {
    f32::from_le_bytes(bytes.map(|byte| byte as u8))
}

pub(crate) fn put(value: f32) -> Bytes {
    value.to_le_bytes().map(|byte| byte as i8)
}

/// Input and output as floats.
pub(crate) fn pair(arena: &mut [i8], input: Span, output: Span) -> (&[Bytes], &mut [Bytes]) {
    let (input, output) = super::pair(arena, input, output);
    (input.as_chunks().0, output.as_chunks_mut().0)
}

/// Sum of the products of floats with the floats whose bits `weights` are.
pub(crate) fn dot(inputs: &[Bytes], weights: &[i32]) -> f32 {
    inputs.iter().zip(weights).map(|(x, w)| get(x) * f32::from_bits(*w as u32)).sum()
}

/// The float whose bits a word is.
pub(crate) fn word(word: i32) -> f32 {
    f32::from_bits(word as u32)
}

impl Bounds {
    pub(crate) fn clamp(&self, value: f32) -> f32 {
        value.max(self.min).min(self.max)
    }
}
