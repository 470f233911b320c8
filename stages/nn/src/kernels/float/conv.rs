//! CONV_2D and DEPTHWISE_CONV_2D, float32.

use super::{Bytes, dot, get, pair, put, word};
use crate::kernels::Constants;
use crate::kernels::window::{reaches, taps};
use crate::op::{FloatConv, FloatDepthwise};

/// Convolves an image with one kernel per output channel.
pub(in crate::kernels) fn conv(op: &FloatConv, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (weights, biases) = (&constants.words[op.weights.range()], &constants.words[op.biases.range()]);
    let (depth, channels) = (op.depth as usize, op.to.channels as usize);
    let kernel = (op.window.height * op.window.width) as usize * depth;
    let group = channels / (op.from.channels / op.depth) as usize;
    for (pixel, outputs) in output.chunks_exact_mut(channels).enumerate() {
        let (batch, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let weights = &weights[channel * kernel..][..kernel];
            let mut sum = 0.0;
            taps(rows, columns, &op.window, op.from, |tap, at| {
                let inputs: &[Bytes] = &image[at + channel / group * depth..][..depth];
                sum += dot(inputs, &weights[tap * depth..][..depth]);
            });
            *out = put(op.bounds.clamp(sum + word(biases[channel])));
        }
    }
}

/// Convolves each input channel with its own kernels.
pub(in crate::kernels) fn depthwise(op: &FloatDepthwise, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (weights, biases) = (&constants.words[op.weights.range()], &constants.words[op.biases.range()]);
    let channels = op.to.channels as usize;
    for (pixel, outputs) in output.chunks_exact_mut(channels).enumerate() {
        let (batch, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            // TFLite begins with the bias; a network that rounds between its layers tells the difference.
            let mut sum = word(biases[channel]);
            taps(rows, columns, &op.window, op.from, |tap, at| {
                let value = get(&image[at + channel / op.multiplier as usize]);
                sum += value * word(weights[tap * channels + channel]);
            });
            *out = put(op.bounds.clamp(sum));
        }
    }
}
