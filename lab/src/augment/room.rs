//! Simulated rooms: a direct sound and sparse, exponentially decaying reflections.
//!
//! A dense impulse response costs a convolution per clip; about forty reflections at random delays decorrelate
//! the frames of a word as much as a classifier on a 20 ms grid can notice, for a fiftieth of the work.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

const REFLECTIONS: usize = 40;

/// One drawn room.
pub struct Room {
    taps: Vec<(usize, f32)>,
}

impl Room {
    /// Draws a room with a reverberation time (decay by 60 dB) between 0.1 and 0.5 s and a direct-to-reverberant
    /// ratio between 0 and 12 dB.
    #[must_use]
    pub fn draw(rng: &mut ChaCha8Rng) -> Self {
        let decay = rng.random_range(0.1f32..0.5) * crate::audio::RATE as f32;
        let length = (decay * 0.6) as usize;
        let mut taps: Vec<(usize, f32)> = (0..REFLECTIONS)
            .map(|_| {
                let delay = rng.random_range(32..length);
                let sign = if rng.random() { 1.0 } else { -1.0 };
                (delay, sign * 10f32.powf(-3.0 * delay as f32 / decay))
            })
            .collect();
        let energy: f32 = taps.iter().map(|t| t.1 * t.1).sum();
        let ratio = 10f32.powf(-rng.random_range(0.0f32..12.0) / 20.0);
        taps.iter_mut().for_each(|t| t.1 *= ratio / energy.sqrt());
        Self { taps }
    }

    /// Adds the reflections of `samples` to them.
    pub fn reverberate(&self, samples: &mut [f32]) {
        let dry = samples.to_vec();
        for &(delay, level) in &self.taps {
            for (wet, d) in samples.iter_mut().skip(delay).zip(&dry) {
                *wet += level * d;
            }
        }
    }
}
