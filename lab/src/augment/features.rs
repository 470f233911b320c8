//! SpecAugment (Park et al., arXiv:1904.08779) without the warp.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Replaces up to two runs of frames and one run of coefficients of a `[frames, width]` matrix by its mean.
pub fn mask(features: &mut [f32], width: usize, time: usize, frequency: usize, rng: &mut ChaCha8Rng) {
    let frames = features.len() / width;
    let mean = features.iter().sum::<f32>() / features.len() as f32;
    for _ in 0..2 {
        let length = rng.random_range(0..=time.min(frames));
        let start = rng.random_range(0..=frames - length);
        features[start * width..(start + length) * width].fill(mean);
    }
    let length = rng.random_range(0..=frequency.min(width));
    let start = rng.random_range(0..=width - length);
    for row in features.chunks_exact_mut(width) {
        row[start..start + length].fill(mean);
    }
}
