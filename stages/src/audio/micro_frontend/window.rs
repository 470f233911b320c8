//! The Hann window in Q12.

use super::{Reference, WINDOW};

const BITS: u32 = 12;

/// The Q12 coefficients: `sin²` sampled between the points, so that the window is symmetric and has no zeros.
///
/// The C library's single precision rounds the eighteenth, 53.49995, upwards: its window is not quite symmetric.
#[must_use]
pub(super) fn coefficients(reference: Reference) -> [i16; WINDOW] {
    core::array::from_fn(|i| {
        let value = match reference {
            Reference::CLibrary => {
                let step = core::f32::consts::TAU / WINDOW as f32;
                f64::from(0.5 - 0.5 * libm::cosf(step * (i as f32 + 0.5)))
            }
            Reference::TfliteMicro => {
                let step = core::f64::consts::TAU / WINDOW as f64;
                0.5 - 0.5 * libm::cos(step * (i as f64 + 0.5))
            }
        };
        (value * f64::from(1 << BITS) + 0.5) as i16
    })
}

/// Writes `samples` times the window and returns by how many bits the result can be shifted left.
#[inline(always)]
pub(super) fn apply(
    reference: Reference,
    coefficients: &[i16; WINDOW],
    samples: &[i16; WINDOW],
    output: &mut [i16; WINDOW],
) -> u32 {
    let (mut peak, mut lowest) = (0, 0);
    for ((out, &sample), &coefficient) in output.iter_mut().zip(samples).zip(coefficients) {
        *out = ((i32::from(sample) * i32::from(coefficient)) >> BITS) as i16;
        peak = peak.max(out.wrapping_abs());
        lowest = lowest.min(*out);
    }
    // The C library negates within sixteen bits, where −32768 stays negative and so never is the peak.
    match reference {
        Reference::TfliteMicro if lowest == i16::MIN => 0,
        _ => peak.leading_zeros() - 1,
    }
}
