//! DEPTHWISE_CONV_2D with several outputs of each input channel: two pixels times two of these outputs.

use super::assembly;
use crate::kernels::window::Reach;
use crate::kernels::{Constants, lend};
use crate::op::Depthwise;

/// What the windows of a line of outputs see of one channel: 16-bit integers, column by column. So the window of each pixel
/// is one run of them, from left to right, and neighbours share what both see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    /// Taps of a window.
    pub(super) taps: usize,
    /// From a window to the next.
    step: usize,
    /// Inputs of all windows.
    len: usize,
}

impl Band {
    /// The band of an operator whose windows have no gaps between their columns.
    pub(super) fn new(op: &Depthwise<impl Copy>) -> Self {
        let (height, width) = (op.window.height as usize, op.window.width as usize);
        let (taps, step) = (height * width, height * op.window.stride_x as usize);
        // The last of an odd number of taps is multiplied together with what follows, by a weight of zero.
        let len = (op.to.width as usize).saturating_sub(1) * step + taps.next_multiple_of(2);
        Self { taps, step, len }
    }

    /// Words of weights that an output has: two taps in each.
    pub(super) fn words(&self) -> usize {
        self.taps.div_ceil(2)
    }

    /// Bytes of scratch memory that it takes, in which the integers may have to be aligned.
    pub(super) fn scratch_bytes(&self) -> usize {
        2 * self.len + 1
    }
}

/// Convolves each channel with each of its own kernels; see [`pack_multiplied`](crate::kernels::Streamed::pack_multiplied) for the
/// constants.
#[inline]
pub(super) fn depthwise(op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
    let [input, output, scratch] = lend(arena, op.input, op.output, op.scratch);
    let stream = &constants.words[op.channels.range()];
    let (w, band, offset) = (&op.window, Band::new(op), op.rescaling.input_offset as i16);
    let (channels, multiplier) = (op.from.channels as usize, op.multiplier as usize);
    let (block, height) = (2 + 2 * band.words() + 6, w.height as usize);
    let seen = assembly::halves(scratch, band.len);
    let images = input.chunks_exact(op.from.plane()).zip(output.chunks_exact_mut(op.to.plane()));
    for (image, output) in images {
        for (y, line) in output.chunks_exact_mut(op.to.row()).enumerate() {
            let rows = Reach::new(y, w.stride_y, w.pad_top, w.height, w.dilation_y, op.from.height);
            // Padding counts as zero, and lies at the same places for every channel.
            seen.fill(0);
            for (channel, kernels) in stream.chunks_exact(multiplier.div_ceil(2) * block).enumerate() {
                for row in 0..rows.len() {
                    let inputs =
                        &image[(rows.start + row * w.dilation_y as usize) * op.from.row()..][..op.from.row()];
                    let columns = &mut seen[w.pad_left as usize * height + rows.first + row..];
                    for (pixel, column) in inputs.chunks_exact(channels).zip(columns.chunks_mut(height)) {
                        column[0] = i16::from(pixel[channel]) + offset;
                    }
                }
                for (pair, kernels) in kernels.chunks_exact(block).enumerate() {
                    let first = channel * multiplier + (2 * pair).min(multiplier - 2);
                    assembly::line(seen, band.step, kernels, &mut line[first..], op.to.channels as usize);
                }
            }
        }
        super::clamp(&op.rescaling, output);
    }
}
