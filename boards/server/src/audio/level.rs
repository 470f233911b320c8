//! How loud speech is, and how far above the noise.

/// Frames in a second.
const FRAMES: usize = 100;
/// Frames that are kept: 3 s.
const KEPT: usize = 3 * FRAMES;
/// Frames whose mean is a level: the loudest of the last second are the speech, the quietest of all the noise.
const MEAN: usize = 30;

/// How loud a detection was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loudness {
    /// Level of the speech in dB; 0 is the highest that samples can hold, a sine of full scale is at −3.
    pub(crate) dbfs: f64,
    /// Level of the speech above that of the noise in dB; `None` before 0.6 s have been heard.
    pub(crate) snr: Option<f64>,
}

/// Follows the energy of a stream, in frames of 10 ms.
pub(crate) struct Level {
    /// Samples of a frame.
    length: usize,
    sum: f64,
    count: usize,
    /// Mean squares, a ring.
    frames: Box<[f32; KEPT]>,
    /// Frames that have come.
    heard: usize,
}

impl Level {
    /// Of a stream of so many samples per second.
    pub(crate) fn new(rate: u32) -> Self {
        let length = (rate as usize / FRAMES).max(1);
        Level { length, sum: 0.0, count: 0, frames: Box::new([0.0; KEPT]), heard: 0 }
    }

    /// Takes samples.
    pub(crate) fn push(&mut self, mut samples: &[i16]) {
        while !samples.is_empty() {
            let (now, rest) = samples.split_at((self.length - self.count).min(samples.len()));
            let sum: i64 = now.iter().map(|&sample| i64::from(sample) * i64::from(sample)).sum();
            self.sum += sum as f64;
            self.count += now.len();
            samples = rest;
            if self.count == self.length {
                self.frames[self.heard % KEPT] = (self.sum / self.length as f64) as f32;
                self.heard += 1;
                (self.sum, self.count) = (0.0, 0);
            }
        }
    }

    /// The loudness of what ended now. `None` before anything was heard.
    pub(crate) fn now(&self) -> Option<Loudness> {
        let known = self.heard.min(KEPT);
        let last = |count: usize| (self.heard - count.min(known)..self.heard).map(|n| self.frames[n % KEPT]);
        let mut recent: Vec<f32> = last(FRAMES).collect();
        recent.sort_by(|a, b| b.total_cmp(a));
        recent.truncate(MEAN);
        let mut all: Vec<f32> = last(KEPT).collect();
        all.sort_by(f32::total_cmp);
        all.truncate(MEAN);
        let speech = mean(&recent)?;
        let noise = mean(&all).filter(|_| known >= 2 * MEAN);
        Some(Loudness { dbfs: decibels(speech), snr: noise.map(|noise| decibels(speech) - decibels(noise)) })
    }
}

fn mean(energies: &[f32]) -> Option<f64> {
    let sum: f64 = energies.iter().map(|&energy| f64::from(energy)).sum();
    (!energies.is_empty()).then(|| sum / energies.len() as f64)
}

/// Of a mean square. Silence counts as a rounding error of 16 bits: a twelfth of a step squared, −101 dB.
fn decibels(energy: f64) -> f64 {
    10.0 * (energy.max(1.0 / 12.0) / (32_768.0 * 32_768.0)).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(amplitude: f64, seconds: f64) -> Vec<i16> {
        let sample = |n: usize| (amplitude * (n as f64 * 0.3).sin()).round() as i16;
        (0..(16_000.0 * seconds) as usize).map(sample).collect()
    }

    #[test]
    fn full_scale_is_three_below_zero() {
        let mut level = Level::new(16_000);
        level.push(&sine(32_767.0, 0.5));
        let now = level.now().unwrap();
        assert!((now.dbfs + 3.01).abs() < 0.05 && now.snr.is_none(), "{now:?}");
    }

    #[test]
    fn speech_stands_out_of_the_noise() {
        let mut level = Level::new(16_000);
        level.push(&sine(100.0, 2.5));
        level.push(&sine(10_000.0, 0.4));
        level.push(&sine(100.0, 0.2));
        let now = level.now().unwrap();
        assert!((now.snr.unwrap() - 40.0).abs() < 0.2, "{now:?}");
        assert!((now.dbfs - (-3.01 - 10.31)).abs() < 0.1, "{now:?}");
    }

    #[test]
    fn silence_has_a_level_and_nothing_has_none() {
        let mut level = Level::new(16_000);
        assert_eq!(level.now(), None);
        level.push(&[0; 16_000]);
        assert_eq!(level.now().unwrap().snr, Some(0.0));
        assert!((level.now().unwrap().dbfs + 101.1).abs() < 0.1);
    }
}
