//! LOGISTIC, TANH and SOFTMAX on int16: TFLite's `reference_integer_ops::Logistic` and `Tanh`,
//! `reference_ops::SoftmaxInt16`.

use super::pair;
use crate::kernels::Constants;
use crate::kernels::cell::Cell;
use crate::op::{Int16Sigmoid, Int16Softmax, Sigmoid};

/// Logistic or hyperbolic tangent of each element.
pub(in crate::kernels) fn sigmoid(op: &Int16Sigmoid, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let table = &constants.words[op.table.range()];
    let half = (1i32 << op.shift) >> 1;
    // Beyond the table TFLite takes these.
    let (bits, end) = match op.function {
        Sigmoid::Logistic => (9, 0x7fff << 10),
        Sigmoid::Tanh => (8, 0xffff << 8),
    };
    for (from, to) in input.iter().zip(output) {
        let argument = i16::get(from).wrapping_mul(op.multiplier).wrapping_add(half) >> op.shift;
        let magnitude = argument.unsigned_abs();
        let (step, rest) = ((magnitude >> bits) as usize, (magnitude & ((1 << bits) - 1)) as i32);
        let positive = match table.get(step..step + 2) {
            Some(&[low, high]) => (low << bits) + rest * (high - low),
            _ => end,
        };
        *to = i16::put(match op.function {
            Sigmoid::Logistic => logistic(positive, argument),
            Sigmoid::Tanh => tanh(positive, argument),
        });
    }
}

/// The output in Q0.15 from a table's value in Q0.25.
fn logistic(positive: i32, argument: i32) -> i32 {
    if argument >= 0 { (positive + (1 << 9)) >> 10 } else { ((1 << 25) - positive + (1 << 9) - 1) >> 10 }
}

/// The output in Q0.15 from a table's value in Q0.24.
fn tanh(positive: i32, argument: i32) -> i32 {
    let sum =
        if argument >= 0 { positive - (1 << 23) + (1 << 7) } else { -positive + (1 << 23) + (1 << 7) - 1 };
    sum >> 8
}

/// Softmax of each row.
pub(in crate::kernels) fn softmax(op: &Int16Softmax, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (exp, reciprocal) = (&constants.words[op.exp.range()], &constants.words[op.reciprocal.range()]);
    let depth = op.depth as usize;
    for (row, results) in input.chunks_exact(depth).zip(output.chunks_exact_mut(depth)) {
        let greatest = row.iter().map(i16::get).max().unwrap_or(0);
        let mut sum = 0i32;
        for (value, out) in row.iter().zip(results.iter_mut()) {
            let scaled = op.factor.apply(i16::get(value) - greatest);
            let exp = interpolate(exp, scaled.saturating_add(32_767));
            sum = sum.wrapping_add(exp);
            *out = i16::put(exp);
        }
        let headroom = sum.leading_zeros() as i32;
        let normal = ((i64::from(sum) << (headroom - 1).max(0)) + (1 << 13)) >> 14;
        let reciprocal = interpolate(reciprocal, (normal - (1 << 15) - (1 << 16)) as i32);
        let shift = (31 - headroom).max(1);
        for out in results {
            let share = (i64::from(i16::get(out)) * i64::from(reciprocal) + (1 << (shift - 1))) >> shift;
            *out = i16::put((share as i32).clamp(0, 32_767));
        }
    }
}

/// Value of a table of 513 points over the range of int16, between two of them (TFLite's `LUTLookup`).
fn interpolate(table: &[i32], at: i32) -> i32 {
    let at = at.clamp(-32_768, 32_767);
    let (index, offset) = ((256 + (at >> 7)) as usize, at & 0x7f);
    let (base, next) = (table[index], table[index + 1]);
    base + (((next - base) * offset + 64) >> 7)
}
