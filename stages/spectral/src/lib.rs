//! Plans of Fourier transforms and resamplers of computers, by `realfft` and `rubato`.
//!
//! Planning is generic and has code for each kind of vector unit, several thousand functions. Whoever plans compiles all of them
//! again, which took most of the time of each crate that did; so it is done here alone, for `f32`. The results are the libraries' own.

use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
#[cfg(feature = "resampler")]
use rubato::{Fft, FixedSync, ResamplerConstructionError, WindowFunction};

/// From `size` samples to a spectrum of `size / 2 + 1` bins, not scaled.
pub fn forward(size: usize) -> Arc<dyn RealToComplex<f32>> {
    RealFftPlanner::new().plan_fft_forward(size)
}

/// From a spectrum of `size / 2 + 1` bins to `size` samples, not scaled: after [`forward`], each sample is `size` times itself.
pub fn inverse(size: usize) -> Arc<dyn ComplexToReal<f32>> {
    RealFftPlanner::new().plan_fft_inverse(size)
}

/// The filter that resamples one channel from a rate to another in Hz (overlap-add, Blackman-Harris² anti-aliasing window), in chunks
/// of about `chunk` input samples: longer ones have a steeper filter.
///
/// Chunks are an even number of the shortest stretch that both rates fill with whole samples, because half of one is the filter's
/// delay, which must be whole samples too. So a small common divisor makes long ones.
///
/// # Errors
/// When a rate is 0, or rubato has no filter for the two.
#[cfg(feature = "resampler")]
pub fn resampler(from: u32, to: u32, chunk: usize) -> Result<Fft<f32>, ResamplerConstructionError> {
    let shortest = (from / divisor(from, to).max(1)).max(1) as usize;
    let chunk = chunk.div_ceil(2 * shortest) * 2 * shortest;
    let (window, sync) = (WindowFunction::BlackmanHarris2, FixedSync::Both);
    Fft::new_custom(from as usize, to as usize, chunk, 1, 1, window, sync)
}

/// The greatest common divisor of two rates.
#[cfg(feature = "resampler")]
pub fn divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosine_is_one_bin_and_comes_back() {
        let mut samples: Vec<f32> =
            (0..64).map(|n| (std::f32::consts::TAU * 5.0 * n as f32 / 64.0).cos()).collect();
        let (expected, mut spectrum) = (samples.clone(), forward(64).make_output_vec());
        forward(64).process(&mut samples, &mut spectrum).unwrap();
        for (bin, value) in spectrum.iter().enumerate() {
            let level = if bin == 5 { 32.0 } else { 0.0 };
            // Each of the 64 samples is off by 1e-6, because its angle of up to 31 rad is rounded.
            assert!((value.re - level).abs().max(value.im.abs()) < 1e-4, "bin {bin}: {value}");
        }
        (spectrum[0].im, spectrum[32].im) = (0.0, 0.0);
        inverse(64).process(&mut spectrum, &mut samples).unwrap();
        assert!(samples.iter().zip(&expected).all(|(back, sample)| (back / 64.0 - sample).abs() < 1e-6));
    }

    #[cfg(feature = "resampler")]
    #[test]
    fn chunks_fit_both_rates() {
        use rubato::Resampler as _;
        let filter = resampler(44_100, 16_000, 1024).unwrap();
        assert_eq!((filter.input_frames_max(), filter.output_frames_max()), (1764, 640));
    }

    #[cfg(feature = "resampler")]
    #[test]
    fn a_rate_of_zero_is_an_error() {
        for (from, to) in [(0, 16_000), (16_000, 0), (0, 0)] {
            assert!(resampler(from, to, 1024).is_err(), "{from} {to}");
        }
    }
}
