//! The audio of a run, decoded once and held in memory.

use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::audio::{RATE, read_16k, read_any};
use crate::corpus::{Clip, Corpus, CorpusRef, Recording, Split, Vocabulary, recordings, word};

use crate::train::config::Config;

/// A decoded clip.
pub struct Spoken {
    /// The manifest's row.
    pub clip: Clip,
    /// The output that it counts as.
    pub class: usize,
    /// Its samples.
    pub samples: Vec<i16>,
    /// Where in them the word is spoken.
    pub word: Range<usize>,
}

/// Clips of all splits and the noise.
pub struct Material {
    /// Every usable clip.
    pub clips: Vec<Spoken>,
    /// Noise recordings for training; the last fifth of each is left to tests.
    pub noise: Vec<Vec<i16>>,
    /// Recordings of speech without a keyword, for training.
    pub speech: Vec<Vec<i16>>,
    /// What could not be used, and why.
    pub excluded: Vec<(PathBuf, String)>,
}

/// Share of each noise recording that training may hear where the corpus is not divided.
const NOISE_FOR_TRAINING: f64 = 0.8;

impl Material {
    /// Decodes what a configuration names, for the given splits.
    ///
    /// Clips that cannot be decoded, or have no place in the model, are listed in [`excluded`](Self::excluded).
    ///
    /// # Errors
    /// When a corpus or a noise folder cannot be read, or a keyword has no training clip.
    pub fn load(config: &Config, vocabulary: &Vocabulary, splits: &[Split]) -> Result<Self> {
        let mut material =
            Self { clips: Vec::new(), noise: Vec::new(), speech: Vec::new(), excluded: Vec::new() };
        for root in &config.data.corpora {
            let corpus = Corpus::open(root)?;
            material
                .excluded
                .extend(corpus.missing.into_iter().map(|p| (p, "the file is absent".to_owned())));
            let wanted = |c: &Clip| splits.contains(&c.split) && !config.data.without.contains(&c.label);
            for clip in corpus.clips.into_iter().filter(wanted) {
                material.take(clip, vocabulary);
            }
        }
        for corpus in &config.data.noise {
            for recording in training(corpus)? {
                let mut samples = read_any(&recording.path)?;
                if recording.split.is_none() {
                    samples.truncate((samples.len() as f64 * NOISE_FOR_TRAINING) as usize);
                }
                material.noise.push(samples);
            }
        }
        let silenced = [vocabulary.keywords(), config.data.without.clone()].concat();
        for corpus in &config.data.speech {
            for recording in training(corpus)? {
                if let Some(word) = recording.says(&silenced) {
                    material.excluded.push((recording.path, format!("it says `{word}`")));
                    continue;
                }
                material.speech.push(read_any(&recording.path)?);
            }
        }
        Ok(material)
    }

    fn take(&mut self, clip: Clip, vocabulary: &Vocabulary) {
        let Some(class) = vocabulary.class(&clip.label) else { return };
        match read_16k(&clip.path) {
            Ok(samples) if samples.len() <= 2 * RATE as usize => {
                self.clips.push(Spoken { clip, class, word: word(&samples), samples })
            }
            Ok(samples) => {
                let why =
                    format!("a clip lasts one second, found {:.1} s", samples.len() as f64 / f64::from(RATE));
                self.excluded.push((clip.path, why));
            }
            Err(e) => self.excluded.push((clip.path, format!("{e:#}"))),
        }
    }

    /// Clips of one split.
    pub fn split(&self, split: Split) -> impl Iterator<Item = &Spoken> {
        self.clips.iter().filter(move |s| s.clip.split == split)
    }

    /// Checks that every keyword has training clips.
    ///
    /// # Errors
    /// Names the first keyword that has fewer than ten.
    pub fn check(&self, vocabulary: &Vocabulary) -> Result<()> {
        for (class, label) in vocabulary.labels().iter().enumerate() {
            let count = self.split(Split::Train).filter(|s| s.class == class).count();
            ensure!(
                count >= 10 || vocabulary.silence() == Some(class),
                "label `{label}` has {count} training clips, expected at least 10; record or synthesise more"
            );
        }
        Ok(())
    }
}

/// The recordings of a corpus that training may hear.
fn training(corpus: &CorpusRef) -> Result<Vec<Recording>> {
    let mut all = recordings(corpus)?;
    all.retain(|recording| recording.serves(Split::Train));
    ensure!(!all.is_empty(), "`{}` has no recording in split `train`", corpus.display());
    Ok(all)
}
