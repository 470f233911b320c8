//! Hard negatives: moments of speech that a model takes for a keyword, kept to be trained on.

mod folder;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::audio::{RATE, read_any};
use crate::corpus::{CorpusRef, Recording, Split, recordings};
use crate::evaluate::{Listener, Peak, Scorer, progress};
use folder::{Folder, Found};

/// Recordings that are searched before what was found is written down.
const AT_ONCE: usize = 32;
/// Samples between two pieces: one moment gives one piece.
const APART: u64 = RATE as u64;
/// Silence behind a recording, so that its last word is seen whole.
const TAIL: usize = RATE as usize / 2;
/// Share of a label's threshold from which on a score is nearly an accept.
const NEARLY: f64 = 2.0 / 3.0;

/// What is searched, and for what.
pub struct Search<'a> {
    /// The pipeline.
    pub listener: &'a Listener,
    /// Speech, or anything else, in which nobody says a keyword.
    pub corpora: &'a [CorpusRef],
    /// Lowest score that is kept; two thirds of each label's threshold where none is given.
    pub above: Option<f32>,
    /// Files that decide what is found, such as the model and the pipeline: with others every recording is searched
    /// again.
    pub by: &'a [&'a Path],
}

/// What was searched and found, by this run and by runs before it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Recordings that this run has searched.
    pub recordings: usize,
    /// Recordings that an earlier run with the same model had searched.
    pub searched_before: usize,
    /// Hours of sound that this run has searched.
    pub hours: f64,
    /// Recordings that say a keyword by their transcript, and were left out.
    pub with_keyword: usize,
    /// Recordings that could not be read, and why.
    pub broken: Vec<(String, String)>,
    /// What this run found, by the word that was taken for heard.
    pub words: BTreeMap<String, Count>,
    /// Pieces that the folder holds now.
    pub pieces: usize,
}

/// Moments at which a word was taken for heard.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Count {
    /// With a score from the lowest threshold of the pipeline on.
    pub accepted: usize,
    /// With a lower one.
    pub nearly: usize,
}

/// A word's thresholds.
struct Bar {
    word: String,
    /// Lowest score that is kept.
    above: f32,
    /// Score from which on it is accepted.
    on: f32,
}

impl Search<'_> {
    /// Searches every recording that has not been searched by the same files, and adds what it finds to the corpus in
    /// `folder`.
    ///
    /// # Errors
    /// When a corpus cannot be listed, a stage fails, `folder` holds another corpus or cannot be written.
    pub fn run(&self, folder: &Path) -> Result<Report> {
        let bars = self.bars()?;
        let mut folder = Folder::open(folder, self.fingerprint(&bars)?)?;
        let mut report = Report::default();
        let mut todo = self.recordings(&mut report)?;
        let all = todo.len();
        todo.retain(|(key, _)| !folder.is_searched(key));
        report.searched_before = all - todo.len();
        let bar = progress(todo.len(), "recordings");
        for part in todo.chunks(AT_ONCE) {
            let found: Vec<Result<Heard>> = part
                .par_iter()
                .map_init(
                    || Scorer::new(self.listener),
                    |scorer, (_, recording)| {
                        let scorer = scorer.as_mut().map_err(|why| anyhow!("{why:#}"))?;
                        listen(scorer, recording, &bars)
                    },
                )
                .collect();
            for ((key, recording), heard) in part.iter().zip(found) {
                report.take(key, recording, heard?, &bars, &mut folder)?;
            }
            folder.save()?;
            bar.inc(part.len() as u64);
        }
        bar.finish_and_clear();
        report.pieces = folder.pieces();
        Ok(report)
    }

    fn bars(&self) -> Result<Vec<Bar>> {
        let own = self.listener.own_points()?;
        let bar = |word: &String| {
            let on = own.iter().filter(|(_, point)| point.label == *word).map(|(_, point)| point.on);
            let on =
                on.reduce(f64::min).with_context(|| format!("the pipeline has no threshold for `{word}`"))?;
            let above = self.above.unwrap_or((on * NEARLY) as f32);
            Ok(Bar { word: word.clone(), above, on: on as f32 })
        };
        self.listener.words().iter().map(bar).collect()
    }

    /// What decides what is found, in a few characters.
    fn fingerprint(&self, bars: &[Bar]) -> Result<String> {
        let mut hash = Sha256::new();
        for path in self.by {
            hash.update(fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?);
        }
        for bar in bars {
            hash.update(bar.above.to_le_bytes());
        }
        Ok(folder::hex(&hash.finalize()))
    }

    /// Every recording that training may hear, by the corpus and its path in there.
    fn recordings(&self, report: &mut Report) -> Result<Vec<(String, Recording)>> {
        ensure!(!self.corpora.is_empty(), "nothing to search: name a corpus or a folder of speech");
        let mut all = BTreeMap::new();
        for corpus in self.corpora {
            for recording in recordings(corpus)? {
                let path = recording.path.strip_prefix(corpus.folder()).unwrap_or(&recording.path);
                let key = format!("{}/{}", corpus.name(), path.to_string_lossy().replace('\\', "/"));
                if recording.says(self.listener.words()).is_some() {
                    report.with_keyword += 1;
                } else if recording.serves(Split::Train)
                    && let Some(twice) = all.insert(key.clone(), recording)
                {
                    bail!(
                        "`{key}` is listed twice, or two corpora have the same name: `{}`",
                        twice.path.display()
                    );
                }
            }
        }
        ensure!(
            !all.is_empty() || report.with_keyword > 0,
            "the corpora have no recordings in split `train`, and other splits are not searched"
        );
        Ok(all.into_iter().collect())
    }
}

