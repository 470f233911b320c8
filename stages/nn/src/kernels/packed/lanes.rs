//! Convolutions of floats and of int16 with output channels side by side: loops that become vectors in functions for
//! processors that have them.
//!
//! A lane is an output channel. Its sum goes over the same products in the same order as in the plain kernels, so that
//! outputs are the same bits, floats too. Weights are packed in panels of `L` channels, the last one filled up with zeros:
//! those of all lanes for an input follow each other.

use crate::kernels::window::Reach;
use crate::kernels::{float, int16};
use crate::op::{Image, Window};

/// What is multiplied and added.
pub(super) trait Arithmetic {
    /// An item of the image.
    type Input: Copy;
    /// A weight.
    type Weight: Copy;
    /// A sum.
    type Sum: Copy;
    /// The sum of nothing.
    const ZERO: Self::Sum;
    /// Adds a product to a sum.
    fn add(sum: Self::Sum, input: Self::Input, weight: Self::Weight) -> Self::Sum;
}

/// Floats.
pub(super) struct Float;

impl Arithmetic for Float {
    type Input = float::Bytes;
    type Weight = i32;
    type Sum = f32;
    const ZERO: f32 = 0.0;

    #[inline(always)]
    fn add(sum: f32, input: Self::Input, weight: i32) -> f32 {
        sum + float::get(&input) * float::word(weight)
    }
}

/// int16 with weights of int8. Sums wrap, as TFLite's of 32 bits do.
pub(super) struct Int16;

impl Arithmetic for Int16 {
    type Input = int16::Bytes;
    type Weight = i8;
    type Sum = i32;
    const ZERO: i32 = 0;

    #[inline(always)]
    fn add(sum: i32, input: Self::Input, weight: i8) -> i32 {
        let input = i16::from_le_bytes(input.map(|byte| byte as u8));
        sum.wrapping_add(i32::from(input) * i32::from(weight))
    }
}

/// Shapes of a convolution.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a> {
    pub(super) from: Image,
    pub(super) to: Image,
    pub(super) window: &'a Window,
}

/// Pixels that are computed together.
const PIXELS: usize = 4;

