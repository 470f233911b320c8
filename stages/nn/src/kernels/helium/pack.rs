//! Constants in the order in which the kernels read them.

use super::Helium;
use crate::kernels::channels::BOUND;
use crate::kernels::{Channels, Dsp, Streamed};
use crate::op::{Conv, Depthwise, Rescaling};

/// Bytes that one instruction multiplies; windows are filled up to a multiple of it.
pub(super) const STEP: usize = 16;

/// Whether windows are pixels of whole steps, one after the other.
pub(super) fn is_pointwise(op: &Conv<impl Copy>) -> bool {
    let w = &op.window;
    [w.height, w.width, w.stride_y, w.stride_x] == [1; 4]
        && [w.pad_top, w.pad_left] == [0; 2]
        && (op.from.height, op.from.width) == (op.to.height, op.to.width)
        && (op.from.channels as usize).is_multiple_of(STEP)
}

/// Whether a window is the image.
pub(super) fn is_whole(op: &Conv<impl Copy>) -> bool {
    let w = &op.window;
    (w.height, w.width) == (op.from.height, op.from.width)
        && [w.pad_top, w.pad_left] == [0; 2]
        && (w.height == 1 || w.dilation_y == 1)
        && (w.width == 1 || w.dilation_x == 1)
}

/// Words that [`scaling`] writes for each lane.
pub(super) const SCALING: usize = 4;

/// How the sums of four lanes become outputs, in the order in which it is done; a shift to the left by a negative number is
/// one to the right.
fn scaling(lanes: &[Lane], stream: &mut impl Extend<i32>) {
    stream.extend(lanes.iter().map(|lane| lane.left));
    stream.extend(lanes.iter().map(|lane| lane.multiplier));
    stream.extend(lanes.iter().map(|lane| -lane.right));
    stream.extend(lanes.iter().map(|lane| lane.rounding));
}

/// Channels of the groups that a depthwise convolution works on: of 16 while there are so many, then of 8.
pub(super) fn groups(channels: usize) -> impl Iterator<Item = (usize, usize)> {
    let wide = channels / 16;
    let narrow = (channels % 16).div_ceil(8);
    (0..wide).map(|group| (16 * group, 16)).chain((0..narrow).map(move |group| (16 * wide + 8 * group, 8)))
}

/// Channels of a group by the lane of the vectors that they are in: each eight as those of even number, then the others.
fn lane(of: usize) -> usize {
    of / 8 * 8 + of % 4 * 2 + of % 8 / 4
}

impl Streamed for Helium {
    const DENSE_IS_CONV: bool = true;

    /// For each group of four channels: biases; for each 16 inputs the weights of each channel; how sums become outputs. The
    /// last group is filled up with channels of zeros.
    fn pack_windows(
        op: &Conv<impl Copy>,
        weight: impl Fn(usize, usize) -> i8,
        channels: &Channels<'_>,
        stream: &mut impl Extend<i32>,
    ) -> Option<usize> {
        if op.depth != op.from.channels {
            return None;
        }
        let (kernel, out) =
            ((op.window.height * op.window.width * op.depth) as usize, op.to.channels as usize);
        let row = |channel: usize| (0..kernel).map(move |tap| (channel, tap)).map(|(c, tap)| weight(c, tap));
        (0..out)
            .try_for_each(|channel| lane_of(channels, channel, row(channel), &op.rescaling).map(|_| ()))?;
        for first in (0..out).step_by(4) {
            let channel = |i: usize| Some(first + i).filter(|channel| *channel < out);
            let lanes: [Lane; 4] = core::array::from_fn(|i| {
                channel(i).and_then(|c| lane_of(channels, c, row(c), &op.rescaling)).unwrap_or_default()
            });
            stream.extend(lanes.iter().map(|lane| lane.bias));
            for step in 0..kernel.div_ceil(STEP) {
                let bytes = |i: usize, word: usize| {
                    let tap = |byte| Some(step * STEP + 4 * word + byte).filter(|tap| *tap < kernel);
                    let weight = |byte| channel(i).zip(tap(byte)).map_or(0, |(c, tap)| weight(c, tap));
                    i32::from_le_bytes(core::array::from_fn(|byte| weight(byte) as u8))
                };
                stream
                    .extend((0..4).flat_map(|i| (0..4).map(move |word| (i, word))).map(|(i, w)| bytes(i, w)));
            }
            scaling(&lanes, stream);
        }
        // Two windows, where there are two pixels that do not lie in the image as the kernel reads them.
        let pixels = op.to.height as usize * op.to.width as usize;
        let windows = if pixels == 1 && is_whole(op) || is_pointwise(op) { 0 } else { pixels.min(2) };
        Some(windows * kernel.next_multiple_of(STEP))
    }

