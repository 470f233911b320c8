//! Constants in the order in which the kernels read them.

use super::Dsp;
use super::multiplied::Band;
use super::taps::Taps;
use crate::kernels::channels::BOUND;
use crate::kernels::{Channels, Streamed};
use crate::op::{Conv, Depthwise, FullyConnected, Rescaling};

/// What weights of 16 bits have room for beside a byte.
const MOST_LEFT: i32 = 8;

impl Streamed for Dsp {
    const DENSE_IS_CONV: bool = false;

    /// Streams of two channels at a time; of an odd number the last one stands there twice.
    fn pack_windows(
        op: &Conv<impl Copy>,
        weight: impl Fn(usize, usize) -> i8,
        channels: &Channels<'_>,
        stream: &mut impl Extend<i32>,
    ) -> Option<usize> {
        if op.depth != op.from.channels {
            return None;
        }
        let (taps, out) = (Taps::new(op), op.to.channels as usize);
        let kernel = (op.window.height * op.window.width * op.depth) as usize;
        let lane = |channel: usize| {
            lane_of(channels, channel, (0..kernel).map(|tap| weight(channel, tap)), &op.rescaling, 0)
        };
        (0..out).try_for_each(|channel| lane(channel).map(|_| ()))?;
        for first in (0..out).step_by(2) {
            let pair = [first, (first + 1).min(out - 1)];
            let lanes = pair.map(|channel| lane(channel).unwrap_or_default());
            stream.extend(lanes.map(|lane| lane.bias));
            for group in 0..taps.groups() {
                stream.extend(
                    pair.map(|channel| word(|i| taps.weight(group, i).map_or(0, |tap| weight(channel, tap)))),
                );
            }
            lanes.iter().for_each(|lane| stream.extend(lane.scaling()));
        }
        // The words may have to be aligned within the bytes.
        Some(4 * taps.scratch_words() + 3)
    }

    /// Groups of four channels; the last group ends with the last channel, and so may overlap the one before.
    fn pack_depthwise(
        op: &Depthwise<impl Copy>,
        weights: &[i8],
        channels: &Channels<'_>,
        stream: &mut impl Extend<i32>,
    ) -> Option<usize> {
        let (out, taps) = (op.to.channels as usize, (op.window.height * op.window.width) as usize);
        if out < 4 {
            return None;
        }
        let lane = |channel: usize| {
            lane_of(
                channels,
                channel,
                (0..taps).map(|tap| weights[tap * out + channel]),
                &op.rescaling,
                MOST_LEFT,
            )
        };
        (0..out).try_for_each(|channel| lane(channel).map(|_| ()))?;
        for group in 0..out.div_ceil(4) {
            let first = (4 * group).min(out - 4);
            let lanes: [Lane; 4] = core::array::from_fn(|i| lane(first + i).unwrap_or_default());
            stream.extend(lanes.map(|lane| lane.bias));
            for tap in 0..taps {
                let weight = |i: usize| i32::from(weights[tap * out + first + i]) << lanes[i].left;
                stream.extend([0, 1].map(|i| (weight(i) & 0xFFFF) | (weight(i + 2) << 16)));
            }
            lanes.iter().for_each(|lane| stream.extend(lane.scaling()));
        }
        Some(0)
    }

    /// Streams of two outputs at a time; the last two of a channel end with its last output, and so may overlap those before.
    fn pack_multiplied(
        op: &Depthwise<impl Copy>,
        weights: &[i8],
        channels: &Channels<'_>,
        stream: &mut impl Extend<i32>,
    ) -> Option<usize> {
        let (band, w, out, multiplier) =
            (Band::new(op), &op.window, op.to.channels as usize, op.multiplier as usize);
        if w.dilation_x > 1 || w.pad_left >= w.width {
            return None;
        }
        let lane = |channel: usize| {
            let weights = (0..band.taps).map(|tap| weights[tap * out + channel]);
            lane_of(channels, channel, weights, &op.rescaling, MOST_LEFT)
        };
        (0..out).try_for_each(|channel| lane(channel).map(|_| ()))?;
        // Column by column, as the band has the inputs.
        let (width, height) = (w.width as usize, w.height as usize);
        let weight = |channel: usize, tap: usize| match tap < band.taps {
            true => i32::from(weights[(tap % height * width + tap / height) * out + channel]),
            false => 0,
        };
        for first in (0..out).step_by(multiplier) {
            for pair in (0..multiplier).step_by(2) {
                let first = first + pair.min(multiplier - 2);
                let lanes = [0, 1].map(|i| lane(first + i).unwrap_or_default());
                stream.extend(lanes.map(|lane| lane.bias));
                for word in 0..band.words() {
                    stream.extend([0, 1].map(|i| {
                        let [low, high] =
                            [0, 1].map(|tap| weight(first + i, 2 * word + tap) << lanes[i].left);
                        (low & 0xFFFF) | (high << 16)
                    }));
                }
                lanes.iter().for_each(|lane| stream.extend(lane.scaling()));
            }
        }
        Some(band.scratch_bytes())
    }

