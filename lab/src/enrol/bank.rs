//! What many others say, and how: the clips that enrolment compares with, as embeddings.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use kws_stages::enrol::{Covariance, Row, WordBank};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::ear::{Ear, Heard};
use crate::audio;
use crate::corpus::{Corpus, Split, Table, is_word};
use crate::npy::{self, Array};
use crate::train::{Config, centre};

/// Clips by many speakers, as they were heard.
pub struct Bank {
    /// What each says.
    words: Vec<String>,
    /// Who speaks.
    speakers: Vec<String>,
    /// Whether it is a person who speaks, and no synthesiser: what is heard later lies around what people say.
    real: Vec<bool>,
    heard: Vec<Heard>,
}

/// What a bank was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Clips.
    pub clips: usize,
    /// Words.
    pub words: usize,
    /// Speakers.
    pub speakers: usize,
}

/// What `bank.csv` calls the voice of a person.
const REAL: &str = "real";

/// The most clips of a word.
const MOST_OF_A_WORD: usize = 40;

/// The fewest: of words that only synthetic voices say, as many are enough to know that they are others.
const FEW_OF_A_WORD: usize = 2;

/// Clips of one word that a speaker may have, for what changes from one to the next.
const MOST_OF_A_SPEAKER: usize = 4;

/// Deviations of what the way to the microphone does to the bands, in nepers of power: level, slope, and a bump or dip.
const LEVEL: f64 = 0.7;
const SLOPE: f64 = 0.7;
const BUMP: f64 = 0.4;

impl Bank {
    /// Hears the training clips of an embedding's own corpora.
    ///
    /// # Errors
    /// When its `train.toml` or a corpus cannot be read.
    pub fn hear(ear: &mut Ear, config: &Config, progress: &dyn Fn(usize, usize)) -> Result<Self> {
        let mut by_word: BTreeMap<String, BTreeMap<(bool, String), Vec<std::path::PathBuf>>> =
            BTreeMap::new();
        for corpus in &config.data.corpora {
            let corpus = Corpus::open(corpus.folder())?;
            for clip in corpus.clips {
                let used =
                    clip.split == Split::Train && config.data.uses(&clip.label) && is_word(&clip.label);
                if used && !clip.speaker.is_empty() {
                    let real = clip.columns.get("synthesiser").is_none_or(String::is_empty);
                    by_word
                        .entry(clip.label)
                        .or_default()
                        .entry((real, clip.speaker))
                        .or_default()
                        .push(clip.path);
                }
            }
        }
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        let mut chosen = Vec::new();
        for (word, speakers) in by_word {
            let synthetic = speakers.keys().all(|(real, _)| !real);
            let most = if synthetic { FEW_OF_A_WORD } else { MOST_OF_A_WORD };
            let mut speakers: Vec<_> = speakers.into_iter().collect();
            speakers.shuffle(&mut rng);
            // Those who said it several times first: they tell what one speaker's clips do not have in common.
            speakers.sort_by_key(|(_, clips)| std::cmp::Reverse(clips.len().min(MOST_OF_A_SPEAKER)));
            let mut count = 0;
            for (speaker, mut clips) in speakers {
                let room = if synthetic { 1 } else { MOST_OF_A_SPEAKER.min(most - count) };
                clips.truncate(room);
                count += clips.len();
                chosen.extend(clips.into_iter().map(|path| (word.clone(), speaker.clone(), path)));
                if count >= most {
                    break;
                }
            }
        }
        ensure!(!chosen.is_empty(), "its corpora have no clips of words for training");
        let mut bank = Self { words: Vec::new(), speakers: Vec::new(), real: Vec::new(), heard: Vec::new() };
        let all = chosen.len();
        for (index, (word, (real, speaker), path)) in chosen.into_iter().enumerate() {
            let heard = ear.hear(&centre(&audio::read_16k(&path)?))?;
            bank.words.push(word);
            bank.speakers.push(speaker);
            bank.real.push(real);
            bank.heard.push(heard);
            progress(index + 1, all);
        }
        Ok(bank)
    }

