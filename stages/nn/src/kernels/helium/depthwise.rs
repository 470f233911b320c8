//! DEPTHWISE_CONV_2D: one pixel, 16 channels at a time.

use super::assembly::{self, Patch};
use super::gather::Gather;
use crate::kernels::{Constants, lend};
use crate::op::Depthwise;

/// Convolves each channel with its own kernel; see [`pack::depthwise`](super::pack::depthwise) for the constants.
#[inline]
pub(super) fn depthwise(op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
    let [input, output, scratch] = lend(arena, op.input, op.output, op.scratch);
    let stream = &constants.words[op.channels.range()];
    let (w, channels) = (&op.window, op.to.channels as usize);
    let gather = Gather::new(op.from, w, op.rescaling.input_offset);
    let bounds = [op.rescaling.min, op.rescaling.max];
    let (rows, columns) = (w.height as usize, w.width as usize);
    let inside = Patch {
        rows,
        columns,
        down: w.dilation_y as usize * op.from.row(),
        right: w.dilation_x as usize * channels,
    };
    let gathered = Patch { rows, columns, down: columns * channels, right: channels };
    let images = input.chunks_exact(op.from.plane()).zip(output.chunks_exact_mut(op.to.plane()));
    for (image, output) in images {
        for (y, line) in output.chunks_exact_mut(op.to.row()).enumerate() {
            let rows = gather.rows(y);
            for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
                let columns = gather.columns(x);
                if gather.is_inside(rows, columns) {
                    let from = &image[gather.start(rows, columns)..];
                    assembly::patch(&inside, from, stream, pixel, bounds);
                } else {
                    gather.window(image, rows, columns, scratch);
                    assembly::patch(&gathered, scratch, stream, pixel, bounds);
                }
            }
        }
    }
}
