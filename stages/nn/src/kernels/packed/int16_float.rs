//! Operators on floats and on int16 by [`lanes`](super::lanes), `L` output channels side by side.

use super::lanes::{Float, Int16, Shape};
use crate::kernels::Constants;
use crate::kernels::float::{self, put, word};
use crate::kernels::int16::{self, Channels};
use crate::op::{
    Bounds, Conv, Depthwise, FloatConv, FloatDepthwise, FloatFullyConnected, FullyConnected, Image, Layout,
    Rescaling, Window,
};
use crate::operators;

/// CONV_2D.
#[inline(always)]
pub(super) fn float_conv<const L: usize>(op: &FloatConv, constants: Constants<'_>, arena: &mut [i8]) {
    if op.layout == Layout::Plain {
        return operators::conv::float::conv(op, constants, arena);
    }
    let (input, output) = float::pair(arena, op.input, op.output);
    let (weights, biases) = (&constants.words[op.weights.range()], &constants.words[op.biases.range()]);
    let shape = Shape { from: op.from, to: op.to, window: &op.window };
    shape.convolve::<Float, L>(input, weights, |at, first, sums| {
        finish(&op.bounds, &biases[first..], sums, &mut output[at..]);
    });
}

/// FULLY_CONNECTED: vectors are pixels of a single row.
#[inline(always)]
pub(super) fn float_fully_connected<const L: usize>(
    op: &FloatFullyConnected,
    constants: Constants<'_>,
    arena: &mut [i8],
) {
    if op.layout == Layout::Plain {
        return operators::fully_connected::float(op, constants, arena);
    }
    let (input, output) = float::pair(arena, op.input, op.output);
    let (weights, biases) = (&constants.words[op.weights.range()], &constants.words[op.biases.range()]);
    let width = (input.len() / op.inputs as usize) as u32;
    let shape = vectors(width, op.inputs, op.outputs);
    shape.convolve::<Float, L>(input, weights, |at, first, sums| {
        finish(&op.bounds, &biases[first..], sums, &mut output[at..]);
    });
}

/// A window of one pixel.
const PIXEL: Window = Window {
    height: 1,
    width: 1,
    stride_y: 1,
    stride_x: 1,
    dilation_y: 1,
    dilation_x: 1,
    pad_top: 0,
    pad_left: 0,
};

/// The convolution that multiplies so many vectors with a matrix.
fn vectors(width: u32, inputs: u32, outputs: u32) -> Shape<'static> {
    let pixels = |channels| Image { batch: 1, height: 1, width, channels };
    Shape { from: pixels(inputs), to: pixels(outputs), window: &PIXEL }
}

/// Sums become outputs.
#[inline(always)]
fn finish(bounds: &Bounds, biases: &[i32], sums: &[f32], outputs: &mut [float::Bytes]) {
    for ((output, bias), sum) in outputs.iter_mut().zip(biases).zip(sums) {
        *output = put(bounds.clamp(sum + word(*bias)));
    }
}

/// DEPTHWISE_CONV_2D.
#[inline(always)]
pub(super) fn float_depthwise<const L: usize>(
    op: &FloatDepthwise,
    constants: Constants<'_>,
    arena: &mut [i8],
) {
    if op.multiplier != 1 {
        return operators::depthwise::float::depthwise(op, constants, arena);
    }
    let (input, output) = float::pair(arena, op.input, op.output);
    let (weights, biases) = (&constants.words[op.weights.range()], &constants.words[op.biases.range()]);
    let shape = Shape { from: op.from, to: op.to, window: &op.window };
    shape.each_channel::<Float, L>(
        input,
        weights,
        |channel| word(biases[channel]),
        |at, _, sums| {
            for (output, sum) in output[at..].iter_mut().zip(sums) {
                *output = put(op.bounds.clamp(*sum));
            }
        },
    );
}

/// CONV_2D, int16.
#[inline(always)]
pub(super) fn int16_conv<const L: usize>(op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
    if op.layout == Layout::Plain {
        return operators::conv::int16::conv(op, constants, arena);
    }
    let (input, output) = int16::pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let table = Channels::of(constants, op.channels, op.to.channels);
    let shape = Shape { from: op.from, to: op.to, window: &op.window };
    shape.convolve::<Int16, L>(input, weights, |at, first, sums| {
        rescale(&table, first, sums, &op.rescaling, &mut output[at..]);
    });
}

/// FULLY_CONNECTED, int16, likewise.
#[inline(always)]
pub(super) fn int16_fully_connected<const L: usize>(
    op: &FullyConnected,
    constants: Constants<'_>,
    arena: &mut [i8],
) {
    if op.layout == Layout::Plain {
        return operators::fully_connected::int16(op, constants, arena);
    }
    let (input, output) = int16::pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let table = Channels::of(constants, op.channels, op.outputs);
    let shape = vectors(op.rows, op.inputs, op.outputs);
    shape.convolve::<Int16, L>(input, weights, |at, first, sums| {
        rescale(&table, first, sums, &op.rescaling, &mut output[at..]);
    });
}

/// DEPTHWISE_CONV_2D, int16.
#[inline(always)]
pub(super) fn int16_depthwise<const L: usize>(op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
    if op.layout == Layout::Plain {
        return operators::depthwise::int16::depthwise(op, constants, arena);
    }
    let (input, output) = int16::pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let table = Channels::of(constants, op.channels, op.to.channels);
    let shape = Shape { from: op.from, to: op.to, window: &op.window };
    shape.each_channel::<Int16, L>(
        input,
        weights,
        |_| 0,
        |at, first, sums| {
            rescale(&table, first, sums, &op.rescaling, &mut output[at..]);
        },
    );
}

/// Sums become outputs of the channels from `first` on.
#[inline(always)]
fn rescale(
    table: &Channels<'_>,
    first: usize,
    sums: &[i32],
    rescaling: &Rescaling,
    outputs: &mut [int16::Bytes],
) {
    for (i, (output, sum)) in outputs.iter_mut().zip(sums).enumerate() {
        *output = table.output(first + i, i64::from(*sum), rescaling);
    }
}