    /// For each group of channels: biases, by lane; the weights of each tap; how sums become outputs, by lane.
    fn pack_depthwise(
        op: &Depthwise<impl Copy>,
        weights: &[i8],
        channels: &Channels<'_>,
        stream: &mut impl Extend<i32>,
    ) -> Option<usize> {
        let (out, taps) = (op.to.channels as usize, (op.window.height * op.window.width) as usize);
        let column = |channel: usize| (0..taps).map(move |tap| weights[tap * out + channel]);
        (0..out)
            .try_for_each(|channel| lane_of(channels, channel, column(channel), &op.rescaling).map(|_| ()))?;
        for (first, count) in groups(out) {
            let channel = |i: usize| Some(first + i).filter(|channel| *channel < out);
            let mut lanes = [Lane::default(); 16];
            for (i, to) in lanes.iter_mut().enumerate().take(count) {
                *to = channel(lane(i))
                    .and_then(|c| lane_of(channels, c, column(c), &op.rescaling))
                    .unwrap_or_default();
            }
            let lanes = &lanes[..count];
            stream.extend(lanes.iter().map(|lane| lane.bias));
            for tap in 0..taps {
                let weight = |i: usize| channel(i).map_or(0, |channel| weights[tap * out + channel]);
                let word = |word: usize| {
                    i32::from_le_bytes(core::array::from_fn(|byte| weight(4 * word + byte) as u8))
                };
                stream.extend((0..count / 4).map(word));
            }
            for lanes in lanes.chunks(4) {
                scaling(lanes, stream);
            }
        }
        Some(taps * out)
    }

    fn pack_multiplied(
        op: &Depthwise<impl Copy>,
        weights: &[i8],
        channels: &Channels<'_>,
        stream: &mut impl Extend<i32>,
    ) -> Option<usize> {
        Dsp::pack_multiplied(op, weights, channels, stream)
    }
}

/// How a channel's sum begins and how it becomes its output.
#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    bias: i32,
    /// To the left, before the multiplication.
    left: i32,
    multiplier: i32,
    /// To the right, after it.
    right: i32,
    /// Half a step of that shift, and the output's zero point.
    rounding: i32,
}

/// The lane of one channel, its input's offset part of the bias; nothing where the kernels' arithmetic could differ
/// from TFLite's, which is where a sum may overflow.
fn lane_of(
    channels: &Channels<'_>,
    channel: usize,
    weights: impl Iterator<Item = i8> + Clone,
    rescaling: &Rescaling,
) -> Option<Lane> {
    let sums = channels.sums(channel, weights.clone(), rescaling)?;
    if let Some(output) = channels.constant(channel, sums, rescaling) {
        return Some(Lane { rounding: output, ..Lane::default() });
    }
    let factor = channels.factor(channel);
    let (left, right) = (factor.shift.max(0), (-factor.shift).max(0));
    let fits = |sum: i32| (i64::from(sum) << left).abs() < i64::from(BOUND);
    if left > 30 || right > 22 || !sums.into_iter().all(fits) {
        return None;
    }
    let offsets = weights.map(i32::from).fold(0, i32::wrapping_add).wrapping_mul(rescaling.input_offset);
    Some(Lane {
        bias: channels.biases[channel].wrapping_add(offsets),
        left,
        multiplier: factor.multiplier,
        right,
        rounding: ((1 << right) >> 1) + (rescaling.output_offset << right),
    })
}
