//! Levels: gain, and noise at a stated signal-to-noise ratio.

/// Root mean square; zero for nothing.
#[must_use]
pub fn rms(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let energy: f64 = samples.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
    (energy / samples.len() as f64).sqrt() as f32
}

/// Changes the level by `db`.
pub fn gain(samples: &mut [f32], db: f32) {
    let factor = 10f32.powf(db / 20.0);
    samples.iter_mut().for_each(|s| *s *= factor);
}

/// Adds `noise` so that the speech in `samples` lies `snr_db` above it.
///
/// The speech level is that of its loudest quarter of a second, so that a short word in a long pause is not
/// buried. Returns without a change when either is silent.
pub fn mix(samples: &mut [f32], noise: &[f32], snr_db: f32) {
    let speech = samples.chunks(4000).map(rms).fold(0.0, f32::max);
    let floor = rms(noise);
    if speech == 0.0 || floor == 0.0 {
        return;
    }
    let factor = speech / floor * 10f32.powf(-snr_db / 20.0);
    for (s, n) in samples.iter_mut().zip(noise) {
        *s += n * factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mix_reaches_the_stated_ratio() {
        let mut samples = vec![0.5; 4000];
        let noise: Vec<f32> = (0..4000).map(|i| if i % 2 == 0 { 0.01 } else { -0.01 }).collect();
        mix(&mut samples, &noise, 20.0);
        let added: Vec<f32> = samples.iter().map(|s| s - 0.5).collect();
        assert!((rms(&added) - 0.05).abs() < 1e-4, "found {}", rms(&added));
    }
}
