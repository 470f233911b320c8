//! The Hann window in Q12.

use super::WINDOW;

const BITS: u32 = 12;

/// The Q12 coefficients: `sin²` sampled between the points, so that the window is symmetric and has no zeros.
#[must_use]
pub(super) fn coefficients() -> [i16; WINDOW] {
    core::array::from_fn(|i| {
        let phase = core::f64::consts::TAU * (i as f64 + 0.5) / WINDOW as f64;
        let value = 0.5 - 0.5 * libm::cos(phase);
        libm::floor(value * f64::from(1 << BITS) + 0.5) as i16
    })
}

/// Writes `samples` times the window and returns the largest magnitude written.
///
/// A value of −32768 does not count towards the magnitude: the C code negates it within sixteen bits.
pub(super) fn apply(
    coefficients: &[i16; WINDOW],
    samples: &[i16; WINDOW],
    output: &mut [i16; WINDOW],
) -> i16 {
    let mut peak = 0;
    for ((out, &sample), &coefficient) in output.iter_mut().zip(samples).zip(coefficients) {
        *out = ((i32::from(sample) * i32::from(coefficient)) >> BITS) as i16;
        peak = peak.max(out.wrapping_abs());
    }
    peak
}
