//! CONV_2D, int8: TFLite's `reference_integer_ops::ConvPerChannel`.

use super::window::Reach;
use super::{Channels, Constants, dot, pair};
use crate::op::Conv;

/// Convolves an image with one kernel per output channel.
pub(super) fn conv(op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let channels = Channels::of(constants, op.channels);
    let (image, width, depth) = (op.from.plane(), op.to.width as usize, op.to.channels as usize);
    let pixels = output.chunks_exact_mut(depth);
    for (pixel, outputs) in pixels.enumerate() {
        let (row, x) = (pixel / width, pixel % width);
        let (batch, y) = (row / op.to.height as usize, row % op.to.height as usize);
        let image = &input[batch * image..][..image];
        let place = Place::new(op, y, x);
        for (channel, out) in outputs.iter_mut().enumerate() {
            let sum = channels.biases[channel].wrapping_add(place.sum(op, image, weights, channel));
            *out = channels.output(channel, sum, &op.rescaling);
        }
    }
}

/// The window at one output pixel.
struct Place {
    rows: Reach,
    columns: Reach,
}

impl Place {
    fn new(op: &Conv, y: usize, x: usize) -> Self {
        let w = &op.window;
        Self {
            rows: Reach::new(y, w.stride_y, w.pad_top, w.height, w.dilation_y, op.from.height),
            columns: Reach::new(x, w.stride_x, w.pad_left, w.width, w.dilation_x, op.from.width),
        }
    }

    /// Sum over the window for one output channel. Padding counts as zero, so its taps are left out.
    fn sum(&self, op: &Conv, image: &[i8], weights: &[i8], channel: usize) -> i32 {
        let (w, depth, offset) = (&op.window, op.depth as usize, op.rescaling.input_offset);
        let kernel = w.height as usize * w.width as usize * depth;
        let weights = &weights[channel * kernel..][..kernel];
        let group = channel / (op.to.channels / (op.from.channels / op.depth)) as usize;
        let whole_rows = w.dilation_x == 1 && op.depth == op.from.channels;
        let mut sum = 0i32;
        for (i, tap_y) in (self.rows.first..self.rows.end).enumerate() {
            let y = self.rows.start + i * w.dilation_y as usize;
            let tap = (tap_y * w.width as usize + self.columns.first) * depth;
            let at = y * op.from.row() + self.columns.start * op.from.channels as usize + group * depth;
            if whole_rows {
                let len = self.columns.len() * depth;
                sum = sum.wrapping_add(dot(&image[at..][..len], &weights[tap..][..len], offset));
                continue;
            }
            for j in 0..self.columns.len() {
                let at = at + j * w.dilation_x as usize * op.from.channels as usize;
                let taps = &weights[tap + j * depth..][..depth];
                sum = sum.wrapping_add(dot(&image[at..][..depth], taps, offset));
            }
        }
        sum
    }
}
