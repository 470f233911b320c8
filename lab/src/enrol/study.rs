//! How well enrolment works, on speakers that it has not heard.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::bank::{Bank, real};
use super::ear::{Ear, Heard};
use super::linear::quantile;
use super::voice::Voice;
use super::word::{Word, score};
use crate::audio;
use crate::corpus::{Corpus, Split, is_word};
use crate::statistics::Interval;
use crate::train::centre;

/// A clip of the study.
pub struct Trial {
    word: String,
    speaker: String,
    split: Split,
    heard: Heard,
}

/// Figures by number of clips.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// What was enrolled: `words` or `voices`.
    pub of: &'static str,
    /// Words that were enrolled, or said by those who were.
    pub words: Vec<String>,
    /// One for each number of clips.
    pub points: Vec<Point>,
}

/// Figures of enrolments with so many clips.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    /// Clips of each enrolment.
    pub clips: usize,
    /// Enrolments.
    pub enrolments: usize,
    /// Speakers of what should be accepted.
    pub speakers: usize,
    /// Share accepted of what should be, at the threshold from the bank.
    pub accepted: f64,
    /// Its interval, by a bootstrap over speakers.
    pub accepted_interval: Interval,
    /// Share accepted of what should not be, at that threshold.
    pub false_accepted: f64,
    /// Its interval.
    pub false_accepted_interval: Interval,
    /// Share accepted of what should be, where 5 % are of what should not be.
    pub at_5: f64,
    /// Share accepted of what should not be, where 97 % are of what should be.
    pub false_at_97: f64,
    /// Where as many are falsely accepted as falsely rejected.
    pub equal_error: f64,
    /// Its interval.
    pub equal_error_interval: Interval,
}

/// What a study is of.
#[derive(Clone, Copy, Debug)]
pub struct Study {
    /// Share of others that the bank's threshold accepts.
    pub accept: f64,
    /// Enrolments of a word, each with other clips.
    pub draws: usize,
    /// Resamplings of the speakers.
    pub resamples: usize,
    /// Seeds the draws.
    pub seed: u64,
}

/// Scores of one speaker's clips in one enrolment: less the threshold, so that 0 is just accepted.
struct Scores {
    /// Of what was enrolled, such as the word.
    group: usize,
    speaker: usize,
    own: bool,
    scores: Vec<f64>,
}

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
            trials.push(Self { word: clip.label, speaker: clip.speaker, split: clip.split, heard });
            progress(index + 1, all);
        }
        Ok(trials)
    }
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
                let enrolled = maker.enrol(word, &clips, study.accept);
                enrolments += 1;
                let known = |trial: &Trial| drawn.iter().any(|&i| trials[i].speaker == trial.speaker);
                let tried =
                    trials.iter().filter(|t| (t.word == *word || t.split == Split::Test) && !known(t));
                let mut by: BTreeMap<(bool, usize), Vec<f64>> = BTreeMap::new();
                for trial in tried {
                    let key = (trial.word == *word, speakers[trial.speaker.as_str()]);
                    by.entry(key).or_default().push(score(&enrolled, &trial.heard.embedding) - enrolled.on);
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
            points.push(point(count, enrolments, &all, study));
        }
    }
    ensure!(!points.is_empty(), "no held-out word has enough clips");
    Ok(Curve { of: "words", words: held_out.to_vec(), points })
}

/// Enrols each speaker of the split `test` with every number of clips of a word, and tries the speaker's other clips of
/// it and those of all other speakers: one speaker is left out of the others at a time.
///
/// # Errors
/// When no speaker has enough clips.
pub fn voices(
    ear: &Ear,
    bank: &Bank,
    trials: &[Trial],
    spoken: &[String],
    counts: &[usize],
    study: Study,
) -> Result<Curve> {
    let maker = Voice::new(bank, ear);
    let speakers = numbered(trials);
    let mut points = Vec::new();
    for &count in counts {
        let mut rng = ChaCha8Rng::seed_from_u64(study.seed);
        let (mut all, mut enrolments) = (Vec::new(), 0);
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
            points.push(point(count, enrolments, &all, study));
        }
    }
    ensure!(!points.is_empty(), "no speaker has more than one clip of a word");
    Ok(Curve { of: "voices", words: spoken.to_vec(), points })
}

