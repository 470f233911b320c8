//! What an operator on int8 has for each of its output channels.

use crate::fixed::Factor;
use crate::op::Rescaling;

/// Bias and rescaling factor of each output channel.
#[derive(Clone, Copy, Debug)]
pub struct Channels<'a> {
    /// Start of each sum.
    pub biases: &'a [i32],
    /// Mantissa of each factor.
    pub multipliers: &'a [i32],
    /// Exponent of each factor.
    pub shifts: &'a [i32],
}

/// Sums of a channel stay below this, so that nothing overflows that is computed of them.
pub(super) const BOUND: i32 = 1 << 30;

impl<'a> Channels<'a> {
    /// The three arrays that `words` holds, one after the other.
    pub fn of(words: &'a [i32]) -> Self {
        let (biases, factors) = words.split_at(words.len() / 3);
        let (multipliers, shifts) = factors.split_at(factors.len() / 2);
        Self { biases, multipliers, shifts }
    }

    /// The output that a channel's sum stands for.
    #[inline]
    pub(crate) fn output(&self, channel: usize, sum: i32, rescaling: &Rescaling) -> i8 {
        let scaled = self.factor(channel).apply(sum).wrapping_add(rescaling.output_offset);
        scaled.max(rescaling.min).min(rescaling.max) as i8
    }

    /// Factor of a channel.
    #[inline]
    pub(super) fn factor(&self, channel: usize) -> Factor {
        Factor { multiplier: self.multipliers[channel], shift: self.shifts[channel] }
    }

    /// The least and the greatest sum that a channel can have; nothing where it has no 32 bits.
    pub(super) fn sums(
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
    pub(super) fn constant(&self, channel: usize, sums: [i32; 2], rescaling: &Rescaling) -> Option<i32> {
        let factor = self.factor(channel);
        let [least, most] = sums.map(|sum| {
            let scaled = i64::from(factor.apply(sum)) + i64::from(rescaling.output_offset);
            scaled.max(i64::from(rescaling.min)).min(i64::from(rescaling.max)) as i32
        });
        (factor.shift <= 0 && least == most).then_some(least)
    }
}
