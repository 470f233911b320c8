//! Operators on single elements, float32, and the ways between floats and integers.

use super::{get, pair, put};
use crate::kernels::cell::Cell;
use crate::kernels::walk::each;
use crate::kernels::{self, Constants};
use crate::op::{Combination, FloatBinary, FloatUnary, Function, Integer, Requantise};

/// A function of each float.
pub(in crate::kernels) fn unary(op: &FloatUnary, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    for (x, out) in input.iter().map(get).zip(output) {
        *out = put(match op.function {
            Function::Clamp(bounds) => bounds.clamp(x),
            // As TFLite, which takes the tails to be straight.
            Function::Logistic if x > 16.619_047 => 1.0,
            Function::Logistic if x < -9.0 => libm::expf(x),
            Function::Logistic => 1.0 / (1.0 + libm::expf(-x)),
            Function::Tanh => libm::tanhf(x),
        });
    }
}

/// Combines two inputs element by element; they may be one and the same.
pub(in crate::kernels) fn binary(op: &FloatBinary, _: Constants<'_>, arena: &mut [i8]) {
    let mut output = op.output.range().step_by(4);
    each(&op.counts, [&op.a_steps, &op.b_steps], |[a, b]| {
        let at = |start: u32, offset: i64| {
            let at = (i64::from(start) + 4 * offset) as usize;
            arena[at..].first_chunk().map_or(0.0, get)
        };
        let (a, b) = (at(op.a.at, a), at(op.b.at, b));
        let result = match op.combination {
            Combination::Sum => a + b,
            Combination::Difference => a - b,
            Combination::Product => a * b,
            Combination::Quotient => a / b,
            Combination::Least if a < b => a,
            Combination::Greatest if a > b => a,
            Combination::Least | Combination::Greatest => b,
        };
        if let Some(at) = output.next() {
            arena[at..at + 4].copy_from_slice(&put(op.bounds.clamp(result)));
        }
    });
}

/// Floats to integers (TFLite's `AffineQuantize`).
pub(in crate::kernels) fn quantise(op: &Requantise, _: Constants<'_>, arena: &mut [i8]) {
    match op.integer {
        Integer::I8 => quantise_to::<i8>(op, arena),
        Integer::U8 => quantise_to::<u8>(op, arena),
        Integer::I16 => quantise_to::<i16>(op, arena),
        Integer::I32 => quantise_to::<i32>(op, arena),
    }
}

fn quantise_to<C: Cell>(op: &Requantise, arena: &mut [i8]) {
    let (input, output) = kernels::pair(arena, op.input, op.output);
    for (x, out) in input.as_chunks().0.iter().map(get).zip(C::of_mut(output)) {
        let steps = libm::roundf(x / op.scale) as i32;
        *out = C::put(steps.saturating_add(op.zero_point).clamp(C::MIN, C::MAX));
    }
}

/// Integers to floats.
pub(in crate::kernels) fn dequantise(op: &Requantise, _: Constants<'_>, arena: &mut [i8]) {
    match op.integer {
        Integer::I8 => dequantise_from::<i8>(op, arena),
        Integer::U8 => dequantise_from::<u8>(op, arena),
        Integer::I16 => dequantise_from::<i16>(op, arena),
        Integer::I32 => dequantise_from::<i32>(op, arena),
    }
}

fn dequantise_from<C: Cell>(op: &Requantise, arena: &mut [i8]) {
    let (input, output) = kernels::pair(arena, op.input, op.output);
    for (integer, out) in C::of(input).iter().zip(output.as_chunks_mut().0) {
        *out = put(C::get(integer).wrapping_sub(op.zero_point) as f32 * op.scale);
    }
}
