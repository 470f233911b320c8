//! DEPTHWISE_CONV_2D: one pixel, four channels at a time.

use super::assembly::{self, Offset, Patch};
use crate::kernels::window::Reach;
use crate::kernels::{Constants, pair};
use crate::op::Depthwise;

/// Convolves each channel with its own kernel; see [`pack::depthwise`](super::pack::depthwise) for the constants.
#[inline]
pub(super) fn depthwise(op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let stream = &constants.words[op.channels.range()];
    let (w, channels) = (&op.window, op.to.channels as usize);
    let offset = Offset::new(op.rescaling.input_offset);
    let images = input.chunks_exact(op.from.plane()).zip(output.chunks_exact_mut(op.to.plane()));
    for (image, output) in images {
        let lines = output.chunks_exact_mut(op.to.row()).enumerate();
        for (y, line) in lines {
            let rows = Reach::new(y, w.stride_y, w.pad_top, w.height, w.dilation_y, op.from.height);
            for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
                let columns = Reach::new(x, w.stride_x, w.pad_left, w.width, w.dilation_x, op.from.width);
                let patch = Patch {
                    start: rows.start * op.from.row() + columns.start * channels,
                    rows: rows.len(),
                    columns: columns.len(),
                    down: w.dilation_y as usize * op.from.row(),
                    right: w.dilation_x as usize * channels,
                    first_tap: rows.first * w.width as usize + columns.first,
                    taps_down: w.width as usize,
                    taps: (w.height * w.width) as usize,
                };
                assembly::patch(&patch, image, stream, offset, pixel);
            }
        }
        super::clamp(&op.rescaling, output);
    }
}