/// What was heard in a recording, or why it could not be read.
type Heard = Result<(Vec<i16>, Vec<Peak>)>;

/// A stage that fails is an error of the run, a recording that cannot be read is not.
fn listen(scorer: &mut Scorer, recording: &Recording, bars: &[Bar]) -> Result<Heard> {
    let above: Vec<f32> = bars.iter().map(|bar| bar.above).collect();
    let mut samples = match read_any(&recording.path) {
        Ok(samples) => samples,
        Err(why) => return Ok(Err(why)),
    };
    let length = samples.len();
    samples.resize(length + TAIL, 0);
    let peaks = scorer.peaks(&samples, &above, APART)?;
    samples.truncate(length);
    Ok(Ok((samples, peaks)))
}

impl Report {
    /// Counts what was heard in a recording and keeps it.
    fn take(
        &mut self,
        key: &str,
        recording: &Recording,
        heard: Heard,
        bars: &[Bar],
        folder: &mut Folder,
    ) -> Result<()> {
        let (samples, peaks) = match heard {
            Ok(heard) => heard,
            Err(why) => {
                self.broken.push((key.to_owned(), format!("{why:#}")));
                return Ok(());
            }
        };
        for peak in peaks {
            let bar = &bars[peak.word];
            let accepted = peak.score >= bar.on;
            let count = self.words.entry(bar.word.clone()).or_default();
            if accepted {
                count.accepted += 1
            } else {
                count.nearly += 1
            }
            let found = Found { source: key, speaker: &recording.speaker, heard: &bar.word, accepted, peak };
            folder.keep(&found, &samples)?;
        }
        self.recordings += 1;
        self.hours += samples.len() as f64 / f64::from(RATE) / 3600.0;
        folder.searched(key);
        Ok(())
    }

    /// The report for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("searched {} recordings, {:.2} h", self.recordings, self.hours);
        if self.searched_before > 0 {
            text += &format!("; {} already searched", self.searched_before);
        }
        if self.with_keyword > 0 {
            text += &format!("; skipped {} with a keyword in their transcript", self.with_keyword);
        }
        text += "\n";
        for (word, count) in &self.words {
            text += &format!("{word:12} accepted {:6}  nearly {:6}\n", count.accepted, count.nearly);
        }
        for (key, why) in &self.broken {
            text += &format!("excluded `{key}`: {why}\n");
        }
        text + &format!("the corpus has {} clips\n", self.pieces)
    }
}
