//! What pipelines listen to: words among others, speech and noise without them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::super::progress;
use super::truth::read_truth;
use crate::audio::{read_16k, read_any};
use crate::corpus::{Corpus, CorpusRef, Recipe, Recording, Split, Stream, assemble, recordings};

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
    pub corpora: Vec<CorpusRef>,
    /// The split that is listened to, of what is divided; all where none is named.
    pub split: Option<Split>,
    /// Recordings without a word that is listened for; what holds one by its transcript is left out.
    pub speech: Vec<CorpusRef>,
    /// Noise recordings: they play behind the clips and, alone, as streams of their own. Of what is not divided it is the
    /// last fifth, which training does not hear.
    pub noise: Vec<CorpusRef>,
    /// Level of the clips' words above the noise, in dB.
    pub snr_db: f32,
    /// Draws order, pauses and noise.
    pub seed: u64,
    /// Recordings with the truth about them.
    pub streams: Vec<(PathBuf, PathBuf)>,
}

/// A stream that is read when its turn comes.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its place among all.
    pub index: usize,
    /// What it is known by on every machine: the part, the corpus and the path in it.
    pub key: String,
    /// The part that it counts to: `words`, `speech`, `noise` or a recording's name.
    pub part: String,
    /// The corpus that it comes from; empty where it comes from several or from none.
    pub corpus: String,
    /// What the corpus says of it, such as `gender`.
    pub columns: BTreeMap<String, String>,
    origin: Origin,
}

#[derive(Clone, Debug)]
enum Origin {
    Words,
    Speech(PathBuf),
    Noise(PathBuf, Share),
    Recording { audio: PathBuf, truth: PathBuf },
}

/// How much of a noise recording is heard.
#[derive(Clone, Copy, Debug)]
enum Share {
    Whole,
    LastFifth,
}

/// What there is to listen to, and what is left out of it.
#[derive(Clone, Debug, Default)]
pub struct Items {
    /// In the order of the arguments.
    pub list: Vec<Item>,
    /// Recordings of speech that hold a word that is listened for: their key and the word.
    pub keyworded: Vec<(String, String)>,
    /// Corpora of speech of which everything is heard, or what may have trained: no split is named, or they state none.
    pub undivided: Vec<String>,
}

/// Share of noise recordings that training may hear where the corpus is not divided.
const NOISE_FOR_TRAINING: f64 = 0.8;

impl Material {
    /// Lists everything; `words` are those that are listened for.
    ///
    /// # Errors
    /// When a folder or a manifest cannot be read, two recordings go by one key, or there is nothing to listen to.
    pub fn items(&self, words: &[String]) -> Result<Items> {
        let mut items = Items::default();
        if !self.corpora.is_empty() {
            items.list.push(Item::new("words", "", "", BTreeMap::new(), Origin::Words));
        }
        for corpus in &self.speech {
            let heard = self.heard(corpus, "--speech")?;
            if self.split.is_none_or(|split| split == Split::Train) || heard.iter().any(|r| r.split.is_none())
            {
                items.undivided.push(corpus.name());
            }
            for recording in heard {
                let path = inside(corpus, &recording.path);
                let said = recording.says(words).cloned();
                let origin = Origin::Speech(recording.path);
                let item = Item::new("speech", &corpus.name(), &path, recording.columns, origin);
                match said {
                    Some(word) => items.keyworded.push((item.key, word)),
                    None => items.list.push(item),
                }
            }
        }
        for (corpus, recording) in self.noises()? {
            let path = inside(corpus, &recording.path);
            let share = share(&recording);
            let origin = Origin::Noise(recording.path, share);
            items.list.push(Item::new("noise", &corpus.name(), &path, recording.columns, origin));
        }
        for (audio, truth) in &self.streams {
            let name = audio.file_name().unwrap_or_default().to_string_lossy();
            let origin = Origin::Recording { audio: audio.clone(), truth: truth.clone() };
            items.list.push(Item::new(&name, "", &audio.to_string_lossy(), BTreeMap::new(), origin));
        }
        let mut keys = BTreeSet::new();
        if let Some(twice) = items.list.iter().find(|item| !keys.insert(&item.key)) {
            bail!("`{}` is listed twice, or two corpora have the same name", twice.key);
        }
        items.list.iter_mut().enumerate().for_each(|(index, item)| item.index = index);
        ensure!(
            !items.list.is_empty() || !items.keyworded.is_empty(),
            "no input: give `--corpus`, `--speech`, `--noise` or `--stream`"
        );
        Ok(items)
    }

