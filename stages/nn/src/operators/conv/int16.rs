//! CONV_2D, int16 with weights of int8.

use crate::kernels::Constants;
use crate::kernels::int16::{Channels, dot, pair};
use crate::kernels::window::{reaches, taps};
use crate::op::Conv;

/// Convolves an image with one kernel per output channel.
pub(crate) fn conv(op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let table = Channels::of(constants, op.channels, op.to.channels);
    let (depth, channels) = (op.depth as usize, op.to.channels as usize);
    let kernel = (op.window.height * op.window.width) as usize * depth;
    let group = channels / (op.from.channels / op.depth) as usize;
    for (pixel, outputs) in output.chunks_exact_mut(channels).enumerate() {
        let (batch, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let weights = &weights[channel * kernel..][..kernel];
            let mut sum = 0;
            taps(rows, columns, &op.window, op.from, |tap, at| {
                let inputs = &image[at + channel / group * depth..][..depth];
                sum += dot(inputs, &weights[tap * depth..][..depth], 0);
            });
            *out = table.output(channel, sum, &op.rescaling);
        }
    }
}