impl Shape<'_> {
    fn columns(&self, x: usize) -> Reach {
        let w = self.window;
        Reach::new(x, w.stride_x, w.pad_left, w.width, w.dilation_x, self.from.width)
    }

    /// Convolves: hands the sums of each pixel's panels to `write`, with the number of the output in the tensor and the
    /// channel that the first of them belongs to.
    #[inline(always)]
    pub(super) fn convolve<A: Arithmetic, const L: usize>(
        &self,
        input: &[A::Input],
        weights: &[A::Weight],
        mut write: impl FnMut(usize, usize, &[A::Sum]),
    ) {
        let (w, channels) = (self.window, self.to.channels as usize);
        let kernel = (w.height * w.width * self.from.channels) as usize;
        let panels = weights.as_chunks::<L>().0;
        for row in 0..(self.to.batch * self.to.height) as usize {
            let (batch, y) = (row / self.to.height as usize, row % self.to.height as usize);
            let image = &input[batch * self.from.plane()..][..self.from.plane()];
            let rows = Reach::new(y, w.stride_y, w.pad_top, w.height, w.dilation_y, self.from.height);
            let (mut x, width) = (0, self.to.width as usize);
            while x < width {
                let columns = self.columns(x);
                let together = self.are_whole(x, columns);
                let outputs = (row * width + x) * channels;
                for (panel, weights) in panels.chunks_exact(kernel).enumerate() {
                    let first = panel * L;
                    let at = outputs + first;
                    let count = channels - first;
                    let places = (rows, columns);
                    match (together, count <= 8) {
                        (true, false) => {
                            let sums = self.sums::<A, PIXELS, L, L>(image, weights, places);
                            for (pixel, sums) in sums.iter().enumerate() {
                                write(at + pixel * channels, first, &sums[..count.min(L)]);
                            }
                        }
                        (true, true) => {
                            let sums = self.sums::<A, PIXELS, L, 8>(image, weights, places);
                            for (pixel, sums) in sums.iter().enumerate() {
                                write(at + pixel * channels, first, &sums[..count]);
                            }
                        }
                        (false, false) => {
                            let [sums] = self.sums::<A, 1, L, L>(image, weights, places);
                            write(at, first, &sums[..count.min(L)]);
                        }
                        (false, true) => {
                            let [sums] = self.sums::<A, 1, L, 8>(image, weights, places);
                            write(at, first, &sums[..count]);
                        }
                    }
                }
                x += if together { PIXELS } else { 1 };
            }
        }
    }

    /// Sums of the first `N` channels of a panel at `M` neighbouring pixels, of which the first has these rows and columns
    /// inside the image.
    #[inline(always)]
    fn sums<A: Arithmetic, const M: usize, const L: usize, const N: usize>(
        &self,
        image: &[A::Input],
        weights: &[[A::Weight; L]],
        (rows, columns): (Reach, Reach),
    ) -> [[A::Sum; N]; M] {
        let (w, depth) = (self.window, self.from.channels as usize);
        // Taps that lie side by side in the image are one run.
        let (runs, run) = if w.dilation_x == 1 { (1, columns.len() * depth) } else { (columns.len(), depth) };
        let mut sums = [[A::ZERO; N]; M];
        for row in 0..rows.len() {
            let line = (rows.start + row * w.dilation_y as usize) * self.from.row() + columns.start * depth;
            let tap = ((rows.first + row) * w.width as usize + columns.first) * depth;
            for number in 0..runs {
                let at = line + number * w.dilation_x as usize * depth;
                let inputs: [&[A::Input]; M] =
                    core::array::from_fn(|m| &image[at + m * w.stride_x as usize * depth..][..run]);
                let weights = &weights[tap + number * depth..][..run];
                for (k, weights) in weights.iter().enumerate() {
                    for (sums, inputs) in sums.iter_mut().zip(&inputs) {
                        // SAFETY: there are `run` weights, and each of the inputs' slices is as long.
                        let input = unsafe { *inputs.get_unchecked(k) };
                        *sums = core::array::from_fn(|l| A::add(sums[l], input, weights[l]));
                    }
                }
            }
        }
        sums
    }

    /// Convolves each channel with its own kernel: the sums of `L` channels of a pixel go to `write`, likewise. They
    /// begin at `start`, by channel. Weights are `[row][column][channel]`, as the file has them.
    #[inline(always)]
    pub(super) fn each_channel<A: Arithmetic, const L: usize>(
        &self,
        input: &[A::Input],
        weights: &[A::Weight],
        start: impl Fn(usize) -> A::Sum,
        mut write: impl FnMut(usize, usize, &[A::Sum]),
    ) {
        let (w, channels) = (self.window, self.to.channels as usize);
        for row in 0..(self.to.batch * self.to.height) as usize {
            let (batch, y) = (row / self.to.height as usize, row % self.to.height as usize);
            let image = &input[batch * self.from.plane()..][..self.from.plane()];
            let rows = Reach::new(y, w.stride_y, w.pad_top, w.height, w.dilation_y, self.from.height);
            let (mut x, width) = (0, self.to.width as usize);
            while x < width {
                let (columns, outputs) = (self.columns(x), (row * width + x) * channels);
                let places = (rows, columns, outputs);
                let together = self.are_whole(x, columns);
                let mut first = 0;
                while first < channels {
                    let places = (places, first);
                    first += match (channels - first, together) {
                        (left, true) if left >= L => {
                            self.pixels::<A, PIXELS, L>(image, weights, places, &start, &mut write)
                        }
                        (left, false) if left >= L => {
                            self.pixels::<A, 1, L>(image, weights, places, &start, &mut write)
                        }
                        (8.., true) => {
                            self.pixels::<A, PIXELS, 8>(image, weights, places, &start, &mut write)
                        }
                        (8.., false) => self.pixels::<A, 1, 8>(image, weights, places, &start, &mut write),
                        (4.., true) => {
                            self.pixels::<A, PIXELS, 4>(image, weights, places, &start, &mut write)
                        }
                        (4.., false) => self.pixels::<A, 1, 4>(image, weights, places, &start, &mut write),
                        (_, true) => self.pixels::<A, PIXELS, 1>(image, weights, places, &start, &mut write),
                        (_, false) => self.pixels::<A, 1, 1>(image, weights, places, &start, &mut write),
                    };
                }
                x += if together { PIXELS } else { 1 };
            }
        }
    }

    /// Whether the windows of the pixel `x`, which reaches these columns, and of those right of it that are computed together
    /// with it lie inside the image.
    #[inline(always)]
    fn are_whole(&self, x: usize, columns: Reach) -> bool {
        let whole = |columns: Reach| columns.len() == self.window.width as usize;
        x + PIXELS <= self.to.width as usize && whole(columns) && whole(self.columns(x + PIXELS - 1))
    }

    /// Computes `N` channels from `first` on of `M` neighbouring pixels of [`each_channel`](Self::each_channel), of which the
    /// first has these rows, columns and outputs, and returns the number of channels.
    #[inline(always)]
    fn pixels<A: Arithmetic, const M: usize, const N: usize>(
        &self,
        image: &[A::Input],
        weights: &[A::Weight],
        ((rows, columns, outputs), first): ((Reach, Reach, usize), usize),
        start: &impl Fn(usize) -> A::Sum,
        write: &mut impl FnMut(usize, usize, &[A::Sum]),
    ) -> usize {
        let (w, channels) = (self.window, self.to.channels as usize);
        let right = w.stride_x as usize * channels;
        let biases: [A::Sum; N] = core::array::from_fn(|i| start(first + i));
        let mut sums = [biases; M];
        for i in 0..rows.len() {
            let line = (rows.start + i * w.dilation_y as usize) * self.from.row() + first;
            let tap = (rows.first + i) * w.width as usize + columns.first;
            for j in 0..columns.len() {
                let at = line + (columns.start + j * w.dilation_x as usize) * channels;
                let weights = block::<_, N>(weights, (tap + j) * channels + first);
                for (m, sums) in sums.iter_mut().enumerate() {
                    let inputs = block::<_, N>(image, at + m * right);
                    *sums = core::array::from_fn(|l| A::add(sums[l], inputs[l], weights[l]));
                }
            }
        }
        for (m, sums) in sums.iter().enumerate() {
            write(outputs + m * channels + first, first, sums);
        }
        N
    }
}

/// The `N` items from `at` on.
#[inline(always)]
fn block<T, const N: usize>(items: &[T], at: usize) -> &[T; N] {
    items[at..].first_chunk().expect("a plan's channels lie in its tensors")
}
