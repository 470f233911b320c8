//! Cutting keywords out of sentences: where the transcript says that a word is spoken, and a model hears it there.

use std::ops::Range;

use anyhow::{Result, ensure};

use super::import::words;
use super::{Build, Content, Draft, Ratios, Recording};
use crate::audio::{RATE, read_any};
use crate::bundle::Bundle;
use crate::features::{CLIP, FrontEnd};

/// Between two windows that the model judges, in samples: 40 ms.
const HOP: usize = RATE as usize / 25;
/// Posterior from which on windows belong to a occurrence of the word.
const HEARD: f32 = 0.5;
/// How far from the place that the transcript makes likely a word may be heard: so many seconds, and this share of the
/// sentence's length. People do not speak evenly.
const REACH: (f64, f64) = (0.4, 0.15);
/// Energy of the blocks of 10 ms that belong to the sentence, below the loudest one: 35 dB.
const QUIET: f64 = 3.2e-4;

/// A word that is to be cut out of sentences.
pub struct Cutter {
    bundle: Bundle,
    front_end: FrontEnd,
    /// Posterior that the model must reach.
    sure: f32,
}

/// Where in a sentence a model hears a word.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Occurrence {
    /// The middle of the word, in samples.
    middle: usize,
    /// Highest posterior.
    score: f32,
}

impl Cutter {
    /// A cutter that goes by a model that was trained on clips; it must be `sure`.
    ///
    /// # Errors
    /// When the model's front end cannot be built, or it does not read clips of a second.
    pub fn new(bundle: Bundle, sure: f32) -> Result<Self> {
        ensure!((HEARD..=1.0).contains(&sure), "found a score of {sure}, expected {HEARD} to 1");
        let front_end = bundle.front_end()?;
        Ok(Self { bundle, front_end, sure })
    }

    /// Adds clips of a second, one for each time that `keyword` stands in the transcript of a recording and is heard near
    /// the place that its share of the letters makes likely; the others are left out with the reason. Their columns
    /// `score`, `at` and `sentence` are for whoever reviews them.
    ///
    /// # Errors
    /// When the model has no such label, or a clip cannot be written.
    pub fn cut(&mut self, name: &str, recording: &Recording, keyword: &str, build: &mut Build) -> Result<()> {
        let Some(class) = self.bundle.card.labels.iter().position(|label| label == keyword) else {
            anyhow::bail!(
                "the model `{}` has no label `{keyword}`, expected one of `{}`",
                self.bundle.card.name,
                self.bundle.card.labels.join("`, `")
            );
        };
        let sentence = recording.columns.get("sentence").cloned().unwrap_or_default();
        let samples = match read_any(&recording.path) {
            Ok(samples) => samples,
            Err(why) => {
                build.exclude(name, format!("{why:#}"));
                return Ok(());
            }
        };
        let places = places(&sentence, keyword);
        let voiced = voiced(&samples);
        let mut hearings = hearings(&self.posteriors(&samples, class)?);
        let reach = REACH.0 * f64::from(RATE) + REACH.1 * voiced.len() as f64;
        let mut drafts = Vec::new();
        for (nth, place) in places.into_iter().enumerate() {
            let likely = voiced.start as f64 + place * voiced.len() as f64;
            let distance = |occurrence: &Occurrence| (occurrence.middle as f64 - likely).abs();
            let near = (0..hearings.len()).filter(|&i| distance(&hearings[i]) <= reach);
            let best = near.max_by(|&a, &b| hearings[a].score.total_cmp(&hearings[b].score));
            let source = format!("{name}#{keyword}{nth}");
            match best.map(|index| hearings.remove(index)) {
                Some(occurrence) if occurrence.score >= self.sure => {
                    let clip = clip(&samples, occurrence.middle);
                    drafts.push(draft(recording, keyword, source, &sentence, occurrence, clip));
                }
                Some(Occurrence { score, .. }) => {
                    build.exclude(source, format!("the model is not sure: {score:.2}"))
                }
                None => build.exclude(source, "the model does not find it near its place in the transcript"),
            }
        }
        build.add(drafts)
    }

    /// The posterior of a label for each window of a second, in steps of [`HOP`]; the sentence has silence around it.
    fn posteriors(&mut self, samples: &[i16], class: usize) -> Result<Vec<f32>> {
        let silence = [0; CLIP / 2];
        let padded = [&silence[..], samples, &silence[..]].concat();
        let mut features = vec![0.0; self.front_end.shape().iter().product()];
        let starts = (0..padded.len().saturating_sub(CLIP)).step_by(HOP);
        starts
            .map(|start| {
                self.front_end.extract(&padded[start..start + CLIP], &mut features)?;
                Ok(self.bundle.classify(&features)[class])
            })
            .collect()
    }
}

