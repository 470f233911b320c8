//! Operators on single elements, float32, and the ways between floats and bytes.

use super::{get, pair, put};
use crate::nn::kernels;
use crate::nn::kernels::walk::each;
use crate::nn::op::{Arithmetic, FloatBinary, FloatUnary, Function, Requantise};

/// A function of each float.
pub(super) fn unary(op: &FloatUnary, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    for (x, out) in input.iter().map(get).zip(output) {
        *out = put(match op.function {
            Function::Clamp(bounds) => bounds.clamp(x),
            Function::Logistic => 1.0 / (1.0 + libm::expf(-x)),
            Function::Tanh => libm::tanhf(x),
        });
    }
}

/// Combines two inputs element by element; they may be one and the same.
pub(super) fn binary(op: &FloatBinary, arena: &mut [i8]) {
    let mut output = op.output.range().step_by(4);
    each(&op.counts, [&op.a_steps, &op.b_steps], |[a, b]| {
        let at = |start: u32, offset: i64| {
            let at = (i64::from(start) + 4 * offset) as usize;
            arena[at..].first_chunk().map_or(0.0, get)
        };
        let (a, b) = (at(op.a.at, a), at(op.b.at, b));
        let result = match op.arithmetic {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
        };
        if let Some(at) = output.next() {
            arena[at..at + 4].copy_from_slice(&put(op.bounds.clamp(result)));
        }
    });
}

/// Floats to bytes (TFLite's `AffineQuantize`).
pub(super) fn quantise(op: &Requantise, arena: &mut [i8]) {
    let (input, output) = kernels::pair(arena, op.input, op.output);
    for (x, out) in input.as_chunks().0.iter().map(get).zip(output) {
        let steps = libm::roundf(x / op.scale) as i32;
        *out = steps.saturating_add(op.zero_point).clamp(op.least, op.least + 255) as i8;
    }
}

/// Bytes to floats.
pub(super) fn dequantise(op: &Requantise, arena: &mut [i8]) {
    let (input, output) = kernels::pair(arena, op.input, op.output);
    for (byte, out) in input.iter().zip(output.as_chunks_mut().0) {
        let integer = if op.least == 0 { i32::from(*byte as u8) } else { i32::from(*byte) };
        *out = put((integer - op.zero_point) as f32 * op.scale);
    }
}
