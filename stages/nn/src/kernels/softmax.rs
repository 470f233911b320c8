//! SOFTMAX, int8 to int8 or int16: TFLite's fixed-point `reference_ops::Softmax`.

use super::cell::Cell;
use super::{Constants, pair};
use crate::fixed::{doubling_high_multiply, exp_on_negative, reciprocal, rounding_shift_right};
use crate::op::Softmax;

/// Integer bits of the sum of exponentials; so at most 4095 of them can be one.
const SUM_BITS: i32 = 12;

/// Integer bits of the scaled differences.
const DIFFERENCE_BITS: i32 = 5;

/// Softmax of each row.
pub(super) fn softmax<C: Cell>(op: &Softmax, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (depth, output) = (op.depth as usize, C::of_mut(output));
    for (row, results) in input.chunks_exact(depth).zip(output.chunks_exact_mut(depth)) {
        let greatest = row.iter().copied().max().map_or(0, i32::from);
        let exp = |value: i8| exponential(op, i32::from(value) - greatest);
        let exps = row.iter().filter_map(|value| exp(*value));
        let sum = exps.fold(0i32, |sum, exp| sum.wrapping_add(rounding_shift_right(exp, SUM_BITS)));
        let (scale, bits_over_unit) = reciprocal(sum, SUM_BITS);
        let exponent = (bits_over_unit + 31 - 8 * C::SIZE as i32).clamp(0, 31);
        for (value, out) in row.iter().zip(results) {
            *out = C::put(exp(*value).map_or(C::MIN, |exp| {
                let share = rounding_shift_right(doubling_high_multiply(scale, exp), exponent);
                share.wrapping_add(C::MIN).clamp(C::MIN, C::MAX)
            }));
        }
    }
}

/// exp of a difference from the row's greatest, in Q0.31; nothing where it is too small to count.
fn exponential(op: &Softmax, difference: i32) -> Option<i32> {
    (difference >= op.least_difference).then(|| {
        let scaled = doubling_high_multiply(difference.wrapping_shl(op.left_shift as u32), op.multiplier);
        exp_on_negative(scaled, DIFFERENCE_BITS)
    })
}
