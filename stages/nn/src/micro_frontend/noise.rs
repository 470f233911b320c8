//! Noise reduction: spectral subtraction of a running estimate per channel.

use super::CHANNELS;

/// Fractional bits of the coefficients.
const BITS: u32 = 14;
/// Bits by which the estimate is finer than the signal.
pub(super) const ESTIMATE_BITS: u32 = 10;

/// The coefficients of a spectral subtraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subtraction {
    /// Weight of the newest frame in the estimate, in even channels and in odd ones.
    pub newest: [u32; 2],
    /// Weight of the estimate before, likewise.
    pub before: [u32; 2],
    /// The share of the signal that always remains.
    pub remaining: u32,
    /// Fractional bits of these, at most 63.
    pub bits: u32,
    /// Bits by which the estimate is finer than the signal, at most 31.
    pub estimate_bits: u32,
    /// Whether the estimate falls to a signal that is below it.
    pub clamping: bool,
}

/// What the front end takes: 0.025 in even channels, 0.06 in odd ones, and 0.05 always remains.
const FRONT_END: Subtraction = Subtraction {
    newest: [409, 983],
    before: [(1 << BITS) - 409, (1 << BITS) - 983],
    remaining: 819,
    bits: BITS,
    estimate_bits: ESTIMATE_BITS,
    clamping: false,
};

impl Subtraction {
    /// The new estimate of a channel and what remains of its signal.
    #[inline(always)]
    pub(crate) fn step(&self, channel: usize, estimate: u32, signal: u32) -> (u32, u32) {
        let (newest, before) = (u64::from(self.newest[channel % 2]), u64::from(self.before[channel % 2]));
        let scaled = signal << self.estimate_bits;
        let blended = (u64::from(scaled) * newest).wrapping_add(u64::from(estimate) * before);
        let estimate = (blended >> self.bits) as u32;
        let subtracted = scaled.saturating_sub(estimate) >> self.estimate_bits;
        let floor = ((u64::from(signal) * u64::from(self.remaining)) >> self.bits) as u32;
        (if self.clamping { estimate.min(scaled) } else { estimate }, subtracted.max(floor))
    }
}

/// Takes the noise out of `signal` and the signal into the noise `estimate`.
#[inline(always)]
pub(super) fn apply(estimate: &mut [u32; CHANNELS], signal: &mut [u32; CHANNELS]) {
    for (channel, (estimate, signal)) in estimate.iter_mut().zip(signal).enumerate() {
        (*estimate, *signal) = FRONT_END.step(channel, *estimate, *signal);
    }
}
