//! CONV_2D, and FULLY_CONNECTED as such: two pixels times four channels at a time.

use super::assembly;
use super::gather::Gather;
use super::pack::{STEP, is_pointwise, is_whole};
use crate::kernels::{Constants, lend};
use crate::op::Conv;

/// Convolves an image; see [`pack::conv`](super::pack::conv) for the constants.
#[inline]
pub(super) fn conv(op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
    let [input, output, scratch] = lend(arena, op.input, op.output, op.scratch);
    let stream = &constants.words[op.channels.range()];
    let gather = Gather::new(op.from, &op.window, op.rescaling.input_offset);
    let (length, bounds) = (gather.bytes().next_multiple_of(STEP), [op.rescaling.min, op.rescaling.max]);
    let channels = op.to.channels as usize;
    let images = input.chunks_exact(op.from.plane()).zip(output.chunks_exact_mut(op.to.plane()));
    for (image, output) in images {
        if is_pointwise(op) {
            for (windows, outputs) in image.chunks(2 * length).zip(output.chunks_mut(2 * channels)) {
                let (one, other) = windows.split_at(length);
                pixels([one, other], stream, outputs, bounds);
            }
            continue;
        }
        if is_whole(op) && output.len() == channels {
            assembly::pixel(image, stream, output, bounds);
            continue;
        }
        let mut windows =
            Windows { gather, image, in_place: lies_in_one_run(op), y: 0, x: 0, width: op.to.width };
        for outputs in output.chunks_mut(2 * channels) {
            let (one, other) = scratch.split_at_mut(length);
            let one = windows.next(&mut one[..length]);
            let other = if outputs.len() > channels { windows.next(&mut other[..length]) } else { &[] };
            pixels([one, other], stream, outputs, bounds);
        }
    }
}

/// Computes two pixels, or one where the second window is empty.
#[inline]
fn pixels([one, other]: [&[i8]; 2], stream: &[i32], outputs: &mut [i8], bounds: [i32; 2]) {
    if other.is_empty() {
        return assembly::pixel(one, stream, outputs, bounds);
    }
    let (first, second) = outputs.split_at_mut(outputs.len() / 2);
    assembly::pixel_pair([one, other], stream, [first, second], bounds);
}

/// The windows of an image, one pixel of the output after the other.
struct Windows<'a> {
    gather: Gather<'a>,
    image: &'a [i8],
    /// Whether a window inside the image is read where it is.
    in_place: bool,
    y: usize,
    x: usize,
    width: u32,
}

impl<'a> Windows<'a> {
    /// The next window: where it is, or gathered in `to`.
    #[inline]
    fn next<'s>(&mut self, to: &'s mut [i8]) -> &'s [i8]
    where
        'a: 's,
    {
        let (rows, columns) = (self.gather.rows(self.y), self.gather.columns(self.x));
        self.x += 1;
        if self.x == self.width as usize {
            (self.y, self.x) = (self.y + 1, 0);
        }
        if self.in_place && self.gather.is_inside(rows, columns) {
            return &self.image[self.gather.start(rows, columns)..][..to.len()];
        }
        self.gather.window(self.image, rows, columns, to);
        to
    }
}

/// Whether a window inside the image is one run of whole steps.
fn lies_in_one_run(op: &Conv) -> bool {
    let w = &op.window;
    let columns = w.width == 1 || w.dilation_x == 1;
    let rows = w.height == 1 || (w.dilation_y == 1 && w.width == op.from.width);
    columns && rows && ((w.height * w.width * op.from.channels) as usize).is_multiple_of(STEP)
}
