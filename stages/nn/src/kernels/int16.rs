//! int16, as the operators on it see the arena and the pool of words. Their kernels are plain loops, as TFLite Micro's
//! reference; those with weights of int8 are the 16×8 forms of TFLite's `reference_integer_ops`.

use super::Constants;
use super::cell::Cell;
use crate::fixed::Factor;
use crate::op::{Rescaling, Span};

/// Two bytes of the arena.
pub(crate) type Bytes = <i16 as Cell>::Bytes;

/// Input and output as int16.
pub(crate) fn pair(arena: &mut [i8], input: Span, output: Span) -> (&[Bytes], &mut [Bytes]) {
    let (input, output) = super::pair(arena, input, output);
    (i16::of(input), i16::of_mut(output))
}

/// Bias and factor of each output channel.
pub(crate) struct Channels<'a> {
    biases: &'a [i32],
    /// High words of biases of 64 bits.
    high: Option<&'a [i32]>,
    multipliers: &'a [i32],
    shifts: &'a [i32],
}

impl<'a> Channels<'a> {
    /// What `span` of the words holds for `count` channels: three arrays with biases of 32 bits, four with biases of
    /// 64 bits.
    pub(crate) fn of(constants: Constants<'a>, span: Span, count: u32) -> Self {
        let words = &constants.words[span.range()];
        let mut arrays = words.chunks_exact(count as usize);
        let mut next = || arrays.next().unwrap_or_default();
        let biases = next();
        let high = (words.len() == 4 * count as usize).then(&mut next);
        Self { biases, high, multipliers: next(), shifts: next() }
    }

    /// The output that a channel's sum stands for. With biases of 32 bits, TFLite sums in 32 bits too.
    #[inline]
    pub(crate) fn output(&self, channel: usize, sum: i64, rescaling: &Rescaling) -> Bytes {
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
#[inline]
pub(crate) fn dot(inputs: &[Bytes], weights: &[i8], weights_offset: i32) -> i64 {
    let products = inputs.iter().zip(weights);
    products.map(|(x, w)| i64::from(i16::get(x)) * i64::from(i32::from(*w) + weights_offset)).sum()
}