    /// Writes `bank.npy`, a row of an embedding and a voice for each clip, `bank.csv`, which says what and by whom, and
    /// `words.bank`, what pages need of them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, folder: &Path) -> Result<Made> {
        let row = |heard: &Heard| [&heard.embedding[..], &heard.voice].concat();
        let items: Vec<i8> = self.heard.iter().flat_map(row).collect();
        let shape = vec![self.heard.len(), items.len() / self.heard.len().max(1)];
        npy::write(&folder.join("bank.npy"), &Array::I8 { shape, items })?;
        // Numbers in place of the corpora's names for speakers: who they are matters to nobody.
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let mut table = Table::new(["word", "speaker", "voice"]);
        for ((word, speaker), real) in self.words.iter().zip(&self.speakers).zip(&self.real) {
            let next = numbers.len();
            let number = numbers.entry(speaker).or_insert(next).to_string();
            let voice = if *real { REAL } else { "synthetic" };
            table.push([("word", word.as_str()), ("speaker", number.as_str()), ("voice", voice)]);
        }
        table.write(&folder.join("bank.csv"))?;
        let path = folder.join("words.bank");
        std::fs::write(&path, self.words().bytes())
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        let mut words: Vec<&String> = self.words.iter().collect();
        words.sort();
        words.dedup();
        Ok(Made { clips: self.heard.len(), words: words.len(), speakers: numbers.len() })
    }

    /// Reads the bank beside an embedding.
    ///
    /// # Errors
    /// When a file is absent or malformed, or they do not fit the embedding.
    pub fn open(folder: &Path, ear: &Ear) -> Result<Self> {
        let path = folder.join("bank.npy");
        let advice = || {
            if folder.join("train.toml").exists() {
                format!("`kws-lab enrol bank {}` makes it", folder.display())
            } else {
                "what `kws-run --unpack` writes has no bank; name the embedding of a clone of kws: \
                 `--embedding CLONE/pipelines/models/embedding`"
                    .to_owned()
            }
        };
        let Array::I8 { shape, items } = npy::read(&path).with_context(advice)? else {
            anyhow::bail!("`{}` holds no int8; {}", path.display(), advice());
        };
        let table = Table::read(&folder.join("bank.csv")).with_context(advice)?;
        table.require(&["word", "speaker", "voice"])?;
        let width = ear.values() + 2 * ear.features()[1];
        ensure!(
            shape == [table.len(), width],
            "`{}` has the shape {shape:?}, expected [{}, {width}] by `bank.csv` and the embedding; {}",
            path.display(),
            table.len(),
            advice()
        );
        let heard = items.chunks_exact(width).map(|row| {
            let (embedding, voice) = row.split_at(ear.values());
            Heard { embedding: embedding.to_vec(), voice: voice.to_vec() }
        });
        let column = |name: &str| (0..table.len()).map(|row| table.get(row, name).to_owned()).collect();
        let real = (0..table.len()).map(|row| table.get(row, "voice") == REAL).collect();
        Ok(Self { heard: heard.collect(), words: column("word"), speakers: column("speaker"), real })
    }

    /// What words are told apart from.
    #[must_use]
    pub fn words(&self) -> WordBank {
        let row =
            |i: usize| Row { word: &self.words[i], real: self.real[i], embedding: &self.heard[i].embedding };
        WordBank::new((0..self.heard.len()).map(row))
    }

    /// How what one speaker says lies around its mean, on ways to the microphone that differ.
    pub(super) fn within_voices(&self, step: f64) -> Covariance {
        let mut within = Covariance::new(self.heard[0].voice.len());
        let of = self.by(|i| self.real[i].then(|| &self.speakers[i]));
        of.values().for_each(|rows| within.add(&self.voices(rows)));
        let bands = self.heard[0].voice.len() / 2;
        let both = |shape: &dyn Fn(f64) -> f64, size: f64| {
            let band = |b: usize| shape(2.0 * b as f64 / (bands - 1) as f64 - 1.0) * size / step;
            (0..2 * bands).map(|value| band(value % bands)).collect::<Vec<f64>>()
        };
        within.vary(&both(&|_| 1.0, LEVEL));
        within.vary(&both(&|x| x, SLOPE));
        const BUMPS: usize = 8;
        for place in 0..BUMPS {
            let middle = 2.0 * (place as f64 + 0.5) / BUMPS as f64 - 1.0;
            within.vary(&both(&|x| (-((x - middle) / 0.3).powi(2)).exp(), BUMP / (BUMPS as f64).sqrt()));
        }
        within
    }

    /// The voices of all people.
    pub(super) fn all_voices(&self) -> Vec<Vec<f64>> {
        self.voices(&(0..self.heard.len()).filter(|&i| self.real[i]).collect::<Vec<_>>())
    }

    /// Rows by what they have in common; those that have nothing are left out.
    fn by<K: Ord>(&self, key: impl Fn(usize) -> Option<K>) -> BTreeMap<K, Vec<usize>> {
        let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for row in 0..self.heard.len() {
            if let Some(key) = key(row) {
                groups.entry(key).or_default().push(row);
            }
        }
        groups
    }

    fn voices(&self, rows: &[usize]) -> Vec<Vec<f64>> {
        rows.iter().map(|&i| real(&self.heard[i].voice)).collect()
    }
}

/// Stored values as numbers.
pub(super) fn real(values: &[i8]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}
