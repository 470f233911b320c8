//! The audio of a run, decoded once and held in memory.

use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::audio::{RATE, read_16k, read_any};
use crate::corpus::{Clip, Corpus, CorpusRef, Recording, Split, Vocabulary, recordings, word};

use super::pool::Pool;
use crate::augment::{Convolver, MeasuredRoom};
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
    /// How often it is drawn, by one of weight 1.
    pub weight: f64,
}

/// Clips of all splits and what is heard beside them.
#[derive(Default)]
pub struct Material {
    /// Every usable clip.
    pub clips: Vec<Spoken>,
    /// Noise recordings for training; the last fifth of each is left to tests.
    pub noise: Pool<Vec<i16>>,
    /// Music for training, in the same part.
    pub music: Pool<Vec<i16>>,
    /// Recordings of speech without a keyword, for training.
    pub speech: Pool<Vec<i16>>,
    /// Measured rooms for training.
    pub rooms: Pool<MeasuredRoom>,
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
        let mut material = Self::default();
        for corpus in &config.data.corpora {
            let Corpus { clips, missing, .. } = Corpus::open(corpus)?;
            material.excluded.extend(missing.into_iter().map(|p| (p, "the file is absent".to_owned())));
            let wanted = |c: &Clip| splits.contains(&c.split) && config.data.uses(&c.label);
            for clip in clips.into_iter().filter(wanted) {
                material.take(clip, corpus.weight(), vocabulary);
            }
        }
        material.noise = noise(&config.data.noise)?;
        material.music = noise(&config.data.music)?;
        let silenced = config.data.unspoken(vocabulary.keywords());
        material.speech = material.speech(&config.data.speech, &silenced)?;
        material.rooms = material.rooms(&config.data.rooms)?;
        Ok(material)
    }

    /// Recordings in which none of `silenced` is said.
    fn speech(&mut self, corpora: &[CorpusRef], silenced: &[String]) -> Result<Pool<Vec<i16>>> {
        let mut speech = Vec::new();
        for corpus in corpora {
            for recording in training(corpus)? {
                if let Some(word) = recording.says(silenced) {
                    self.excluded.push((recording.path, format!("it contains the word `{word}`")));
                    continue;
                }
                speech.push((read_any(&recording.path)?, corpus.weight()));
            }
        }
        Ok(speech.into_iter().collect())
    }

    /// Rooms; an impulse response that cannot be used is excluded.
    fn rooms(&mut self, corpora: &[CorpusRef]) -> Result<Pool<MeasuredRoom>> {
        let convolver = Convolver::default();
        let mut rooms = Vec::new();
        for corpus in corpora {
            let before = rooms.len();
            for recording in training(corpus)? {
                let response = read_any(&recording.path)?;
                let response: Vec<f32> = response.into_iter().map(f32::from).collect();
                match convolver.room(&response) {
                    Ok(room) => rooms.push((room, corpus.weight())),
                    Err(why) => self.excluded.push((recording.path, format!("{why:#}"))),
                }
            }
            ensure!(rooms.len() > before, "`{}` contains no usable impulse response", corpus.display());
        }
        Ok(rooms.into_iter().collect())
    }

    fn take(&mut self, clip: Clip, weight: f64, vocabulary: &Vocabulary) {
        let Some(class) = vocabulary.class(&clip.label) else { return };
        match read_16k(&clip.path) {
            Ok(samples) if samples.len() <= 2 * RATE as usize => {
                self.clips.push(Spoken { clip, class, word: word(&samples), samples, weight })
            }
            Ok(samples) => {
                let why = format!(
                    "found {:.1} s, expected a clip of one second",
                    samples.len() as f64 / f64::from(RATE)
                );
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

/// Recordings of noise or music, as much of each as training may hear.
fn noise(corpora: &[CorpusRef]) -> Result<Pool<Vec<i16>>> {
    let mut noise = Vec::new();
    for corpus in corpora {
        for recording in training(corpus)? {
            let mut samples = read_any(&recording.path)?;
            if recording.split.is_none() {
                samples.truncate((samples.len() as f64 * NOISE_FOR_TRAINING) as usize);
            }
            noise.push((samples, corpus.weight()));
        }
    }
    Ok(noise.into_iter().collect())
}

/// The recordings of a corpus that training may hear.
fn training(corpus: &CorpusRef) -> Result<Vec<Recording>> {
    let mut all = recordings(corpus)?;
    all.retain(|recording| recording.serves(Split::Train));
    ensure!(!all.is_empty(), "`{}` has no recording in split `train`", corpus.display());
    Ok(all)
}
