//! Noise reduction: spectral subtraction of a running estimate per channel.

use super::CHANNELS;

/// Fractional bits of the coefficients.
const BITS: u32 = 14;
/// Bits by which the estimate is finer than the signal.
pub(super) const ESTIMATE_BITS: u32 = 10;
/// Weight of the newest frame in the estimate: 0.025 in even channels, 0.06 in odd ones.
const SMOOTHING: [u64; 2] = [409, 983];
/// 0.05: the share of the signal that always remains.
const REMAINING: u64 = 819;

/// Takes the noise out of `signal` and the signal into the noise `estimate`.
#[inline(always)]
pub(super) fn apply(estimate: &mut [u32; CHANNELS], signal: &mut [u32; CHANNELS]) {
    for (channel, (estimate, signal)) in estimate.iter_mut().zip(signal).enumerate() {
        let smoothing = SMOOTHING[channel % 2];
        let scaled = *signal << ESTIMATE_BITS;
        let blended = u64::from(scaled) * smoothing + u64::from(*estimate) * ((1 << BITS) - smoothing);
        *estimate = (blended >> BITS) as u32;
        let subtracted = scaled.saturating_sub(*estimate) >> ESTIMATE_BITS;
        let floor = ((u64::from(*signal) * REMAINING) >> BITS) as u32;
        *signal = subtracted.max(floor);
    }
}