/// Where a keyword of one or several words stands in a sentence: the middles, as shares of its letters.
fn places(sentence: &str, keyword: &str) -> Vec<f64> {
    let (spoken, wanted) = (words(sentence), words(keyword));
    let letters = |words: &[String]| words.iter().map(|word| word.chars().count()).sum::<usize>() as f64;
    let all = letters(&spoken).max(1.0);
    let here = |at: &usize| !wanted.is_empty() && spoken[*at..].starts_with(&wanted);
    let starts = (0..spoken.len()).filter(here);
    starts.map(|at| (letters(&spoken[..at]) + letters(&wanted) / 2.0) / all).collect()
}

/// From the first to the last block of 10 ms that is not quiet.
fn voiced(samples: &[i16]) -> Range<usize> {
    let block = RATE as usize / 100;
    let energies: Vec<f64> =
        samples.chunks(block).map(|b| b.iter().map(|&s| f64::from(s) * f64::from(s)).sum()).collect();
    let floor = energies.iter().copied().fold(0.0, f64::max) * QUIET;
    let loud = |energy: &f64| *energy > floor;
    let (first, last) = (energies.iter().position(loud), energies.iter().rposition(loud));
    first.zip(last).map_or(0..samples.len(), |(a, b)| a * block..((b + 1) * block).min(samples.len()))
}

/// Runs of windows in which a word is heard. The first of a run ends where the word does, and the last begins where it
/// begins: the word's middle is in the middle between these.
fn hearings(posteriors: &[f32]) -> Vec<Occurrence> {
    let mut found = Vec::new();
    let mut start = 0;
    for run in posteriors.chunk_by(|a, b| (*a >= HEARD) == (*b >= HEARD)) {
        let (first, last) = (start, start + run.len() - 1);
        start += run.len();
        if run[0] >= HEARD {
            // Windows begin half a window before the sentence does.
            let middle = (first + last) * HOP / 2;
            found.push(Occurrence { middle, score: run.iter().copied().fold(0.0, f32::max) });
        }
    }
    found
}

/// A second around a place, with silence where the recording does not reach.
fn clip(samples: &[i16], middle: usize) -> Vec<i16> {
    let sample = |at: usize| at.checked_sub(CLIP / 2).and_then(|at| samples.get(at)).copied().unwrap_or(0);
    (middle..middle + CLIP).map(sample).collect()
}

fn draft(
    recording: &Recording,
    keyword: &str,
    source: String,
    sentence: &str,
    occurrence: Occurrence,
    clip: Vec<i16>,
) -> Draft<'static> {
    let speaker = recording.speaker.clone();
    let by = if speaker.is_empty() { &source } else { &speaker };
    let mut columns: Vec<(String, String)> = recording
        .columns
        .iter()
        .filter(|(name, _)| *name != "sentence" && *name != "source")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    columns.push(("score".to_owned(), format!("{:.3}", occurrence.score)));
    columns.push(("at".to_owned(), format!("{:.2}", occurrence.middle as f64 / f64::from(RATE))));
    columns.push(("sentence".to_owned(), sentence.to_owned()));
    let stem = recording.path.file_stem().unwrap_or_default().to_string_lossy();
    Draft {
        label: keyword.to_owned(),
        split: recording.split.unwrap_or_else(|| Ratios::default().split(by)),
        name: format!("{stem}_{}", source.rsplit('#').next().unwrap_or_default()),
        speaker,
        source,
        columns,
        content: Content::sound(move || Ok(clip.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_says_where_a_word_is_likely() {
        assert_eq!(places("No, no one said yes.", "no"), [1.0 / 14.0, 3.0 / 14.0]);
        assert_eq!(places("Nothing of note", "no"), [0.0; 0]);
        assert_eq!(places("turn it on now", "it on"), [6.0 / 11.0]);
    }

    #[test]
    fn a_word_lies_in_the_middle_of_the_windows_that_hear_it() {
        let mut posteriors = vec![0.0; 50];
        posteriors[10..=20].fill(0.9);
        posteriors[15] = 0.97;
        posteriors[40] = 0.6;
        let found = hearings(&posteriors);
        let expected =
            [Occurrence { middle: 15 * HOP, score: 0.97 }, Occurrence { middle: 40 * HOP, score: 0.6 }];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_clip_reaches_beyond_the_recording() {
        let samples: Vec<i16> = (1..=20_000).collect();
        let early = clip(&samples, 1000);
        assert_eq!((early.len(), early[6999], early[7000]), (CLIP, 0, 1));
        let late = clip(&samples, 19_000);
        assert_eq!((late[0], late[8999], late[9000]), (11_001, 20_000, 0));
    }

    #[test]
    fn silence_around_a_sentence_is_not_spoken() {
        let mut samples = vec![1; 32_000];
        samples[8000..24_000].fill(3000);
        assert_eq!(voiced(&samples), 8000..24_000);
        assert_eq!(voiced(&[]), 0..0);
    }
}
