//! TFLite Micro's signal operators, which make features of samples. [`micro_frontend`](crate::micro_frontend) has
//! the arithmetic.
//!
//! Numbers lie in the arena and in the pool of bytes with their lowest byte first; spans count bytes. What the
//! planner promises of lengths and indices is what the kernels rely on.

use super::Span;
pub use crate::micro_frontend::Subtraction;

/// SignalWindow: samples times the window's coefficients, saturated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalWindow<A = Span> {
    /// i16 in the arena, a whole number of windows.
    pub input: A,
    /// i16 in the arena, as many.
    pub output: A,
    /// i16 in the pool of bytes, one window.
    pub coefficients: Span,
    /// Fractional bits of the coefficients, at most 31.
    pub shift: u32,
}

spans!(SignalWindow { input: Read, output: Write } { coefficients, shift });

/// SignalFftAutoScale: samples shifted left as far as the loudest allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalAutoScale<A = Span> {
    /// i16 in the arena.
    pub input: A,
    /// i16 in the arena, as many.
    pub output: A,
    /// One i32 in the arena: the number of bits.
    pub bits: A,
}

spans!(SignalAutoScale { input: Read, output: Write, bits: Write } {});

/// SignalRfft: the spectrum of real samples, divided by half of its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalRfft<A = Span> {
    /// i16 in the arena: rows of samples.
    pub input: A,
    /// i16 in the arena: as many rows of `length / 2 + 1` pairs of a real and an imaginary part.
    pub output: A,
    /// Working memory in the arena, four bytes for each point.
    pub scratch: A,
    /// In the pool of bytes: `length / 2` roots of unity, then `length / 4` more that split the halves.
    pub roots: Span,
    /// Samples of a row, at most `length`; the rest is taken as zeros.
    pub row: u32,
    /// Points of the transform, a power of two from 16 to 4096.
    pub length: u32,
}

spans!(SignalRfft { input: Read, output: Write, scratch: Scratch } { roots, row, length });

/// SignalEnergy: squares of the magnitudes of the bins from `start` to `end`, and zero for all others (which TFLite Micro
/// leaves undefined).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalEnergy<A = Span> {
    /// i16 in the arena: pairs of a real and an imaginary part.
    pub input: A,
    /// u32 in the arena.
    pub output: A,
    /// First bin.
    pub start: u32,
    /// The bin after the last.
    pub end: u32,
}

spans!(SignalEnergy { input: Read, output: Write } { start, end });

/// SignalFilterBank: weighted sums of neighbouring energies, each of which belongs to two channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalFilterBank<A = Span> {
    /// u32 in the arena.
    pub input: A,
    /// u64 in the arena, one to a channel.
    pub output: A,
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

spans!(SignalFilterBank { input: Read, output: Write } { weights, unweights, starts, weight_starts, widths });

/// SignalFilterBankSquareRoot: square roots, rounded, shifted right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalSquareRoot<A = Span> {
    /// u64 in the arena.
    pub input: A,
    /// One i32 in the arena: by how many bits.
    pub bits: A,
    /// u32 in the arena, as many.
    pub output: A,
}

spans!(SignalSquareRoot { input: Read, bits: Read, output: Write } {});

/// SignalFilterBankSpectralSubtraction: takes a running estimate of the noise out of each channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalSubtraction<A = Span> {
    /// u32 in the arena, one to a channel, as all of these.
    pub input: A,
    /// What remains of the signal.
    pub output: A,
    /// A copy of the estimate.
    pub noise: A,
    /// The estimate, among the variables.
    pub state: A,
    /// The coefficients.
    pub coefficients: Subtraction,
}

spans!(SignalSubtraction { input: Read, output: Write, noise: Write, state: Write } { coefficients });

/// SignalPCAN: each channel over a power of its noise, compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalPcan<A = Span> {
    /// u32 in the arena, one to a channel.
    pub input: A,
    /// u32 in the arena, as many: the estimate of the noise.
    pub noise: A,
    /// u32 in the arena, as many.
    pub output: A,
    /// i16 in the pool of bytes, 125 at least: the gain over the noise.
    pub gains: Span,
    /// Bits by which the product of signal and gain is shifted down, at most 63.
    pub shift: u32,
}

spans!(SignalPcan { input: Read, noise: Read, output: Write } { gains, shift });

/// SignalFilterBankLog: natural logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalLog<A = Span> {
    /// u32 in the arena.
    pub input: A,
    /// i16 in the arena, as many.
    pub output: A,
    /// u16 in the pool of bytes: the bend of the binary logarithm, 129 points.
    pub table: Span,
    /// Bits by which inputs are shifted up, at most 31.
    pub shift: u32,
    /// Factor of the logarithm.
    pub scale: u32,
}

spans!(SignalLog { input: Read, output: Write } { table, shift, scale });
