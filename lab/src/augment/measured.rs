//! Measured rooms: impulse responses, each a folder's recording of a clap or a sweep, convolved with a clip.

use std::fmt;
use std::sync::Arc;

use anyhow::{Result, ensure};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealToComplex};

use crate::audio::RATE;

/// Samples that are convolved at once: a clip.
const BLOCK: usize = RATE as usize;
/// Longest part of a response that is heard, half a second: what comes later is far below the next word.
const LONGEST: usize = RATE as usize / 2;
/// Length of the transforms, which holds the longest response of a block: 2⁶·3·5³, quick to transform.
const SPAN: usize = BLOCK + LONGEST;
/// Level below the response's loudest millisecond at which it is over, in dB.
const OVER_DB: f32 = -50.0;

/// Makes [`MeasuredRoom`]s, which share the transforms.
pub struct Convolver {
    forward: Arc<dyn RealToComplex<f32>>,
    back: Arc<dyn ComplexToReal<f32>>,
}

/// A room's response, ready to be convolved with.
#[derive(Clone)]
pub struct MeasuredRoom {
    spectrum: Vec<Complex<f32>>,
    forward: Arc<dyn RealToComplex<f32>>,
    back: Arc<dyn ComplexToReal<f32>>,
}

impl Default for Convolver {
    fn default() -> Self {
        Self { forward: kws_spectral::forward(SPAN), back: kws_spectral::inverse(SPAN) }
    }
}

impl Convolver {
    /// A room by its impulse response at [`RATE`]. The direct sound comes at once, what follows the first half second is
    /// cut off, and the response is scaled so that white noise would stay as loud as it was.
    ///
    /// # Errors
    /// When the response is silent.
    pub fn room(&self, response: &[f32]) -> Result<MeasuredRoom> {
        let mut padded = trimmed(response);
        let energy: f32 = padded.iter().map(|s| s * s).sum();
        ensure!(energy > 0.0, "the impulse response is silent");
        // The transforms there and back multiply by their length.
        let factor = 1.0 / energy.sqrt() / SPAN as f32;
        padded.iter_mut().for_each(|s| *s *= factor);
        padded.resize(SPAN, 0.0);
        let mut spectrum = self.forward.make_output_vec();
        self.forward.process(&mut padded, &mut spectrum)?;
        Ok(MeasuredRoom { spectrum, forward: self.forward.clone(), back: self.back.clone() })
    }
}

/// The response from its direct sound, its loudest sample, to where it is over.
fn trimmed(response: &[f32]) -> Vec<f32> {
    let loudest = |samples: &[f32]| samples.iter().fold(0.0f32, |max, s| max.max(s.abs()));
    let peak = loudest(response);
    let start = response.iter().position(|s| s.abs() == peak).unwrap_or(0);
    let heard = &response[start..response.len().min(start + LONGEST)];
    let floor = peak * 10f32.powf(OVER_DB / 20.0);
    let end = heard.iter().rposition(|s| s.abs() > floor).map_or(0, |last| last + 1);
    heard[..end].to_vec()
}

impl MeasuredRoom {
    /// Plays samples in the room; the echo of the last ones is cut off.
    pub fn reverberate(&self, samples: &mut [f32]) {
        let mut span = vec![0.0; SPAN];
        let mut spectrum = self.forward.make_output_vec();
        let mut scratch =
            vec![Complex::default(); self.forward.get_scratch_len().max(self.back.get_scratch_len())];
        let (there, back) = (self.forward.get_scratch_len(), self.back.get_scratch_len());
        let mut echo = [0.0; LONGEST];
        for block in samples.chunks_mut(BLOCK) {
            span[..block.len()].copy_from_slice(block);
            span[block.len()..].fill(0.0);
            let heard = self.forward.process_with_scratch(&mut span, &mut spectrum, &mut scratch[..there]);
            heard.expect("the buffers have the transform's lengths");
            spectrum.iter_mut().zip(&self.spectrum).for_each(|(s, room)| *s *= room);
            // A real signal's first and last values are real; rounding may have left more.
            let last = spectrum.len() - 1;
            (spectrum[0].im, spectrum[last].im) = (0.0, 0.0);
            let heard = self.back.process_with_scratch(&mut spectrum, &mut span, &mut scratch[..back]);
            heard.expect("the buffers have the transform's lengths");
            block.copy_from_slice(&span[..block.len()]);
            block.iter_mut().zip(&echo).for_each(|(s, e)| *s += e);
            echo.copy_from_slice(&span[BLOCK..]);
        }
    }
}

impl fmt::Debug for MeasuredRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredRoom").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn noise(samples: usize, seed: u64) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..samples).map(|_| rng.random_range(-0.5f32..0.5)).collect()
    }

    /// As the sum says, in doubles.
    fn convolved(samples: &[f32], response: &[f32]) -> Vec<f32> {
        let energy: f64 = response.iter().map(|&s| f64::from(s).powi(2)).sum();
        let at = |n: usize| -> f64 {
            let heard = response.iter().take(n + 1).enumerate();
            heard.map(|(delay, &r)| f64::from(r) * f64::from(samples[n - delay])).sum()
        };
        (0..samples.len()).map(|n| (at(n) / energy.sqrt()) as f32).collect()
    }

    #[test]
    fn the_transform_convolves_as_the_sum_does_across_blocks() {
        let mut response = noise(700, 1);
        response[0] = 1.0;
        // 0.3 s of the second block hear the echo of the first.
        let mut samples = noise(BLOCK + 4800, 2);
        let wanted = convolved(&samples, &response);
        Convolver::default().room(&response).unwrap().reverberate(&mut samples);
        let worst = samples.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "off by {worst}");
    }

    #[test]
    fn the_direct_sound_is_not_late_and_the_end_is_cut() {
        let mut response = vec![0.0; 20_000];
        (response[900], response[1000], response[19_000]) = (0.01, 1.0, 0.9);
        assert_eq!(trimmed(&response), [1.0]);
        let mut samples = vec![0.0; 100];
        samples[10] = 0.5;
        Convolver::default().room(&response).unwrap().reverberate(&mut samples);
        assert!((samples[10] - 0.5).abs() < 1e-5 && samples[11].abs() < 1e-5);
    }

    #[test]
    fn a_silent_response_is_refused() {
        let error = Convolver::default().room(&[0.0; 100]).unwrap_err().to_string();
        assert!(error.contains("silent"), "{error}");
    }
}
