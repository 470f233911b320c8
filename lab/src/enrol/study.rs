//! How well enrolment works, on speakers that it has not heard.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::alarms::Alarms;
use super::bank::{Bank, real};
use super::ear::{Ear, Heard};
use super::figures::{Curve, Scores, Speakers, Study, TELLING, point, rate};
use super::voice::Voice;
use super::word::Word;
use crate::audio::{self, RATE};
use crate::corpus::{Corpus, CorpusRef, SPEECH, Split, is_word, recordings};
use crate::train::centre;

/// A clip of the study.
pub struct Trial {
    word: String,
    speaker: String,
    split: Split,
    /// What the corpus says of the speaker, of [`TELLING`].
    columns: BTreeMap<String, String>,
    heard: Heard,
}

/// Seconds of running speech that a speaker may have.
const MOST_SECONDS: usize = 12;

/// The quietest second in which somebody speaks, by the loudest of its recording.
const SPOKEN: f64 = 0.2;

impl Trial {
    /// Hears all clips of words of a corpus.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn hear(ear: &mut Ear, corpus: &Path, progress: &dyn Fn(usize, usize)) -> Result<Vec<Self>> {
        let corpus = Corpus::open(corpus)?;
        let clips: Vec<_> =
            corpus.clips.into_iter().filter(|c| is_word(&c.label) && !c.speaker.is_empty()).collect();
        let (mut trials, all) = (Vec::new(), clips.len());
        for (index, clip) in clips.into_iter().enumerate() {
            let heard = ear.hear(&centre(&audio::read_16k(&clip.path)?))?;
            let columns = telling(&clip.columns);
            trials.push(Self { word: clip.label, speaker: clip.speaker, split: clip.split, columns, heard });
            progress(index + 1, all);
        }
        Ok(trials)
    }

    /// Hears seconds of running speech of each speaker of some corpora, as if each were a clip of the word `_speech_` for tests.
    ///
    /// # Errors
    /// When a corpus cannot be read.
    pub fn hear_speech(
        ear: &mut Ear,
        corpora: &[CorpusRef],
        progress: &dyn Fn(usize, usize),
    ) -> Result<Vec<Self>> {
        let mut by: BTreeMap<String, Vec<crate::corpus::Recording>> = BTreeMap::new();
        for corpus in corpora {
            for recording in recordings(corpus)? {
                if !recording.speaker.is_empty() {
                    by.entry(recording.speaker.clone()).or_default().push(recording);
                }
            }
        }
        let (mut trials, all) = (Vec::new(), by.len());
        for (index, (speaker, recordings)) in by.into_iter().enumerate() {
            // As many of each recording as of the others: what they do not have in common is not the voice.
            let each = MOST_SECONDS.div_ceil(recordings.len());
            let mut seconds = Vec::new();
            for recording in &recordings {
                let samples = audio::read_any(&recording.path)?;
                seconds.extend(spoken(&samples).take(each).map(|second| (recording, second.to_vec())));
                if seconds.len() >= MOST_SECONDS {
                    break;
                }
            }
            seconds.truncate(MOST_SECONDS);
            for (recording, second) in seconds {
                trials.push(Self {
                    word: SPEECH.to_owned(),
                    speaker: speaker.clone(),
                    split: Split::Test,
                    columns: telling(&recording.columns),
                    heard: ear.hear(&second)?,
                });
            }
            progress(index + 1, all);
        }
        Ok(trials)
    }
}

/// The seconds of a recording in which somebody speaks.
fn spoken(samples: &[i16]) -> impl Iterator<Item = &[i16]> {
    let seconds = samples.chunks_exact(RATE as usize);
    let level = |second: &[i16]| {
        let squares: f64 = second.iter().map(|&s| f64::from(s).powi(2)).sum();
        (squares / second.len() as f64).sqrt()
    };
    let loudest = seconds.clone().map(level).fold(1.0, f64::max);
    seconds.filter(move |second| level(second) >= SPOKEN * loudest)
}

