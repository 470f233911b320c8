//! CONV_2D and DEPTHWISE_CONV_2D, float32.

use super::{Bytes, dot, get, pair, put, word};
use crate::nn::kernels::{Constants, Reach};
use crate::nn::op::{FloatConv, FloatDepthwise, Image, Window};

/// The rows and columns of the window at one output pixel that lie inside the image.
fn reaches(pixel: usize, window: &Window, from: Image, to: Image) -> (usize, Reach, Reach) {
    let (row, x) = (pixel / to.width as usize, pixel % to.width as usize);
    let (batch, y) = (row / to.height as usize, row % to.height as usize);
    let rows = Reach::new(y, window.stride_y, window.pad_top, window.height, window.dilation_y, from.height);
    let columns =
        Reach::new(x, window.stride_x, window.pad_left, window.width, window.dilation_x, from.width);
    (batch, rows, columns)
}

/// Calls `tap` with each tap of the window and the pixel of the image, in channels, that it reads.
fn taps(rows: Reach, columns: Reach, window: &Window, from: Image, mut tap: impl FnMut(usize, usize)) {
    for i in 0..rows.len() {
        let y = rows.start + i * window.dilation_y as usize;
        for j in 0..columns.len() {
            let x = columns.start + j * window.dilation_x as usize;
            let at = (y * from.width as usize + x) * from.channels as usize;
            tap((rows.first + i) * window.width as usize + columns.first + j, at);
        }
    }
}

/// Convolves an image with one kernel per output channel.
pub(super) fn conv(op: &FloatConv, constants: Constants<'_>, arena: &mut [i8]) {
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
pub(super) fn depthwise(op: &FloatDepthwise, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (weights, biases) = (&constants.words[op.weights.range()], &constants.words[op.biases.range()]);
    let channels = op.to.channels as usize;
    for (pixel, outputs) in output.chunks_exact_mut(channels).enumerate() {
        let (batch, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let mut sum = 0.0;
            taps(rows, columns, &op.window, op.from, |tap, at| {
                let value = get(&image[at + channel / op.multiplier as usize]);
                sum += value * word(weights[tap * channels + channel]);
            });
            *out = put(op.bounds.clamp(sum + word(biases[channel])));
        }
    }
}
