//! What pipelines listen to: words among others, speech and noise without them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::super::progress;
use crate::audio::{RATE, read_16k};
use crate::corpus::{Corpus, Recipe, Split, Stream, Word, assemble};

/// A stream with its truth, under the name of what it is made of.
pub struct Part {
    /// `words`, `speech`, `noise` or a recording's name.
    pub name: String,
    /// Samples and truth.
    pub stream: Stream,
}

/// What to listen to.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// Corpora whose clips are assembled to one stream.
    pub corpora: Vec<PathBuf>,
    /// The split that they are taken from; all clips where none is named.
    pub split: Option<Split>,
    /// Recordings, or folders of them, without a word that is listened for.
    pub speech: Vec<PathBuf>,
    /// Noise recordings, or folders of them: the last fifth of each, which training does not hear, plays behind the
    /// clips and, alone, as a stream of its own.
    pub noise: Vec<PathBuf>,
    /// Level of the clips' words above the noise, in dB.
    pub snr_db: f32,
    /// Draws order, pauses and noise.
    pub seed: u64,
    /// Recordings with the truth about them.
    pub streams: Vec<(PathBuf, PathBuf)>,
}

/// Share of noise recordings that training may hear.
const NOISE_FOR_TRAINING: f64 = 0.8;

impl Material {
    /// Reads and assembles all streams.
    ///
    /// # Errors
    /// When a file cannot be read, or there is nothing to listen to.
    pub fn parts(&self) -> Result<Vec<Part>> {
        let mut noise = Vec::new();
        for path in recordings(&self.noise)? {
            let samples = read_16k(&path)?;
            let kept = (samples.len() as f64 * NOISE_FOR_TRAINING) as usize;
            noise.push(samples[kept..].to_vec());
        }
        let mut parts = Vec::new();
        if !self.corpora.is_empty() {
            let clips = self.clips()?;
            let recipe = Recipe { clips: &clips, noise: &noise, snr_db: self.snr_db, seed: self.seed };
            parts.push(Part { name: "words".into(), stream: assemble(&recipe) });
        }
        for path in recordings(&self.speech)? {
            parts.push(silent("speech", read_16k(&path)?));
        }
        parts.extend(noise.into_iter().map(|samples| silent("noise", samples)));
        for (recording, truth) in &self.streams {
            let samples = read_16k(recording)?;
            let name = recording.file_name().unwrap_or_default().to_string_lossy().into_owned();
            parts.push(Part { name, stream: Stream { truth: read_truth(truth, samples.len())?, samples } });
        }
        ensure!(
            !parts.is_empty(),
            "there is nothing to listen to: give `--corpus`, `--speech`, `--noise` or `--stream`"
        );
        Ok(parts)
    }

    /// Labels and samples of the clips; silence is left to the noise.
    fn clips(&self) -> Result<Vec<(String, Vec<i16>)>> {
        let mut rows = Vec::new();
        for root in &self.corpora {
            let corpus = Corpus::open(root)?;
            corpus.needs_sound("they are joined to a stream that the pipeline listens to")?;
            rows.extend(
                corpus
                    .clips
                    .into_iter()
                    .filter(|c| self.split.is_none_or(|split| c.split == split) && c.label != "_silence_"),
            );
        }
        ensure!(!rows.is_empty(), "the corpus has no clip of this split");
        let bar = progress(rows.len(), "clips");
        let clips = bar.wrap_iter(rows.into_iter()).map(|c| Ok((c.label, read_16k(&c.path)?))).collect();
        bar.finish_and_clear();
        clips
    }
}

/// A stream in which nothing is said that is listened for.
fn silent(name: &str, samples: Vec<i16>) -> Part {
    Part { name: name.into(), stream: Stream { samples, truth: Vec::new() } }
}

/// Files as they are, and those of folders that hold audio, in the order of their names.
fn recordings(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in paths {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).with_context(|| format!("cannot list `{}`", path.display()))?;
        let mut found: Vec<PathBuf> = entries.map(|e| Ok(e?.path())).collect::<Result<_>>()?;
        found
            .retain(|p| p.extension().is_some_and(|e| ["flac", "wav", "mp3", "ogg"].iter().any(|k| e == *k)));
        ensure!(!found.is_empty(), "`{}` holds no WAV, FLAC, MP3 or Ogg file", path.display());
        found.sort();
        all.extend(found);
    }
    Ok(all)
}

/// A row of a truth file.
#[derive(serde::Deserialize)]
struct Row {
    label: String,
    start: f64,
    end: f64,
}

/// Reads `label,start,end` in seconds, in any order of rows: what `kws-lab corpus stream` writes.
fn read_truth(path: &Path, samples: usize) -> Result<Vec<Word>> {
    let read = || -> Result<Vec<Word>> {
        let mut words = Vec::new();
        for (index, row) in csv::Reader::from_path(path)?.deserialize::<Row>().enumerate() {
            let row =
                row.with_context(|| format!("line {}, expected `label,start,end` in seconds", index + 2))?;
            let at = |seconds: f64| (seconds * f64::from(RATE)).round() as usize;
            let (start, end) = (at(row.start), at(row.end));
            ensure!(
                row.start >= 0.0 && start < end && end <= samples,
                "line {}: `{}` from {} s to {} s, expected a span within the recording's {:.2} s",
                index + 2,
                row.label,
                row.start,
                row.end,
                samples as f64 / f64::from(RATE)
            );
            words.push(Word { label: row.label, start, end });
        }
        words.sort_by_key(|w| w.start);
        Ok(words)
    };
    read().with_context(|| format!("in `{}`", path.display()))
}
