//! Forty triangular channels, evenly spaced in mel, and the square root of their energies.

use super::{CHANNELS, FFT, RATE, Reference};

const BITS: u32 = 12;
const LOWEST_HZ: f32 = 125.0;
const HIGHEST_HZ: f32 = 7500.0;
/// First and past-the-last bin that any channel reads.
pub(super) const FIRST_BIN: usize = 5;
pub(super) const END_BIN: usize = 241;
pub(super) const USED_BINS: usize = END_BIN - FIRST_BIN;

/// Which bins belong to which channel, and how much.
///
/// The bins up to a channel's centre, from the centre before it, rise in that channel and fall in the one before.
#[derive(Debug, Clone)]
pub struct FilterBankTables {
    /// Bins between one channel's centre and the next; one more than there are channels.
    pub widths: [u8; CHANNELS + 1],
    /// For each bin from the fifth on, in Q12: its weight in the channel above and in the channel below.
    pub weights: [[u16; 2]; USED_BINS],
}

impl FilterBankTables {
    /// Computes the weights, in single precision, as the C library does.
    ///
    /// It rounds them to the nearest, TFLite Micro's preprocessor towards zero.
    #[must_use]
    pub fn new(reference: Reference) -> Self {
        let (low, high) = (mel(LOWEST_HZ), mel(HIGHEST_HZ));
        let spacing = (high - low) / (CHANNELS + 1) as f32;
        let centre = |channel: usize| low + spacing * (channel + 1) as f32;
        let mut tables = Self { widths: [0; CHANNELS + 1], weights: [[0; 2]; USED_BINS] };
        let mut channel = 0;
        for bin in FIRST_BIN..END_BIN {
            let at = mel(bin as f32 * (RATE as f32 / FFT as f32));
            while at > centre(channel) {
                channel += 1;
            }
            let below = if channel == 0 { low } else { centre(channel - 1) };
            let rising = (centre(channel) - at) / (centre(channel) - below);
            tables.widths[channel] += 1;
            tables.weights[bin - FIRST_BIN] = [q12(rising, reference), q12(1.0 - rising, reference)];
        }
        tables
    }
}

fn mel(hertz: f32) -> f32 {
    1127.0 * libm::log1pf(hertz / 700.0)
}

fn q12(weight: f32, reference: Reference) -> u16 {
    let scaled = weight * (1 << BITS) as f32;
    match reference {
        Reference::CLibrary => (scaled + 0.5) as u16,
        Reference::TfliteMicro => scaled as u16,
    }
}

/// Adds an energy to the sums of the channel above and of the channel below, times its weights there.
#[inline(always)]
pub(crate) fn add((above, below): (u64, u64), energy: u32, rising: u64, falling: u64) -> (u64, u64) {
    let energy = u64::from(energy);
    (above.wrapping_add(energy.wrapping_mul(rising)), below.wrapping_add(energy.wrapping_mul(falling)))
}

/// The square roots of the channels' energies, shifted right by `shift`.
#[inline(always)]
pub(super) fn apply(
    tables: &FilterBankTables,
    energies: &[u32; USED_BINS],
    shift: u32,
    output: &mut [u32; CHANNELS],
) {
    let mut bins = energies.iter().zip(&tables.weights);
    let mut gather = |width: u8| {
        bins.by_ref().take(usize::from(width)).fold((0, 0), |sums, (&energy, &[rising, falling])| {
            add(sums, energy, u64::from(rising), u64::from(falling))
        })
    };
    // The bins below the first centre belong to the first channel with their falling weights only.
    let (_, mut carried) = gather(tables.widths[0]);
    for (out, &width) in output.iter_mut().zip(&tables.widths[1..]) {
        let (above, below) = gather(width);
        *out = rounded_root(carried + above) >> shift;
        carried = below;
    }
}

/// The square root of a channel's energy, rounded.
#[inline(always)]
fn rounded_root(number: u64) -> u32 {
    rounded(number, root(number))
}

/// The square root of any number, rounded.
pub(crate) fn any_rounded_root(number: u64) -> u32 {
    rounded(number, if number >> 52 == 0 { root(number) } else { number.isqrt() })
}

/// Rounds a square root to the nearest; one that rounds up to 2¹⁶ from a 32-bit number stays at 2¹⁶ − 1.
#[inline(always)]
fn rounded(number: u64, root: u64) -> u32 {
    let up = number - root * root > root && root != 0xFFFF_FFFF && (root != 0xFFFF || number >> 32 != 0);
    (root + u64::from(up)) as u32
}

/// The square root, rounded down, of a channel's energy: less than 2⁴⁸.
///
/// The host asks its floating-point unit, which takes a fifth off the whole frame's time. That is exact: a number below 2⁵² has an
/// exact `f64`, and the root of `r² − 1` lies further below `r` than half a step.
#[cfg(feature = "std")]
#[inline(always)]
fn root(number: u64) -> u64 {
    (number as i64 as f64).sqrt() as i64 as u64
}

#[cfg(not(feature = "std"))]
fn root(number: u64) -> u64 {
    number.isqrt()
}

#[cfg(test)]
mod tests {
    use super::{any_rounded_root, root, rounded_root};

    #[test]
    fn roots_are_exact_where_they_could_round() {
        for bits in 0..24 {
            for r in [1_u64 << bits, (1 << bits) + 1, (2 << bits) - 1] {
                for number in [r * r - 1, r * r, r * r + 1, r * r + r, r * r + r + 1] {
                    assert_eq!(root(number), number.isqrt(), "{number}");
                }
                // 65535 is the exception below.
                let above = if r == 0xFFFF { r } else { r + 1 };
                assert_eq!([r * r + r, r * r + r + 1].map(rounded_root), [r as u32, above as u32]);
            }
        }
    }

    #[test]
    fn a_root_beyond_doubles_is_exact() {
        for r in [0x4000000, 0x4000001, 0xFFFF_FFFE] {
            assert_eq!([r * r + r, r * r + r + 1].map(any_rounded_root), [r as u32, r as u32 + 1]);
        }
        assert_eq!(any_rounded_root(u64::MAX), u32::MAX);
    }

    #[test]
    fn a_root_of_thirty_two_bits_fits_sixteen() {
        assert_eq!(rounded_root(u64::from(u32::MAX)), 0xFFFF);
        assert_eq!(rounded_root(1 << 32), 0x1_0000);
    }
}
