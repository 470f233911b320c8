//! The Hann window in Q12, and how far its result can be shifted up.

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
        *out = weighted(sample, coefficient, BITS) as i16;
        peak = peak.max(out.wrapping_abs());
        lowest = lowest.min(*out);
    }
    // The C library negates within sixteen bits, where −32768 stays negative and so never is the peak.
    match reference {
        Reference::TfliteMicro if lowest == i16::MIN => headroom(output.iter().copied()),
        _ => peak.leading_zeros() - 1,
    }
}

/// A sample times its coefficient of `bits` fractional bits.
#[inline(always)]
pub(crate) fn weighted(sample: i16, coefficient: i16, bits: u32) -> i32 {
    (i32::from(sample) * i32::from(coefficient)) >> bits
}

/// By how many bits TFLite Micro takes samples to be free to be shifted left.
///
/// Its search for the peak keeps the peak in sixteen bits: 32768 is stored as −32768, after which the search begins
/// anew, even with a negative sample.
// The front end hardly ever calls it, and not every copy of the front end's loop should hold it.
#[inline(never)]
pub(crate) fn headroom(samples: impl IntoIterator<Item = i16>) -> u32 {
    let peak = samples.into_iter().fold(0_i16, |peak, sample| {
        if sample > peak {
            sample
        } else if -i32::from(sample) > i32::from(peak) {
            sample.wrapping_neg()
        } else {
            peak
        }
    });
    if peak > 0 { peak.leading_zeros() - 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::headroom;

    #[test]
    fn the_peak_is_forgotten_at_its_lowest() {
        // What the operator `SignalFftAutoScale` of PyPI's `tflite-micro` gives.
        let of: [(&[i16], u32); 7] = [
            (&[1, 2, 3], 13),
            (&[-32768, 5, 1], 12),
            (&[-32768, -5, -1], 0),
            (&[5, -32768], 0),
            (&[-32768, -5, -7], 12),
            (&[-32768, 100, -7], 8),
            (&[0, 0], 0),
        ];
        for (samples, bits) in of {
            assert_eq!(headroom(samples.iter().copied()), bits, "{samples:?}");
        }
    }
}
