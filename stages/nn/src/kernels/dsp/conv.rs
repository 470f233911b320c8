//! CONV_2D: two pixels times two channels at a time.

use core::cell::Cell;

use super::assembly::{self, Offset};
use super::taps::Taps;
use crate::kernels::window::Reach;
use crate::kernels::{Constants, lend};
use crate::op::Conv;

/// Convolves an image; see [`pack::conv`](super::pack::conv) for the constants.
#[inline]
pub(super) fn conv(op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
    let [input, output, scratch] = lend(arena, op.input, op.output, op.scratch);
    let stream = &constants.words[op.channels.range()];
    let (taps, channels) = (Taps::new(op), op.to.channels as usize);
    let scratch = assembly::words(scratch, taps.scratch_words());
    let (first, second) = scratch.split_at_mut(taps.scratch_words() / 2);
    let gather = Gather { op, taps, offset: Offset::new(op.rescaling.input_offset) };
    let pixels = op.to.height as usize * op.to.width as usize;
    let images = input.chunks_exact(op.from.plane()).zip(output.chunks_exact_mut(op.to.plane()));
    for (image, output) in images {
        let outputs = Cell::from_mut(&mut *output).as_slice_of_cells();
        let pixel = |number: usize| &outputs[number * channels..][..channels];
        for number in (0..pixels).step_by(2) {
            // The last of an odd number of pixels is computed twice.
            let other = (number + 1).min(pixels - 1);
            gather.window(image, number, first);
            gather.window(image, other, second);
            assembly::pixel_pair([first, second], stream, [pixel(number), pixel(other)]);
        }
        super::clamp(&op.rescaling, output);
    }
}

/// Fetches the windows of an operator.
struct Gather<'a> {
    op: &'a Conv,
    taps: Taps,
    offset: Offset,
}

impl Gather<'_> {
    /// Expands the window of one output pixel. Padding counts as zero.
    #[inline]
    fn window(&self, image: &[i8], pixel: usize, to: &mut [u32]) {
        let (op, w) = (self.op, &self.op.window);
        let (y, x) = (pixel / op.to.width as usize, pixel % op.to.width as usize);
        let rows = Reach::new(y, w.stride_y, w.pad_top, w.height, w.dilation_y, op.from.height);
        let columns = Reach::new(x, w.stride_x, w.pad_left, w.width, w.dilation_x, op.from.width);
        let row_words = 2 * self.taps.row_runs * self.taps.run_groups();
        let from = &image[rows.start * op.from.row() + columns.start * op.from.channels as usize..];
        let down = w.dilation_y as usize * op.from.row();
        // What fills up the last group of a row is the image that follows, if any does: its weights are zero.
        let fits = rows.len().saturating_sub(1) * down + 2 * row_words <= from.len();
        if columns.len() == w.width as usize && self.taps.row_runs == 1 && fits {
            // Nothing sticks out to the sides: whole rows, between rows of padding.
            let (above, rest) = to.split_at_mut(rows.first * row_words);
            let (inside, below) = rest.split_at_mut(rows.len() * row_words);
            above.fill(0);
            below.fill(0);
            return self.offset.expand(from, rows.len(), down, row_words / 2, inside);
        }
        for (tap, to) in to.chunks_exact_mut(row_words).enumerate().take(w.height as usize) {
            if tap < rows.first || tap >= rows.end {
                to.fill(0);
                continue;
            }
            let line = rows.start + (tap - rows.first) * w.dilation_y as usize;
            self.row(&image[line * op.from.row()..][..op.from.row()], columns, to);
        }
    }

    /// Expands one row of a window.
    #[inline]
    fn row(&self, line: &[i8], columns: Reach, to: &mut [u32]) {
        let (depth, step) = (self.op.from.channels as usize, self.op.window.dilation_x as usize);
        if self.taps.row_runs == 1 {
            let from = &line[columns.start * depth..][..columns.len() * depth];
            return self.run(from, columns.first * depth, to);
        }
        for (column, to) in to.chunks_exact_mut(2 * self.taps.run_groups()).enumerate() {
            if column < columns.first || column >= columns.end {
                to.fill(0);
                continue;
            }
            let at = (columns.start + (column - columns.first) * step) * depth;
            self.run(&line[at..][..depth], 0, to);
        }
    }

    /// Expands one run, of which the inputs from number `first` on lie in the image: `from`.
    #[inline]
    fn run(&self, from: &[i8], first: usize, to: &mut [u32]) {
        for (group, to) in to.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            *to = [0, 0];
            let start = 4 * group;
            let (low, high) = (first.max(start), (first + from.len()).min(start + 4));
            if low == start && high == start + 4 {
                self.offset.expand(&from[start - first..][..4], 1, 0, 1, to);
                continue;
            }
            for at in low..high {
                let value = i32::from(from[at - first]) + self.offset.value();
                to[(at - start) % 2] |= (value as u16 as u32) << ((at - start) / 2 * 16);
            }
        }
    }
}
