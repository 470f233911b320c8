//! Distortions of features: SpecAugment's masks (Park et al., arXiv:1904.08779), and vocal tracts of other lengths
//! (Jaitly and Hinton, "Vocal tract length perturbation improves speech recognition", 2013).

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

/// Moves what lies at coefficient `c` of a `[frames, width]` matrix to `factor · c`, for features whose coefficients are
/// bands in the order of their frequency. What would come from above the last band is the last band.
pub fn warp(features: &mut [f32], width: usize, factor: f32) {
    for row in features.chunks_exact_mut(width) {
        let before = row.to_vec();
        for (c, value) in row.iter_mut().enumerate() {
            let from = (c as f32 / factor).min((width - 1) as f32);
            let (below, part) = (from as usize, from.fract());
            let above = (below + 1).min(width - 1);
            *value = before[below] * (1.0 - part) + before[above] * part;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_moves_by_the_factor() {
        let mut row = vec![0.0; 40];
        (row[19], row[20], row[21]) = (0.5, 1.0, 0.5);
        let mut rows = [row.clone(), row.clone()].concat();
        warp(&mut rows, 40, 1.1);
        assert_eq!(rows[22], 1.0);
        assert_eq!(rows[62], 1.0);
        warp(&mut row, 40, 1.0);
        assert_eq!((row[20], row[21], row[22]), (1.0, 0.5, 0.0));
    }
}
