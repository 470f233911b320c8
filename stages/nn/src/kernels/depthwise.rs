//! DEPTHWISE_CONV_2D, int8: TFLite's `reference_integer_ops::DepthwiseConvPerChannel`.

use super::window::Reach;
use super::{Channels, Constants, pair};
use crate::op::Depthwise;

/// Convolves each input channel with its own kernels.
pub(super) fn depthwise(op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let channels = Channels::of(constants, op.channels);
    let (image, width, depth) = (op.from.plane(), op.to.width as usize, op.to.channels as usize);
    for (pixel, outputs) in output.chunks_exact_mut(depth).enumerate() {
        let (row, x) = (pixel / width, pixel % width);
        let (batch, y) = (row / op.to.height as usize, row % op.to.height as usize);
        let image = &input[batch * image..][..image];
        let w = &op.window;
        let rows = Reach::new(y, w.stride_y, w.pad_top, w.height, w.dilation_y, op.from.height);
        let columns = Reach::new(x, w.stride_x, w.pad_left, w.width, w.dilation_x, op.from.width);
        for (channel, out) in outputs.iter_mut().enumerate() {
            let sum = channels.biases[channel].wrapping_add(sum(op, image, weights, rows, columns, channel));
            *out = channels.output(channel, sum, &op.rescaling);
        }
    }
}

/// Sum over the window at one output pixel for one output channel. Padding counts as zero: its taps are left out.
fn sum(op: &Depthwise, image: &[i8], weights: &[i8], rows: Reach, columns: Reach, channel: usize) -> i32 {
    let (w, depth, offset) = (&op.window, op.to.channels as usize, op.rescaling.input_offset);
    let (step, source) = (op.from.channels as usize, channel / op.multiplier as usize);
    let mut sum = 0i32;
    for i in 0..rows.len() {
        let y = rows.start + i * w.dilation_y as usize;
        let line = &image[y * op.from.row()..][..op.from.row()];
        let taps = &weights[((rows.first + i) * w.width as usize + columns.first) * depth..];
        for j in 0..columns.len() {
            let x = columns.start + j * w.dilation_x as usize;
            let (value, weight) = (i32::from(line[x * step + source]), i32::from(taps[j * depth + channel]));
            sum = sum.wrapping_add(weight.wrapping_mul(value + offset));
        }
    }
    sum
}
