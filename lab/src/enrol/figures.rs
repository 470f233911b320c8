//! Figures of enrolments: shares, their intervals by speakers drawn again and again, groups of speakers.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::alarms::Alarms;
use crate::statistics::{Interval, poisson_rate};
use kws_stages::enrol::quantile;

/// Columns that say who spoke.
pub(super) const TELLING: [&str; 2] = ["gender", "accent"];

/// The fewest speakers that are a group of their own.
const FEWEST_SPEAKERS: usize = 5;

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
    /// The same by what the corpora say of the speakers; empty where they say nothing.
    pub groups: Vec<Group>,
    /// What becomes of a detector's false accepts, where one was tried.
    pub alarms: Option<AlarmRate>,
}

/// Figures of the speakers who have one value in a column.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// Its name, such as `gender`.
    pub column: String,
    /// The value; `(not stated)`, or `(fewer than 5 speakers)` for all groups that are too small to say anything of.
    pub value: String,
    /// Speakers of what should be accepted.
    pub speakers: usize,
    /// Share accepted of what should be.
    pub accepted: f64,
    /// Its interval, by a bootstrap over speakers.
    pub accepted_interval: Interval,
    /// Share accepted of what should not be.
    pub false_accepted: f64,
    /// Its interval.
    pub false_accepted_interval: Interval,
    /// Where as many are falsely accepted as falsely rejected.
    pub equal_error: f64,
    /// Its interval.
    pub equal_error_interval: Interval,
}

/// False accepts of a detector per hour of other people's speech, without a voice and behind one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AlarmRate {
    /// Hours of speech.
    pub hours: f64,
    /// Per hour, of the detector alone.
    pub before: f64,
    /// Its interval, 95 %, by Garwood.
    pub before_interval: Interval,
    /// Per hour, of those that the voice accepts: the mean over enrolments.
    pub after: f64,
    /// Its interval, by a bootstrap over the enrolled speakers.
    pub after_interval: Interval,
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
pub(super) struct Scores {
    /// Of what was enrolled, such as the word.
    pub(super) group: usize,
    pub(super) speaker: usize,
    pub(super) own: bool,
    pub(super) scores: Vec<f64>,
}

