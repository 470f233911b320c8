//! Convolutions as products of matrices: the values under each place of a kernel, gathered into a row.

use std::ops::Range;

use crate::nets::{Op, Shape, Step};

/// A kernel that moves over a plane.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub(super) input: Shape,
    pub(super) output: Shape,
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    /// Rows and columns of zeros before the plane.
    pub(super) before: [usize; 2],
}

impl Window {
    /// That of a convolution, depthwise or not.
    pub(super) fn of(step: &Step) -> Option<Self> {
        let (Op::Conv { kernel, stride, .. } | Op::Depthwise { kernel, stride, .. }) = step.op else {
            return None;
        };
        let before = step.padding().map(|(before, _)| before);
        Some(Self { input: step.input, output: step.output, kernel, stride, before })
    }

    /// Whether it sees every pixel once and alone, so that the input is its own patches.
    pub(super) fn is_point(self) -> bool {
        self.kernel == [1, 1] && self.stride == [1, 1]
    }

    /// Values under the kernel.
    pub(super) fn taps(self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// The part of the kernel that lies on the plane at an output's row or column (`axis` 0 or 1), and the first row or
    /// column of the input under it.
    #[inline(always)]
    pub(super) fn seen(self, axis: usize, at: usize) -> (Range<usize>, usize) {
        let start = (at * self.stride[axis]) as isize - self.before[axis] as isize;
        let first = (-start).max(0) as usize;
        let end = (self.input[axis] as isize - start).clamp(0, self.kernel[axis] as isize) as usize;
        (first..end.max(first), (start + first as isize) as usize)
    }

    /// Gathers the patches of one example: a row for each output pixel, rows of the kernel, columns, channels.
    pub(super) fn gather(self, x: &[f32], patches: &mut [f32]) {
        let [_, columns, channels] = self.input;
        let width = self.kernel[1] * channels;
        patches.fill(0.0);
        for (at, patch) in patches.chunks_exact_mut(self.taps() * channels).enumerate() {
            let ((rows, y), (taps, x0)) =
                (self.seen(0, at / self.output[1]), self.seen(1, at % self.output[1]));
            for (row, y) in rows.zip(y..) {
                let from = (y * columns + x0) * channels;
                let to = row * width + taps.start * channels;
                let length = taps.len() * channels;
                patch[to..to + length].copy_from_slice(&x[from..from + length]);
            }
        }
    }

    /// Adds the gradients of an example's patches to those of its input.
    pub(super) fn scatter(self, patches: &[f32], x: &mut [f32]) {
        let [_, columns, channels] = self.input;
        let width = self.kernel[1] * channels;
        for (at, patch) in patches.chunks_exact(self.taps() * channels).enumerate() {
            let ((rows, y), (taps, x0)) =
                (self.seen(0, at / self.output[1]), self.seen(1, at % self.output[1]));
            for (row, y) in rows.zip(y..) {
                let to = (y * columns + x0) * channels;
                let from = row * width + taps.start * channels;
                let length = taps.len() * channels;
                x[to..to + length].iter_mut().zip(&patch[from..from + length]).for_each(|(x, p)| *x += p);
            }
        }
    }
}