/// What a manifest says of a speaker, in lower case.
fn telling(columns: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let stated = TELLING.iter().filter_map(|&name| Some((name, columns.get(name)?.trim().to_lowercase())));
    stated.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn columns(trials: &[Trial], speakers: &BTreeMap<&str, usize>) -> Speakers {
    trials.iter().map(|trial| (speakers[trial.speaker.as_str()], trial.columns.clone())).collect()
}

/// Enrols words that the embedding was not trained on, each with every number of clips, and tries clips of other speakers:
/// of the word, and all other words of the split `test`.
///
/// # Errors
/// When no word has enough clips.
pub fn words(
    ear: &Ear,
    bank: &Bank,
    trials: &[Trial],
    held_out: &[String],
    counts: &[usize],
    study: Study,
) -> Result<Curve> {
    let maker = Word::new(bank, ear);
    let speakers = numbered(trials);
    let columns = columns(trials, &speakers);
    let mut points = Vec::new();
    for &count in counts {
        let mut rng = ChaCha8Rng::seed_from_u64(study.seed);
        let (mut all, mut enrolments) = (Vec::new(), 0);
        for (group, word) in held_out.iter().enumerate() {
            let own: Vec<usize> = (0..trials.len()).filter(|&i| trials[i].word == *word).collect();
            if own.len() < count + 5 {
                continue;
            }
            for _ in 0..study.draws {
                let mut drawn = own.clone();
                drawn.shuffle(&mut rng);
                drawn.truncate(count);
                let clips: Vec<&Heard> = drawn.iter().map(|&i| &trials[i].heard).collect();
                let enrolled = maker.prototype(word, &clips, study.accept);
                enrolments += 1;
                let known = |trial: &Trial| drawn.iter().any(|&i| trials[i].speaker == trial.speaker);
                let tried =
                    trials.iter().filter(|t| (t.word == *word || t.split == Split::Test) && !known(t));
                let mut by: BTreeMap<(bool, usize), Vec<f64>> = BTreeMap::new();
                for trial in tried {
                    let key = (trial.word == *word, speakers[trial.speaker.as_str()]);
                    by.entry(key).or_default().push(enrolled.score(&trial.heard.embedding) - enrolled.on);
                }
                all.extend(by.into_iter().map(|((own, speaker), scores)| Scores {
                    group,
                    speaker,
                    own,
                    scores,
                }));
            }
        }
        if enrolments > 0 {
            points.push(point(count, enrolments, &all, &columns, study));
        }
    }
    ensure!(!points.is_empty(), "no held-out word has enough clips");
    Ok(Curve { of: "words", words: held_out.to_vec(), points })
}

/// Enrols each speaker of the split `test` with every number of clips of a word, and tries the speaker's other clips of
/// it and those of all other speakers: one speaker is left out of the others at a time. `alarms` are tried with each voice.
///
/// # Errors
/// When no speaker has enough clips.
pub fn voices(
    ear: &Ear,
    bank: &Bank,
    trials: &[Trial],
    spoken: &[String],
    counts: &[usize],
    alarms: Option<&Alarms>,
    study: Study,
) -> Result<Curve> {
    let maker = Voice::new(bank, ear);
    let speakers = numbered(trials);
    let columns = columns(trials, &speakers);
    let mut points = Vec::new();
    for &count in counts {
        let mut rng = ChaCha8Rng::seed_from_u64(study.seed);
        let (mut all, mut enrolments, mut passed) = (Vec::new(), 0, Vec::new());
        for word in spoken {
            let mut by: BTreeMap<&str, Vec<&Heard>> = BTreeMap::new();
            let of_word = trials.iter().filter(|t| t.word == *word && t.split == Split::Test);
            of_word.for_each(|t| by.entry(&t.speaker).or_default().push(&t.heard));
            for (speaker, clips) in &by {
                if clips.len() <= count {
                    continue;
                }
                let mut clips = clips.clone();
                clips.shuffle(&mut rng);
                let line = maker.line(&clips[..count], &[], study.accept);
                enrolments += 1;
                let score = |heard: &&Heard| line.score(&real(&heard.voice));
                let number = speakers[speaker];
                if let Some(alarms) = alarms {
                    let passes = alarms.heard.iter().filter(|heard| score(heard) >= 0.0).count();
                    passed.push((number, passes));
                }
                all.push(Scores {
                    group: 0,
                    speaker: number,
                    own: true,
                    scores: clips[count..].iter().map(score).collect(),
                });
                let others = by
                    .iter()
                    .filter(|(other, _)| other != &speaker)
                    .flat_map(|(_, clips)| clips.iter().map(score));
                all.push(Scores { group: 0, speaker: number, own: false, scores: others.collect() });
            }
        }
        if enrolments > 0 {
            let mut point = point(count, enrolments, &all, &columns, study);
            point.alarms = alarms.map(|alarms| rate(alarms, &passed, study));
            points.push(point);
        }
    }
    ensure!(!points.is_empty(), "no speaker has more than one clip of a word");
    Ok(Curve { of: "voices", words: spoken.to_vec(), points })
}

fn numbered(trials: &[Trial]) -> BTreeMap<&str, usize> {
    let names: std::collections::BTreeSet<&str> = trials.iter().map(|t| t.speaker.as_str()).collect();
    names.into_iter().enumerate().map(|(number, name)| (name, number)).collect()
}
