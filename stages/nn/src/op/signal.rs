//! TFLite Micro's signal operators, which make features of samples. [`micro_frontend`](crate::micro_frontend) has
//! the arithmetic.
//!
//! Numbers lie in the arena and in the pool of bytes with their lowest byte first; spans count bytes. What the
//! planner promises of lengths and indices is what the kernels rely on.

use super::Span;
pub use crate::micro_frontend::Subtraction;

/// SignalWindow: samples times the window's coefficients, saturated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalWindow {
    /// i16 in the arena, a whole number of windows.
    pub input: Span,
    /// i16 in the arena, as many.
    pub output: Span,
    /// i16 in the pool of bytes, one window.
    pub coefficients: Span,
    /// Fractional bits of the coefficients, at most 31.
    pub shift: u32,
}

/// SignalFftAutoScale: samples shifted left as far as the loudest allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalAutoScale {
    /// i16 in the arena.
    pub input: Span,
    /// i16 in the arena, as many.
    pub output: Span,
    /// One i32 in the arena: the number of bits.
    pub bits: Span,
}

/// SignalRfft: the spectrum of real samples, divided by half of its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalRfft {
    /// i16 in the arena: rows of samples.
    pub input: Span,
    /// i16 in the arena: as many rows of `length / 2 + 1` pairs of a real and an imaginary part.
    pub output: Span,
    /// Working memory in the arena, four bytes for each point.
    pub scratch: Span,
    /// In the pool of bytes: `length / 2` roots of unity, then `length / 4` more that split the halves.
    pub roots: Span,
    /// Samples of a row, at most `length`; the rest is taken as zeros.
    pub row: u32,
    /// Points of the transform, a power of two from 16 to 4096.
    pub length: u32,
}

/// SignalEnergy: squares of the magnitudes of the bins from `start` to `end`, and zero for all others (which TFLite Micro
/// leaves undefined).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalEnergy {
    /// i16 in the arena: pairs of a real and an imaginary part.
    pub input: Span,
    /// u32 in the arena.
    pub output: Span,
    /// First bin.
    pub start: u32,
    /// The bin after the last.
    pub end: u32,
}

/// SignalFilterBank: weighted sums of neighbouring energies, each of which belongs to two channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalFilterBank {
    /// u32 in the arena.
    pub input: Span,
    /// u64 in the arena, one to a channel.
    pub output: Span,
    /// i16 in the pool of bytes: weights in the channel above.
    pub weights: Span,
    /// i16 in the pool of bytes: weights in the channel below.
    pub unweights: Span,
    /// i16 in the pool of bytes, one more than there are channels, as of the next two: the first energy of each.
    pub starts: Span,
    /// The first weight of each.
    pub weight_starts: Span,
    /// How many energies each reads.
    pub widths: Span,
}

/// SignalFilterBankSquareRoot: square roots, rounded, shifted right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalSquareRoot {
    /// u64 in the arena.
    pub input: Span,
    /// One i32 in the arena: by how many bits.
    pub bits: Span,
    /// u32 in the arena, as many.
    pub output: Span,
}

/// SignalFilterBankSpectralSubtraction: takes a running estimate of the noise out of each channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalSubtraction {
    /// u32 in the arena, one to a channel, as all of these.
    pub input: Span,
    /// What remains of the signal.
    pub output: Span,
    /// A copy of the estimate.
    pub noise: Span,
    /// The estimate, among the variables.
    pub state: Span,
    /// The coefficients.
    pub coefficients: Subtraction,
}

/// SignalPCAN: each channel over a power of its noise, compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalPcan {
    /// u32 in the arena, one to a channel.
    pub input: Span,
    /// u32 in the arena, as many: the estimate of the noise.
    pub noise: Span,
    /// u32 in the arena, as many.
    pub output: Span,
    /// i16 in the pool of bytes, 125 at least: the gain over the noise.
    pub gains: Span,
    /// Bits by which the product of signal and gain is shifted down, at most 63.
    pub shift: u32,
}

/// SignalFilterBankLog: natural logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalLog {
    /// u32 in the arena.
    pub input: Span,
    /// i16 in the arena, as many.
    pub output: Span,
    /// u16 in the pool of bytes: the bend of the binary logarithm, 129 points.
    pub table: Span,
    /// Bits by which inputs are shifted up, at most 31.
    pub shift: u32,
    /// Factor of the logarithm.
    pub scale: u32,
}
