//! Long test streams out of short clips, with their truth.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::align::word;
use crate::audio::RATE;
use crate::augment::rms;

/// A stream and what is said in it.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Samples at 16 kHz.
    pub samples: Vec<i16>,
    /// Words, in order.
    pub truth: Vec<Word>,
}

/// A word of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// What is said.
    pub label: String,
    /// First sample of the word.
    pub start: usize,
    /// Sample after its last.
    pub end: usize,
}

/// What goes into a stream.
pub struct Recipe<'a> {
    /// Labels and samples of the clips, each used once, in an order that `seed` draws.
    pub clips: &'a [(String, Vec<i16>)],
    /// Recordings that play behind them.
    pub noise: &'a [Vec<i16>],
    /// Level of the clips' words above the noise, in dB; the words keep their own level.
    pub snr_db: f32,
    /// Draws order, pauses and noise.
    pub seed: u64,
}

/// Assembles a stream: pauses of 0.3 to 1.5 s around each clip, and noise behind all that is set anew for each clip.
#[must_use]
pub fn assemble(recipe: &Recipe) -> Stream {
    let mut rng = ChaCha8Rng::seed_from_u64(recipe.seed);
    let mut order: Vec<usize> = (0..recipe.clips.len()).collect();
    order.shuffle(&mut rng);
    let mut stream = Stream { samples: Vec::new(), truth: Vec::new() };
    for index in order {
        let (label, clip) = &recipe.clips[index];
        let pause = rng.random_range(RATE as usize * 3 / 10..RATE as usize * 3 / 2);
        let start = stream.samples.len() + pause;
        let spoken = word(clip);
        stream.truth.push(Word {
            label: label.clone(),
            start: start + spoken.start,
            end: start + spoken.end,
        });
        let mut part: Vec<f32> = vec![0.0; pause];
        part.extend(clip.iter().map(|&s| f32::from(s)));
        if !recipe.noise.is_empty() {
            let level: Vec<f32> = clip[spoken].iter().map(|&s| f32::from(s)).collect();
            add_noise(&mut part, rms(&level) * 10f32.powf(-recipe.snr_db / 20.0), recipe.noise, &mut rng);
        }
        stream.samples.extend(part.iter().map(|s| s.round().clamp(-32768.0, 32767.0) as i16));
    }
    stream
}

fn add_noise(part: &mut [f32], level: f32, recordings: &[Vec<i16>], rng: &mut ChaCha8Rng) {
    let recording = &recordings[rng.random_range(0..recordings.len())];
    let start = rng.random_range(0..recording.len());
    let noise: Vec<f32> =
        recording.iter().cycle().skip(start).take(part.len()).map(|&s| f32::from(s)).collect();
    let loudness = rms(&noise);
    if loudness > 0.0 {
        part.iter_mut().zip(&noise).for_each(|(p, n)| *p += n * level / loudness);
    }
}
