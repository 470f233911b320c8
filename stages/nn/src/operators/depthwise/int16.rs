//! DEPTHWISE_CONV_2D, int16 with weights of int8.

use crate::kernels::Constants;
use crate::kernels::cell::Cell;
use crate::kernels::int16::{Channels, pair};
use crate::kernels::window::{reaches, taps};
use crate::op::Depthwise;

/// Convolves each input channel with its own kernels.
pub(crate) fn depthwise(op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let table = Channels::of(constants, op.channels, op.to.channels);
    let channels = op.to.channels as usize;
    for (pixel, outputs) in output.chunks_exact_mut(channels).enumerate() {
        let (batch, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let mut sum = 0;
            taps(rows, columns, &op.window, op.from, |tap, at| {
                let value = i16::get(&image[at + channel / op.multiplier as usize]);
                sum += i64::from(value) * i64::from(weights[tap * channels + channel]);
            });
            *out = table.output(channel, sum, &op.rescaling);
        }
    }
}