/// What the corpora say of each speaker, by the speaker's number.
pub(super) type Speakers = BTreeMap<usize, BTreeMap<String, String>>;

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
fn figures(all: &[&Scores], times: Times<'_>) -> Figures {
    let groups: std::collections::BTreeSet<usize> = all.iter().map(|s| s.group).collect();
    let (mut sum, mut count) = (Figures::default(), 0.0);
    for group in groups {
        let side = |own: bool| {
            let of = all.iter().filter(|s| s.group == group && s.own == own);
            let mut scores: Vec<f64> = of
                .flat_map(|s| std::iter::repeat_n(&s.scores, times(s.speaker)).flatten().copied())
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

/// What voices make of a detector's false accepts: `passed` are speakers, and how many their voice accepts.
pub(super) fn rate(alarms: &Alarms, passed: &[(usize, usize)], study: Study) -> AlarmRate {
    let speakers: Vec<usize> = passed
        .iter()
        .map(|(speaker, _)| *speaker)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let mean = |times: Times<'_>| {
        let (sum, count) = passed.iter().fold((0, 0), |(sum, count), &(speaker, passes)| {
            (sum + times(speaker) * passes, count + times(speaker))
        });
        sum as f64 / f64::max(count as f64, 1.0) / alarms.hours
    };
    let values: Vec<f64> = resampled(&speakers, study, &mean);
    AlarmRate {
        hours: alarms.hours,
        before: alarms.heard.len() as f64 / alarms.hours,
        before_interval: poisson_rate(alarms.heard.len(), alarms.hours),
        after: mean(&|_| 1),
        after_interval: middle(values),
    }
}

/// How often each speaker counts.
type Times<'a> = &'a dyn Fn(usize) -> usize;

/// A figure of the speakers drawn again and again, each as often as it is drawn.
fn resampled<T>(present: &[usize], study: Study, of: &dyn Fn(Times<'_>) -> T) -> Vec<T> {
    let mut rng = ChaCha8Rng::seed_from_u64(study.seed ^ 0xb007);
    let draw = |_| {
        let mut times: BTreeMap<usize, usize> = BTreeMap::new();
        present
            .iter()
            .for_each(|_| *times.entry(present[rng.random_range(0..present.len())]).or_default() += 1);
        of(&|speaker| times.get(&speaker).copied().unwrap_or(0))
    };
    (0..study.resamples).map(draw).collect()
}

/// The middle 95 % of values.
fn middle(values: Vec<f64>) -> Interval {
    Interval { low: quantile(values.clone(), 0.025), high: quantile(values, 0.975) }
}

/// Figures by each column that is stated of somebody.
fn groups(all: &[Scores], speakers: &Speakers, study: Study) -> Vec<Group> {
    let mut groups = Vec::new();
    for column in TELLING {
        let stated = |speaker: usize| speakers.get(&speaker).and_then(|columns| columns.get(column));
        let mut of: BTreeMap<&str, std::collections::BTreeSet<usize>> = BTreeMap::new();
        for score in all.iter().filter(|score| score.own) {
            of.entry(stated(score.speaker).map_or("(not stated)", String::as_str))
                .or_default()
                .insert(score.speaker);
        }
        if !of.keys().any(|value| !value.starts_with('(')) {
            continue;
        }
        let (large, small): (Vec<_>, Vec<_>) =
            of.into_iter().partition(|(value, own)| own.len() >= FEWEST_SPEAKERS || value.starts_with('('));
        let small: Vec<&str> = small.into_iter().map(|(value, _)| value).collect();
        let pooled = (!small.is_empty()).then_some(("(fewer than 5 speakers)", small));
        for (name, values) in large.into_iter().map(|(value, _)| (value, vec![value])).chain(pooled) {
            let theirs = |score: &&Scores| {
                values.contains(&stated(score.speaker).map_or("(not stated)", String::as_str))
            };
            let theirs: Vec<&Scores> = all.iter().filter(theirs).collect();
            let p = summed(0, 0, &theirs, study);
            groups.push(Group {
                column: column.to_owned(),
                value: name.to_owned(),
                speakers: p.speakers,
                accepted: p.accepted,
                accepted_interval: p.accepted_interval,
                false_accepted: p.false_accepted,
                false_accepted_interval: p.false_accepted_interval,
                equal_error: p.equal_error,
                equal_error_interval: p.equal_error_interval,
            });
        }
    }
    groups
}

/// Figures of so many enrolments with so many clips.
pub(super) fn point(
    clips: usize,
    enrolments: usize,
    all: &[Scores],
    speakers: &Speakers,
    study: Study,
) -> Point {
    let every: Vec<&Scores> = all.iter().collect();
    Point { groups: groups(all, speakers, study), ..summed(clips, enrolments, &every, study) }
}

/// Figures of scores with their intervals.
fn summed(clips: usize, enrolments: usize, all: &[&Scores], study: Study) -> Point {
    let mut present: Vec<usize> = all.iter().map(|s| s.speaker).collect();
    present.sort_unstable();
    present.dedup();
    let mut own: Vec<usize> = all.iter().filter(|s| s.own).map(|s| s.speaker).collect();
    own.sort_unstable();
    own.dedup();
    let whole = figures(all, &|_| 1);
    let resampled: Vec<Figures> = resampled(&present, study, &|weight| figures(all, weight));
    let interval = |of: fn(&Figures) -> f64| middle(resampled.iter().map(of).collect());
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
        groups: Vec::new(),
        alarms: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ear::Heard;
    use super::*;

    const STUDY: Study = Study { accept: 0.05, draws: 1, resamples: 100, seed: 1 };

    fn scores(speaker: usize, own: bool, scores: &[f64]) -> Scores {
        Scores { group: 0, speaker, own, scores: scores.to_vec() }
    }

    #[test]
    fn groups_are_those_that_are_stated_and_small_ones_are_pooled() {
        // Of six women every clip is accepted, of six men half; two others are too few, one says nothing.
        let mut all = Vec::new();
        let mut speakers = Speakers::new();
        for speaker in 0..15 {
            let gender = match speaker {
                0..6 => Some("female"),
                6..12 => Some("male"),
                12..14 => Some("other"),
                _ => None,
            };
            let second = if speaker < 6 { 1.0 } else { -1.0 };
            all.push(scores(speaker, true, &[1.0, second]));
            all.push(scores(speaker, false, &[-1.0, -2.0]));
            speakers.insert(
                speaker,
                gender.map(|value| ("gender".to_owned(), value.to_owned())).into_iter().collect(),
            );
        }
        let point = point(1, 15, &all, &speakers, STUDY);
        let found: Vec<(&str, usize, f64)> =
            point.groups.iter().map(|group| (group.value.as_str(), group.speakers, group.accepted)).collect();
        let expected = [
            ("(not stated)", 1, 0.5),
            ("female", 6, 1.0),
            ("male", 6, 0.5),
            ("(fewer than 5 speakers)", 2, 0.5),
        ];
        assert_eq!(found, expected);
        assert!(point.groups.iter().all(|group| group.false_accepted == 0.0 && group.column == "gender"));
    }

    #[test]
    fn false_accepts_per_hour_are_those_that_voices_let_pass() {
        let heard = Heard { embedding: Vec::new(), voice: Vec::new() };
        let alarms = Alarms { hours: 2.0, heard: vec![heard; 8] };
        let rate = rate(&alarms, &[(0, 0), (1, 2), (1, 4), (2, 2)], STUDY);
        assert_eq!((rate.before, rate.after), (4.0, 1.0));
        assert!(rate.before_interval.low > 1.5 && rate.before_interval.high < 8.0, "{rate:?}");
        assert!(rate.after_interval.low < 1.0 && rate.after_interval.high > 1.0, "{rate:?}");
    }
}
