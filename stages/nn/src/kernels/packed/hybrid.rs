//! Convolutions of floats with weights of bytes: what happens before and after the sums of bytes.

use super::pack::rounded;
use crate::kernels::Constants;
use crate::kernels::float::{self, put, word};
use crate::op::HybridConv;
use crate::operators::conv::hybrid::Steps;

/// Scratch memory of an operator whose pixels have `lanes` sums: an image's inputs as bytes, the padded image, the sums.
#[inline(always)]
pub(super) fn parts<'a>(
    op: &HybridConv,
    lanes: usize,
    scratch: &'a mut [i8],
) -> (&'a mut [i8], &'a mut [i8], &'a mut [[i8; 4]]) {
    let (from, to) = (op.conv.from, op.conv.to);
    let (bytes, rest) = scratch.split_at_mut(rounded(from));
    let (image, sums) = rest.split_at_mut(rest.len() - 4 * (to.height * to.width) as usize * lanes);
    (&mut bytes[..from.plane()], image, sums.as_chunks_mut().0)
}

/// Rounds an image to bytes over its own range.
#[inline(always)]
pub(super) fn round(op: &HybridConv, image: &[float::Bytes], bytes: &mut [i8]) -> Steps {
    let steps = Steps::of(op.rounding, image);
    for (to, from) in bytes.iter_mut().zip(image) {
        *to = steps.round(float::get(from), f32::round);
    }
    steps
}

/// Sums become outputs: each less the sum of its weights, `beyond` times.
#[inline(always)]
pub(super) fn finish(
    op: &HybridConv,
    constants: Constants<'_>,
    steps: &Steps,
    (sums, totals, beyond): (&[[i8; 4]], &[i32], i32),
    outputs: &mut [float::Bytes],
) {
    let (biases, scales) = (&constants.words[op.conv.biases.range()], &constants.words[op.scales.range()]);
    let pixels = outputs.chunks_exact_mut(op.conv.to.channels as usize).zip(sums.chunks_exact(totals.len()));
    for (outputs, sums) in pixels {
        let channels = sums.iter().zip(totals).zip(biases.iter().zip(scales));
        for (output, ((sum, total), (bias, scale))) in outputs.iter_mut().zip(channels) {
            let sum = i32::from_le_bytes(sum.map(|byte| byte as u8));
            let sum = sum.wrapping_sub(total.wrapping_mul(beyond)) as f32 * (steps.scale * word(*scale));
            *output = put(op.conv.bounds.clamp(sum + word(*bias)));
        }
    }
}