    /// Reads and assembles all streams; `words` are those that are listened for.
    ///
    /// # Errors
    /// When a file cannot be read, or there is nothing to listen to.
    pub fn parts(&self, words: &[String]) -> Result<Vec<Part>> {
        let items = self.items(words)?.list;
        let bar = progress(items.len(), "reading");
        let parts = bar.wrap_iter(items.into_iter()).map(|item| {
            let stream = self.read(&item)?;
            Ok(Part { name: item.part, stream })
        });
        let parts = parts.collect();
        bar.finish_and_clear();
        parts
    }

    /// Reads or assembles one of the [`items`](Self::items).
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(&self, item: &Item) -> Result<Stream> {
        let silent = |samples| Stream { samples, truth: Vec::new() };
        Ok(match &item.origin {
            Origin::Speech(path) => silent(read_any(path)?),
            Origin::Noise(path, share) => silent(noise(path, *share)?),
            Origin::Recording { audio, truth } => {
                let samples = read_16k(audio)?;
                Stream { truth: read_truth(truth, samples.len())?, samples }
            }
            Origin::Words => {
                let clips = self.clips()?;
                let read = |(_, r): (&CorpusRef, Recording)| noise(&r.path, share(&r));
                let noise: Vec<Vec<i16>> = self.noises()?.into_iter().map(read).collect::<Result<_>>()?;
                assemble(&Recipe { clips: &clips, noise: &noise, snr_db: self.snr_db, seed: self.seed })
            }
        })
    }

    /// The recordings of a corpus that the split may hear.
    fn heard(&self, corpus: &CorpusRef, argument: &str) -> Result<Vec<Recording>> {
        corpus.check(argument)?;
        let mut all = recordings(corpus)?;
        all.retain(|recording| self.split.is_none_or(|split| recording.serves(split)));
        let split = self.split.map_or(String::new(), |split| format!(" in split `{split}`"));
        ensure!(!all.is_empty(), "`{}` has no recording{split}", corpus.display());
        Ok(all)
    }

    fn noises(&self) -> Result<Vec<(&CorpusRef, Recording)>> {
        let mut all = Vec::new();
        for corpus in &self.noise {
            all.extend(self.heard(corpus, "--noise")?.into_iter().map(|recording| (corpus, recording)));
        }
        Ok(all)
    }

    /// Labels and samples of the clips; silence is left to the noise.
    fn clips(&self) -> Result<Vec<(String, Vec<i16>)>> {
        let mut rows = Vec::new();
        for root in &self.corpora {
            root.check("--corpus")?;
            let corpus = Corpus::open(root)?;
            corpus.needs_sound("they are joined into a stream for the pipeline")?;
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

impl Item {
    fn new(part: &str, corpus: &str, path: &str, columns: BTreeMap<String, String>, origin: Origin) -> Self {
        let named = [part, corpus, path].into_iter().filter(|name| !name.is_empty());
        let key = named.collect::<Vec<_>>().join("/");
        Self { index: 0, key, part: part.to_owned(), corpus: corpus.to_owned(), columns, origin }
    }
}

/// Where in its corpus a recording lies.
fn inside(corpus: &Path, path: &Path) -> String {
    path.strip_prefix(corpus).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn share(recording: &Recording) -> Share {
    if recording.split.is_some() { Share::Whole } else { Share::LastFifth }
}

fn noise(path: &Path, share: Share) -> Result<Vec<i16>> {
    let samples = read_any(path).context("while reading noise")?;
    Ok(match share {
        Share::Whole => samples,
        Share::LastFifth => samples[(samples.len() as f64 * NOISE_FOR_TRAINING) as usize..].to_vec(),
    })
}
