//! TRANSPOSE_CONV: a convolution the other way round, which makes an image larger.
//!
//! Each input pixel adds its product with the whole kernel to the output, `stride` pixels apart. Seen from an output
//! pixel: it sums those input pixels of which some tap reaches it. The pixels whose coordinates leave the same rest
//! when divided by the strides (one *phase*) are reached by the same taps, so that a phase is an ordinary convolution of
//! stride one. Kernel sets other than the plain one run it so, with their convolution, and every set gives the same
//! bits.
//!
//! Reference: TFLite's `reference_integer_ops::TransposeConv` and `reference_ops::TransposeConv`.

#[cfg(feature = "std")]
mod lower;

use crate::kernels::float::{get, put, word};
use crate::kernels::{Channels, Constants, float, pair};
use crate::op::{Bounds, Image, Rescaling, Span, Window, spans};

/// TRANSPOSE_CONV, int8. Weights are `[out channel][row][column][in channel]`; the window's strides are those between
/// what two neighbouring input pixels reach, and its dilations are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransposeConv<A = Span> {
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Weights in the pool of bytes.
    pub weights: Span,
    /// Per output channel, in the pool of words: all biases, all multipliers, all shifts.
    pub channels: Span,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// The window.
    pub window: Window,
    /// Offsets and output range.
    pub rescaling: Rescaling,
}

spans!(TransposeConv { input: Read, output: Write } { weights, channels, from, to, window, rescaling });

/// TRANSPOSE_CONV, float32, likewise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatTransposeConv<A = Span> {
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Weights in the pool of words.
    pub weights: Span,
    /// One for each output channel, in the pool of words.
    pub biases: Span,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// The window.
    pub window: Window,
    /// Bounds of the output, from the fused activation.
    pub bounds: Bounds,
}

spans!(FloatTransposeConv { input: Read, output: Write } { weights, biases, from, to, window, bounds });

/// The input coordinates that reach an output coordinate, in rising order.
fn reach(at: usize, stride: u32, pad: u32, taps: u32, size: u32) -> core::ops::Range<usize> {
    let (at, stride) = (at + pad as usize, stride as usize);
    let first = (at + 1).saturating_sub(taps as usize).div_ceil(stride);
    let end = (at / stride + 1).min(size as usize);
    first..end.max(first)
}

/// Calls `tap` with the tap and the input pixel, in channels, of each product of an output pixel.
fn taps(y: usize, x: usize, window: &Window, from: Image, mut tap: impl FnMut(usize, usize)) {
    let w = window;
    let columns = reach(x, w.stride_x, w.pad_left, w.width, from.width);
    for row in reach(y, w.stride_y, w.pad_top, w.height, from.height) {
        let tap_y = y + w.pad_top as usize - row * w.stride_y as usize;
        for column in columns.clone() {
            let tap_x = x + w.pad_left as usize - column * w.stride_x as usize;
            let at = (row * from.width as usize + column) * from.channels as usize;
            tap(tap_y * w.width as usize + tap_x, at);
        }
    }
}

/// Batch, row and column of an output pixel.
fn place(pixel: usize, to: Image) -> (usize, usize, usize) {
    let (row, x) = (pixel / to.width as usize, pixel % to.width as usize);
    (row / to.height as usize, row % to.height as usize, x)
}

/// The plain kernel.
pub(crate) fn plain(op: &TransposeConv, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let channels = Channels::of(&constants.words[op.channels.range()]);
    let (depth, offset) = (op.from.channels as usize, op.rescaling.input_offset);
    let kernel = (op.window.height * op.window.width) as usize * depth;
    for (pixel, outputs) in output.chunks_exact_mut(op.to.channels as usize).enumerate() {
        let (batch, y, x) = place(pixel, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let weights = &weights[channel * kernel..][..kernel];
            let mut sum = channels.biases[channel];
            taps(y, x, &op.window, op.from, |tap, at| {
                let inputs = &image[at..][..depth];
                sum = sum.wrapping_add(crate::kernels::dot(inputs, &weights[tap * depth..][..depth], offset));
            });
            *out = channels.output(channel, sum, &op.rescaling);
        }
    }
}

/// The kernel for floats. Products are added in the order in which TFLite meets the input's pixels.
pub(crate) fn float(op: &FloatTransposeConv, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = float::pair(arena, op.input, op.output);
    let (weights, biases) = (&constants.words[op.weights.range()], &constants.words[op.biases.range()]);
    let depth = op.from.channels as usize;
    let kernel = (op.window.height * op.window.width) as usize * depth;
    for (pixel, outputs) in output.chunks_exact_mut(op.to.channels as usize).enumerate() {
        let (batch, y, x) = place(pixel, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let weights = &weights[channel * kernel..][..kernel];
            let mut sum = 0.0;
            taps(y, x, &op.window, op.from, |tap, at| {
                let products = image[at..][..depth].iter().zip(&weights[tap * depth..][..depth]);
                products.for_each(|(x, w)| sum += get(x) * word(*w));
            });
            *out = put(op.bounds.clamp(sum + word(biases[channel])));
        }
    }
}