fn numbered(trials: &[Trial]) -> BTreeMap<&str, usize> {
    let names: std::collections::BTreeSet<&str> = trials.iter().map(|t| t.speaker.as_str()).collect();
    names.into_iter().enumerate().map(|(number, name)| (name, number)).collect()
}

/// Figures of scores; the mean over what was enrolled.
#[derive(Clone, Copy, Default)]
struct Figures {
    accepted: f64,
    false_accepted: f64,
    at_5: f64,
    false_at_97: f64,
    equal_error: f64,
}

/// Figures where each speaker counts so many times.
fn figures(all: &[Scores], weight: &dyn Fn(usize) -> usize) -> Figures {
    let groups: std::collections::BTreeSet<usize> = all.iter().map(|s| s.group).collect();
    let (mut sum, mut count) = (Figures::default(), 0.0);
    for group in groups {
        let side = |own: bool| {
            let of = all.iter().filter(|s| s.group == group && s.own == own);
            let mut scores: Vec<f64> = of
                .flat_map(|s| std::iter::repeat_n(&s.scores, weight(s.speaker)).flatten().copied())
                .collect();
            scores.sort_unstable_by(f64::total_cmp);
            scores
        };
        let (own, others) = (side(true), side(false));
        if own.is_empty() || others.is_empty() {
            continue;
        }
        let above =
            |scores: &[f64], t: f64| 1.0 - scores.partition_point(|s| *s < t) as f64 / scores.len() as f64;
        count += 1.0;
        sum.accepted += above(&own, 0.0);
        sum.false_accepted += above(&others, 0.0);
        sum.at_5 += above(&own, quantile(others.clone(), 0.95) + 1e-9);
        sum.false_at_97 += above(&others, own[(0.03 * own.len() as f64) as usize]);
        let meets = own.iter().map(|t| (1.0 - above(&own, *t), above(&others, *t)));
        let nearest = meets.min_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs()));
        sum.equal_error += nearest.map_or(0.0, |(rejected, accepted)| (rejected + accepted) / 2.0);
    }
    let mean = |x: f64| x / f64::max(count, 1.0);
    Figures {
        accepted: mean(sum.accepted),
        false_accepted: mean(sum.false_accepted),
        at_5: mean(sum.at_5),
        false_at_97: mean(sum.false_at_97),
        equal_error: mean(sum.equal_error),
    }
}

fn point(clips: usize, enrolments: usize, all: &[Scores], study: Study) -> Point {
    let mut present: Vec<usize> = all.iter().map(|s| s.speaker).collect();
    present.sort_unstable();
    present.dedup();
    let mut own: Vec<usize> = all.iter().filter(|s| s.own).map(|s| s.speaker).collect();
    own.sort_unstable();
    own.dedup();
    let whole = figures(all, &|_| 1);
    let mut rng = ChaCha8Rng::seed_from_u64(study.seed ^ 0xb007);
    let resampled: Vec<Figures> = (0..study.resamples)
        .map(|_| {
            let mut times: BTreeMap<usize, usize> = BTreeMap::new();
            present
                .iter()
                .for_each(|_| *times.entry(present[rng.random_range(0..present.len())]).or_default() += 1);
            figures(all, &|speaker| times.get(&speaker).copied().unwrap_or(0))
        })
        .collect();
    let interval = |of: fn(&Figures) -> f64| {
        let values: Vec<f64> = resampled.iter().map(of).collect();
        Interval { low: quantile(values.clone(), 0.025), high: quantile(values, 0.975) }
    };
    Point {
        clips,
        enrolments,
        speakers: own.len(),
        accepted: whole.accepted,
        accepted_interval: interval(|f| f.accepted),
        false_accepted: whole.false_accepted,
        false_accepted_interval: interval(|f| f.false_accepted),
        at_5: whole.at_5,
        false_at_97: whole.false_at_97,
        equal_error: whole.equal_error,
        equal_error_interval: interval(|f| f.equal_error),
    }
}
