//! The natural logarithm, scaled: by 64 in the front end.

use super::CHANNELS;
use super::pcan::CORRECTION_BITS;

/// Fractional bits of the logarithm while it is computed.
const BITS: u32 = 16;
const SEGMENT_BITS: u32 = 7;
/// Values at the segments' ends; the last serves the last segment's end.
pub(crate) const SEGMENTS: usize = (1 << SEGMENT_BITS) + 1;
/// ln 2 in Q16.
const LN_2: u64 = 45_426;
const SCALE: u32 = 64;
const HALF: u32 = 1 << (BITS - 1);

/// `log₂(1 + x) − x` in Q16, at 128ths.
#[must_use]
pub(crate) fn segments() -> [u16; SEGMENTS] {
    core::array::from_fn(|i| {
        let x = i as f64 / f64::from(1 << SEGMENT_BITS);
        libm::round((libm::log2(1.0 + x) - x) * f64::from(1 << BITS)) as u16
    })
}

/// `scale · ln x`, rounded, modulo 2¹⁶, and 0 for an `x` of 0. `table` holds the [`segments`].
#[inline(always)]
pub(crate) fn log(table: impl Fn(usize) -> u16, scale: u32, x: u32) -> u32 {
    if x <= 1 {
        return 0;
    }
    let whole = 31 - x.leading_zeros();
    let above = x - (1 << whole);
    let fraction = if whole < BITS { above << (BITS - whole) } else { above >> (whole - BITS) };
    let segment = (fraction >> (BITS - SEGMENT_BITS)) as usize;
    let (start, end) = (i32::from(table(segment)), i32::from(table(segment + 1)));
    let within = (fraction & ((1 << (BITS - SEGMENT_BITS)) - 1)) as i32;
    let bend = start + (((end - start) * within) >> BITS);
    let log2 = u64::from((whole << BITS) + fraction) + bend as u64;
    let natural = ((LN_2 * log2 + u64::from(HALF)) >> BITS) as u32;
    scale.wrapping_mul(natural).wrapping_add(HALF) >> BITS
}

/// The features: logarithms of the channels, with the transform's scale taken into account.
#[inline(always)]
pub(super) fn apply(table: &[u16; SEGMENTS], signal: &[u32; CHANNELS], features: &mut [u16; CHANNELS]) {
    for (feature, &signal) in features.iter_mut().zip(signal) {
        *feature = log(|at| table[at], SCALE, signal << CORRECTION_BITS) as u16;
    }
}
