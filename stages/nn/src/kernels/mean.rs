//! MEAN on integers: TFLite's `reference_ops::QuantizedMeanOrSum`.

use super::cell::Cell;
use super::walk::each;
use super::{Constants, pair};
use crate::op::Mean;

/// Means over any axes.
pub(super) fn mean<C: Cell>(op: &Mean, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (input, mut outputs) = (C::of(input), C::of_mut(output).iter_mut());
    each(&op.kept, [&op.kept_steps], |[start]| {
        let mut sum = 0i32;
        each(&op.reduced, [&op.reduced_steps], |[offset]| {
            sum = sum.wrapping_add(C::get(&input[(start + offset) as usize]));
        });
        let scaled = op.factor.apply(sum.wrapping_add(op.sum_offset)).wrapping_add(op.output_offset);
        if let Some(out) = outputs.next() {
            *out = C::put(scaled.clamp(C::MIN, C::MAX));
        }
    });
}
