//! Levels: gain, noise at a stated signal-to-noise ratio, and a microphone's tilt.

/// Root mean square; zero for nothing.
#[must_use]
pub fn rms(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let energy: f64 = samples.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
    (energy / samples.len() as f64).sqrt() as f32
}

/// Level of the loudest quarter of a second: a short word in a long pause is as loud as the word.
#[must_use]
pub fn loudest(samples: &[f32]) -> f32 {
    samples.chunks(4000).map(rms).fold(0.0, f32::max)
}

/// Changes the level by `db`.
pub fn gain(samples: &mut [f32], db: f32) {
    let factor = 10f32.powf(db / 20.0);
    samples.iter_mut().for_each(|s| *s *= factor);
}

/// Adds `noise` so that speech of the level `speech` lies `snr_db` above it. Nothing is changed when either is
/// silent.
pub fn mix(samples: &mut [f32], speech: f32, noise: &[f32], snr_db: f32) {
    let floor = rms(noise);
    if speech == 0.0 || floor == 0.0 {
        return;
    }
    let factor = speech / floor * 10f32.powf(-snr_db / 20.0);
    for (s, n) in samples.iter_mut().zip(noise) {
        *s += n * factor;
    }
}

/// Filters with `1 + by z⁻¹`: a positive tilt makes speech duller, a negative one brighter, as microphones do.
pub fn tilt(samples: &mut [f32], by: f32) {
    let mut before = 0.0;
    for s in samples {
        let now = *s;
        *s = now + by * before;
        before = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mix_reaches_the_stated_ratio() {
        let mut samples = vec![0.5; 4000];
        let noise: Vec<f32> = (0..4000).map(|i| if i % 2 == 0 { 0.01 } else { -0.01 }).collect();
        mix(&mut samples, 0.5, &noise, 20.0);
        let added: Vec<f32> = samples.iter().map(|s| s - 0.5).collect();
        assert!((rms(&added) - 0.05).abs() < 1e-4, "found {}", rms(&added));
    }

    #[test]
    fn tilt_doubles_what_does_not_change_and_stops_what_alternates() {
        let (mut slow, mut fast) = ([1.0; 4], [1.0, -1.0, 1.0, -1.0]);
        tilt(&mut slow, 1.0);
        tilt(&mut fast, 1.0);
        assert_eq!(slow, [1.0, 2.0, 2.0, 2.0]);
        assert_eq!(fast, [1.0, 0.0, 0.0, 0.0]);
    }
}
