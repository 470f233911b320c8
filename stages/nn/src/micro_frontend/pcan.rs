//! Per-channel amplitude normalisation (PCAN): each channel is divided by a power of its noise estimate, then
//! compressed. Y. Wang et al., "Trainable frontend for robust and far-field keyword spotting", arXiv:1607.05666.

use super::CHANNELS;
use super::noise::ESTIMATE_BITS;

const STRENGTH: f32 = 0.95;
const OFFSET: f32 = 80.0;
const GAIN_BITS: u32 = 21;
/// Half the filter weights' Q12, left by the square root, taken from the transform's 9 bits.
pub(super) const CORRECTION_BITS: u32 = 3;
/// Fractional bits of the signal times its gain.
const SNR_BITS: u32 = 12;
const OUTPUT_BITS: u32 = 6;
/// Entries of the gain table: the gains of 0 and 1, of 2 as a lone value, then three to each power of two.
pub(crate) const GAINS: usize = 125;
/// Bits by which the product of signal and gain is too fine.
const SNR_SHIFT: u32 = GAIN_BITS - CORRECTION_BITS - SNR_BITS;

/// The gain as a function of the noise estimate: quadratic between powers of two, three coefficients every four.
#[must_use]
pub(super) fn gains() -> [i16; GAINS] {
    let mut table = [0; GAINS];
    table[0] = gain_of(0);
    table[1] = gain_of(1);
    for bits in 2..=32_u32 {
        let low = 1_u32 << (bits - 1);
        let high = low.saturating_mul(2);
        let value = i32::from(gain_of(low));
        let to_middle = i32::from(gain_of(low + low / 2)) - value;
        let to_high = i32::from(gain_of(high)) - value;
        let linear = 4 * to_middle - to_high;
        let at = first_coefficient(bits);
        table[at] = value as i16;
        table[at + 1] = linear as i16;
        table[at + 2] = (to_high - linear) as i16;
    }
    table
}

/// `2²¹ · (estimate / 2⁷ + 80)^−0.95`, rounded, at most 32767.
fn gain_of(estimate: u32) -> i16 {
    let level = estimate as f32 / (1_u32 << (ESTIMATE_BITS - CORRECTION_BITS)) as f32;
    let gain = (1_u32 << GAIN_BITS) as f32 * libm::powf(level + OFFSET, -STRENGTH);
    if gain > 32767.0 { i16::MAX } else { (gain + 0.5) as i16 }
}

fn first_coefficient(bits: u32) -> usize {
    4 * bits as usize - 6
}

/// Looks up the gain for a noise estimate in a table of [`GAINS`] entries.
#[inline(always)]
fn gain(table: impl Fn(usize) -> i16, estimate: u32) -> i16 {
    if estimate <= 2 {
        return table(estimate as usize);
    }
    let bits = 32 - estimate.leading_zeros();
    let aligned = if bits < 11 { estimate << (11 - bits) } else { estimate >> (bits - 11) };
    let fraction = (aligned & 0x3FF) as i32;
    let at = first_coefficient(bits);
    let [value, linear, square] = [table(at), table(at + 1), table(at + 2)].map(i32::from);
    let slope = ((square * fraction) >> 5).wrapping_add(linear << 5);
    let rise = (slope.wrapping_mul(fraction).wrapping_add(1 << 14)) >> 15;
    (rise + value) as i16
}

/// A square up to a ratio of two, a straight line above.
#[inline(always)]
fn shrink(snr: u32) -> u32 {
    if snr < 2 << SNR_BITS {
        (snr * snr) >> (2 + 2 * SNR_BITS - OUTPUT_BITS)
    } else {
        (snr >> (SNR_BITS - OUTPUT_BITS)) - (1 << OUTPUT_BITS)
    }
}

/// A channel's compressed ratio to the noise, with six fractional bits.
#[inline(always)]
pub(crate) fn ratio(table: impl Fn(usize) -> i16, snr_shift: u32, estimate: u32, signal: u32) -> u32 {
    // The gain is sign-extended as in C; it is never negative for a table that `gains` made.
    let amplified = u64::from(signal) * u64::from(gain(table, estimate) as u32);
    shrink((amplified >> snr_shift) as u32)
}

/// Replaces each channel by its ratio to the noise.
#[inline(always)]
pub(super) fn apply(table: &[i16; GAINS], estimate: &[u32; CHANNELS], signal: &mut [u32; CHANNELS]) {
    for (signal, &estimate) in signal.iter_mut().zip(estimate) {
        *signal = ratio(|at| table[at], SNR_SHIFT, estimate, *signal);
    }
}
