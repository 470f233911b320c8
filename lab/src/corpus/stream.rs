//! Long test streams out of short clips, with their truth.

use std::path::{Path, PathBuf};

use anyhow::Result;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Table;
use super::word;
use crate::audio::{RATE, write_wav};
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

/// Label of running speech without a keyword: the truth names all of it, pauses included.
pub const SPEECH: &str = "_speech_";

impl Stream {
    /// Writes the stream as a WAV file and its truth beside it, in `.truth.csv`: columns `label,start,end` with times in
    /// seconds. Returns the second path.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, wav: &Path) -> Result<PathBuf> {
        let mut truth = Table::new(["label", "start", "end"]);
        for word in &self.truth {
            let seconds = |sample: usize| format!("{:.4}", sample as f64 / f64::from(RATE));
            truth.push([
                ("label", word.label.as_str()),
                ("start", &seconds(word.start)),
                ("end", &seconds(word.end)),
            ]);
        }
        write_wav(wav, &self.samples)?;
        let path = wav.with_extension("truth.csv");
        truth.write(&path)?;
        Ok(path)
    }

    /// Ends the stream after so many samples, or before the word that would be cut.
    pub fn truncate(&mut self, samples: usize) {
        let whole = self.truth.iter().take_while(|word| word.end <= samples).count();
        let cut = self.truth.get(whole).map_or(samples, |word| samples.min(word.start));
        self.truth.truncate(whole);
        self.samples.truncate(cut);
    }
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
        let spoken = if label == SPEECH { 0..clip.len() } else { word(clip) };
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
    if recording.is_empty() {
        return;
    }
    let start = rng.random_range(0..recording.len());
    let noise: Vec<f32> =
        recording.iter().cycle().skip(start).take(part.len()).map(|&s| f32::from(s)).collect();
    let loudness = rms(&noise);
    if loudness > 0.0 {
        part.iter_mut().zip(&noise).for_each(|(p, n)| *p += n * level / loudness);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_ends_before_the_word_that_would_be_cut() {
        let word = |start, end| Word { label: "yes".into(), start, end };
        let whole = Stream { samples: vec![1; 1000], truth: vec![word(100, 200), word(400, 600)] };
        for (at, samples, words) in [(500, 400, 1), (350, 350, 1), (150, 100, 0), (2000, 1000, 2)] {
            let mut stream = whole.clone();
            stream.truncate(at);
            assert_eq!((stream.samples.len(), stream.truth.len()), (samples, words), "at {at}");
        }
    }

    #[test]
    fn noise_lies_as_far_below_the_words_as_asked() {
        let tone: Vec<i16> = (0..16_000).map(|i| if i % 20 < 10 { 3000 } else { -3000 }).collect();
        let noise: Vec<i16> = (0..48_000).map(|i| (i * 7919 % 2001) as i16 - 1000).collect();
        let clips = [("a".to_owned(), tone), (SPEECH.to_owned(), vec![0; 8000])];
        let stream = assemble(&Recipe { clips: &clips, noise: &[noise], snr_db: 20.0, seed: 3 });
        let word = stream.truth.iter().find(|w| w.label == "a").unwrap();
        let before: Vec<f32> =
            stream.samples[word.start - 3000..word.start].iter().map(|&s| f32::from(s)).collect();
        assert!((rms(&before) / 300.0 - 1.0).abs() < 0.05, "{}", rms(&before));
        let speech = stream.truth.iter().find(|w| w.label == SPEECH).unwrap();
        assert_eq!(speech.end - speech.start, 8000);
    }
}
