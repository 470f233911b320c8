//! Simulated rooms: a direct sound and sparse, exponentially decaying reflections.
//!
//! A dense impulse response costs a convolution per clip; about forty reflections at random delays decorrelate
//! the frames of a word as much as a classifier on a 20 ms grid can notice, for a fiftieth of the work.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

const REFLECTIONS: usize = 40;
/// Samples that get all their reflections before the next ones.
const PART: usize = 1024;

/// How far away somebody speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// Within reach: the direct sound is the louder one.
    Near,
    /// Across the room.
    Far,
}

/// One drawn room.
#[derive(Debug)]
pub struct Room {
    taps: Vec<(usize, f32)>,
}

impl Room {
    /// Draws a room with a reverberation time (decay by 60 dB) between 0.1 and 0.5 s and a direct-to-reverberant
    /// ratio between 0 and 12 dB, or between -6 and 3 dB for who is far away.
    #[must_use]
    pub fn draw(distance: Distance, rng: &mut ChaCha8Rng) -> Self {
        let ratio_db = match distance {
            Distance::Near => 0.0f32..12.0,
            Distance::Far => -6.0..3.0,
        };
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
        let ratio = 10f32.powf(-rng.random_range(ratio_db) / 20.0);
        taps.iter_mut().for_each(|t| t.1 *= ratio / energy.sqrt());
        Self { taps }
    }

    /// Adds the reflections of `samples` to them.
    pub fn reverberate(&self, samples: &mut [f32]) {
        let dry = samples.to_vec();
        // All reflections of a part before the next, so that it stays in the processor's nearest memory.
        for (part, wet) in samples.chunks_mut(PART).enumerate() {
            for &(delay, level) in &self.taps {
                let (start, end) = (part * PART, part * PART + wet.len());
                let silent = delay.saturating_sub(start).min(wet.len());
                let heard = &dry[(start + silent).saturating_sub(delay)..end.saturating_sub(delay)];
                wet[silent..].iter_mut().zip(heard).for_each(|(wet, d)| *wet += level * d);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn reflections_come_when_and_as_loud_as_they_should() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let room = Room::draw(Distance::Near, &mut rng);
        for samples in [1, 33, PART - 1, PART, 2 * PART + 5, 16_000] {
            let dry: Vec<f32> = (0..samples).map(|_| rng.random_range(-1.0f32..1.0)).collect();
            let mut wet = dry.clone();
            room.reverberate(&mut wet);
            for n in 0..samples {
                // Bit for bit: the same terms in the same order.
                let heard = room.taps.iter().filter(|tap| tap.0 <= n);
                let wanted = heard.fold(dry[n], |sum, &(delay, level)| sum + level * dry[n - delay]);
                assert_eq!(wet[n], wanted, "sample {n} of {samples}");
            }
        }
    }

    #[test]
    fn far_rooms_have_more_reverberation_than_direct_sound() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let ratio = |room: Room| -10.0 * room.taps.iter().map(|t| t.1 * t.1).sum::<f32>().log10();
        let mean = |ratios: Vec<f32>| ratios.iter().sum::<f32>() / ratios.len() as f32;
        let near = mean((0..200).map(|_| ratio(Room::draw(Distance::Near, &mut rng))).collect());
        let far = mean((0..200).map(|_| ratio(Room::draw(Distance::Far, &mut rng))).collect());
        assert!((near - 6.0).abs() < 1.0 && (far + 1.5).abs() < 1.0, "{near} and {far} dB");
    }
}
