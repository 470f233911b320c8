//! MEAN, int8: TFLite's `reference_ops::QuantizedMeanOrSum`.

use super::pair;
use super::walk::each;
use crate::nn::op::Mean;

/// Means over any axes.
pub(super) fn mean(op: &Mean, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let mut outputs = output.iter_mut();
    each(&op.kept, [&op.kept_steps], |[start]| {
        let mut sum = 0i32;
        each(&op.reduced, [&op.reduced_steps], |[offset]| {
            sum = sum.wrapping_add(i32::from(input[(start + offset) as usize]));
        });
        let scaled = op.factor.apply(sum.wrapping_add(op.sum_offset)).wrapping_add(op.output_offset);
        if let Some(out) = outputs.next() {
            *out = scaled.clamp(-128, 127) as i8;
        }
    });
}
