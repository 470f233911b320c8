//! CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED, int16 with weights of int8: the 16×8 forms of TFLite's
//! `reference_integer_ops`.

use super::{Bytes, pair};
use crate::fixed::Factor;
use crate::kernels::Constants;
use crate::kernels::cell::Cell;
use crate::kernels::window::{reaches, taps};
use crate::op::{Conv, Depthwise, FullyConnected, Rescaling, Span};

/// Bias and factor of each output channel.
struct Channels<'a> {
    biases: &'a [i32],
    /// High words of biases of 64 bits.
    high: Option<&'a [i32]>,
    multipliers: &'a [i32],
    shifts: &'a [i32],
}

impl<'a> Channels<'a> {
    /// What `span` of the words holds for `count` channels: three arrays with biases of 32 bits, four with biases of
    /// 64 bits.
    fn of(constants: Constants<'a>, span: Span, count: u32) -> Self {
        let words = &constants.words[span.range()];
        let mut arrays = words.chunks_exact(count as usize);
        let mut next = || arrays.next().unwrap_or_default();
        let biases = next();
        let high = (words.len() == 4 * count as usize).then(&mut next);
        Self { biases, high, multipliers: next(), shifts: next() }
    }

    /// The output that a channel's sum stands for. With biases of 32 bits, TFLite sums in 32 bits too.
    fn output(&self, channel: usize, sum: i64, rescaling: &Rescaling) -> Bytes {
        let factor = Factor { multiplier: self.multipliers[channel], shift: self.shifts[channel] };
        let scaled = match self.high {
            None => factor.apply((sum as i32).wrapping_add(self.biases[channel])),
            Some(high) => {
                let bias = i64::from(high[channel]) << 32 | i64::from(self.biases[channel] as u32);
                factor.apply_i64(sum.wrapping_add(bias))
            }
        };
        i16::put(scaled.max(rescaling.min).min(rescaling.max))
    }
}

/// Sum of the products of inputs with offset weights.
fn dot(inputs: &[Bytes], weights: &[i8], weights_offset: i32) -> i64 {
    let products = inputs.iter().zip(weights);
    products.map(|(x, w)| i64::from(i16::get(x)) * i64::from(i32::from(*w) + weights_offset)).sum()
}

/// Convolves an image with one kernel per output channel.
pub(in crate::kernels) fn conv(op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let table = Channels::of(constants, op.channels, op.to.channels);
    let (depth, channels) = (op.depth as usize, op.to.channels as usize);
    let kernel = (op.window.height * op.window.width) as usize * depth;
    let group = channels / (op.from.channels / op.depth) as usize;
    for (pixel, outputs) in output.chunks_exact_mut(channels).enumerate() {
        let (batch, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let weights = &weights[channel * kernel..][..kernel];
            let mut sum = 0;
            taps(rows, columns, &op.window, op.from, |tap, at| {
                let inputs = &image[at + channel / group * depth..][..depth];
                sum += dot(inputs, &weights[tap * depth..][..depth], 0);
            });
            *out = table.output(channel, sum, &op.rescaling);
        }
    }
}

/// Convolves each input channel with its own kernels.
pub(in crate::kernels) fn depthwise(op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let table = Channels::of(constants, op.channels, op.to.channels);
    let channels = op.to.channels as usize;
    for (pixel, outputs) in output.chunks_exact_mut(channels).enumerate() {
        let (batch, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let mut sum = 0;
            taps(rows, columns, &op.window, op.from, |tap, at| {
                let value = i16::get(&image[at + channel / op.multiplier as usize]);
                sum += i64::from(value) * i64::from(weights[tap * channels + channel]);
            });
            *out = table.output(channel, sum, &op.rescaling);
        }
    }
}

/// Multiplies each input vector with the matrix of weights.
pub(in crate::kernels) fn fully_connected(op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let table = Channels::of(constants, op.channels, op.outputs);
    let vectors = input.chunks_exact(op.inputs as usize).zip(output.chunks_exact_mut(op.outputs as usize));
    for (vector, results) in vectors {
        for (channel, (row, out)) in weights.chunks_exact(op.inputs as usize).zip(results).enumerate() {
            *out = table.output(channel, dot(vector, row, op.weights_offset), &op.rescaling);
        }
    }
}