    fn pack_fully_connected(
        op: &FullyConnected<impl Copy>,
        weights: &[i8],
        channels: &Channels<'_>,
        stream: &mut impl Extend<i32>,
    ) -> Option<usize> {
        if op.weights_offset != 0 {
            return None;
        }
        let (inputs, outputs) = (op.inputs as usize, op.outputs as usize);
        let row = |output: usize| &weights[output * inputs..][..inputs];
        let lane = |output: usize| lane_of(channels, output, row(output).iter().copied(), &op.rescaling, 0);
        (0..outputs).try_for_each(|output| lane(output).map(|_| ()))?;
        for first in (0..outputs).step_by(2) {
            let pair = [first, (first + 1).min(outputs - 1)];
            let lanes = pair.map(|output| lane(output).unwrap_or_default());
            stream.extend(lanes.map(|lane| lane.bias));
            for group in 0..inputs.div_ceil(4) {
                stream.extend(
                    pair.map(|output| word(|i| row(output).get(4 * group + i).copied().unwrap_or(0))),
                );
            }
            lanes.iter().for_each(|lane| stream.extend(lane.scaling()));
        }
        Some(0)
    }
}

fn word(byte: impl Fn(usize) -> i8) -> i32 {
    i32::from_le_bytes(core::array::from_fn(|i| byte(i) as u8))
}

/// How a channel's sum begins and how it becomes its output.
#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    bias: i32,
    /// To the left, of the weights.
    left: u32,
    multiplier: i32,
    /// Half a step of the shift, and the output's zero point.
    rounding: i32,
    shift: i32,
}

impl Lane {
    fn scaling(&self) -> [i32; 3] {
        [self.multiplier, self.rounding, self.shift]
    }
}

/// The lane of one channel, whose weights have room for a shift to the left by up to `most_left`; nothing where the
/// kernels' arithmetic could differ from TFLite's.
///
/// The kernels double a sum before `smmulr` and round a shift with one addition, which is TFLite's rounding as
/// long as nothing overflows; the channel's weights must prove that here. A channel whose output never changes
/// needs no proof: it becomes a constant.
fn lane_of(
    channels: &Channels<'_>,
    channel: usize,
    weights: impl Iterator<Item = i8>,
    rescaling: &Rescaling,
    most_left: i32,
) -> Option<Lane> {
    let sums = channels.sums(channel, weights, rescaling)?;
    if let Some(output) = channels.constant(channel, sums, rescaling) {
        return Some(Lane { rounding: output, ..Lane::default() });
    }
    let (factor, bias) = (channels.factor(channel), channels.biases[channel]);
    // Without a shift to the right there is nothing to round, and what is taken from negative sums is lost where the
    // activation begins at zero.
    let most_shift = if rescaling.min >= rescaling.output_offset { most_left } else { -1 };
    let (left, shift) = (factor.shift.max(0) as u32, (-factor.shift).max(0));
    let fits = |sum: i32| (i64::from(sum) << left).abs() < i64::from(BOUND);
    if !(-22..=most_shift).contains(&factor.shift) || !sums.into_iter().all(fits) {
        return None;
    }
    let rounding = ((1 << shift) >> 1) + (rescaling.output_offset << shift);
    // The bias alone may be beyond what the sums are.
    Some(Lane { bias: bias.wrapping_shl(left), left, multiplier: factor.multiplier, rounding, shift })
}
