//! Constants in the order in which the kernels read them.

use super::taps::Taps;
use crate::fixed::Factor;
use crate::op::{Conv, Depthwise, FullyConnected, Layout, Rescaling};

/// Constants of each output channel, as an operator has them.
#[derive(Clone, Copy, Debug)]
pub struct Channels<'a> {
    /// Start of each sum.
    pub biases: &'a [i32],
    /// Mantissa of each factor.
    pub multipliers: &'a [i32],
    /// Exponent of each factor.
    pub shifts: &'a [i32],
}

impl<'a> Channels<'a> {
    /// The three arrays that `words` holds, one after the other.
    pub fn of(words: &'a [i32]) -> Self {
        let (biases, factors) = words.split_at(words.len() / 3);
        let (multipliers, shifts) = factors.split_at(factors.len() / 2);
        Self { biases, multipliers, shifts }
    }
}

/// Packs a convolution: appends to `stream` what the kernel reads, and returns the bytes of scratch memory that it
/// needs; nothing where the convolution must stay plain.
pub fn conv(
    op: &Conv<impl Copy>,
    weights: &[i8],
    channels: &Channels<'_>,
    stream: &mut impl Extend<i32>,
) -> Option<usize> {
    let kernel = (op.window.height * op.window.width * op.depth) as usize;
    pairs(op, |channel, tap| weights[channel * kernel + tap], channels, stream)
}

/// Packs a depthwise convolution of a single input channel as the convolution that it is: [`as_conv`].
pub fn single(
    op: &Depthwise<impl Copy>,
    weights: &[i8],
    channels: &Channels<'_>,
    stream: &mut impl Extend<i32>,
) -> Option<usize> {
    let out = op.to.channels as usize;
    pairs(&as_conv(op), |channel, tap| weights[tap * out + channel], channels, stream)
}

/// A depthwise convolution of a single input channel as the convolution that it is.
pub fn as_conv<A: Copy>(op: &Depthwise<A>) -> Conv<A> {
    Conv {
        input: op.input,
        output: op.output,
        scratch: op.scratch,
        weights: op.weights,
        channels: op.channels,
        from: op.from,
        to: op.to,
        depth: 1,
        window: op.window,
        rescaling: op.rescaling,
        layout: Layout::Packed,
    }
}

/// Streams of two channels at a time; of an odd number the last one stands there twice.
fn pairs(
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
        channels.lane(channel, (0..kernel).map(|tap| weight(channel, tap)), &op.rescaling, 0)
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

/// What weights of 16 bits have room for beside a byte.
const MOST_LEFT: i32 = 8;

/// Packs a depthwise convolution: appends to `stream` what the kernel reads; nothing where it must stay plain.
///
/// Groups of four channels; the last group ends with the last channel, and so may overlap the one before.
pub fn depthwise(
    op: &Depthwise<impl Copy>,
    weights: &[i8],
    channels: &Channels<'_>,
    stream: &mut impl Extend<i32>,
) -> Option<()> {
    let (out, taps) = (op.to.channels as usize, (op.window.height * op.window.width) as usize);
    if op.multiplier != 1 || out < 4 {
        return None;
    }
    let lane = |channel: usize| {
        channels.lane(channel, (0..taps).map(|tap| weights[tap * out + channel]), &op.rescaling, MOST_LEFT)
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
    Some(())
}

/// Packs a fully connected layer: appends to `stream` what the kernel reads; nothing where it must stay plain.
pub fn fully_connected(
    op: &FullyConnected<impl Copy>,
    weights: &[i8],
    channels: &Channels<'_>,
    stream: &mut impl Extend<i32>,
) -> Option<()> {
    if op.weights_offset != 0 {
        return None;
    }
    let (inputs, outputs) = (op.inputs as usize, op.outputs as usize);
    let row = |output: usize| &weights[output * inputs..][..inputs];
    let lane = |output: usize| channels.lane(output, row(output).iter().copied(), &op.rescaling, 0);
    (0..outputs).try_for_each(|output| lane(output).map(|_| ()))?;
    for first in (0..outputs).step_by(2) {
        let pair = [first, (first + 1).min(outputs - 1)];
        let lanes = pair.map(|output| lane(output).unwrap_or_default());
        stream.extend(lanes.map(|lane| lane.bias));
        for group in 0..inputs.div_ceil(4) {
            stream.extend(pair.map(|output| word(|i| row(output).get(4 * group + i).copied().unwrap_or(0))));
        }
        lanes.iter().for_each(|lane| stream.extend(lane.scaling()));
    }
    Some(())
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

/// Sums of a channel stay below this, so that nothing overflows that is computed of them.
pub(in crate::kernels) const BOUND: i32 = 1 << 30;

impl Channels<'_> {
    /// Factor of a channel.
    pub(in crate::kernels) fn factor(&self, channel: usize) -> Factor {
        Factor { multiplier: self.multipliers[channel], shift: self.shifts[channel] }
    }

    /// The least and the greatest sum that a channel can have; nothing where it has no 32 bits.
    pub(in crate::kernels) fn sums(
        &self,
        channel: usize,
        weights: impl Iterator<Item = i8>,
        rescaling: &Rescaling,
    ) -> Option<[i32; 2]> {
        let (low, high) = (i64::from(rescaling.input_offset) - 128, i64::from(rescaling.input_offset) + 127);
        let bias = i64::from(self.biases[channel]);
        let (least, most) = weights.map(i64::from).fold((bias, bias), |(least, most), weight| {
            let (a, b) = (weight * low, weight * high);
            (least + a.min(b), most + a.max(b))
        });
        let bound = |sum: i64| i32::try_from(sum).ok();
        Some([bound(least)?, bound(most)?])
    }

    /// The output of a channel that has no other: pruned away in training, its scale next to nothing.
    pub(in crate::kernels) fn constant(
        &self,
        channel: usize,
        sums: [i32; 2],
        rescaling: &Rescaling,
    ) -> Option<i32> {
        let factor = self.factor(channel);
        let [least, most] = sums.map(|sum| {
            let scaled = i64::from(factor.apply(sum)) + i64::from(rescaling.output_offset);
            scaled.max(i64::from(rescaling.min)).min(i64::from(rescaling.max)) as i32
        });
        (factor.shift <= 0 && least == most).then_some(least)
    }

    /// The lane of one channel, whose weights have room for a shift to the left by up to `most_left`; nothing where the
    /// kernels' arithmetic could differ from TFLite's.
    ///
    /// The kernels double a sum before `smmulr` and round a shift with one addition, which is TFLite's rounding as
    /// long as nothing overflows; the channel's weights must prove that here. A channel whose output never changes
    /// needs no proof: it becomes a constant.
    fn lane(
        &self,
        channel: usize,
        weights: impl Iterator<Item = i8>,
        rescaling: &Rescaling,
        most_left: i32,
    ) -> Option<Lane> {
        let sums = self.sums(channel, weights, rescaling)?;
        if let Some(output) = self.constant(channel, sums, rescaling) {
            return Some(Lane { rounding: output, ..Lane::default() });
        }
        let (factor, bias) = (self.factor(channel), self.biases[channel]);
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
}
