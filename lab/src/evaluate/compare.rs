//! Two models on the same material, pair by pair.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::clips::Scores;
use super::stream::{Detection, Figures, Listener, Outcome, Part, Points, Worker, heard_words, own};
use crate::medium::Medium;
use crate::statistics::{Interval, mcnemar_exact, rate_ratio_exact, wilson};

/// One of the two.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// Share of clips that are right.
    pub top1: f64,
    /// Its interval, 95 %, by Wilson.
    pub interval: Interval,
}

/// Two models on the same clips or images.
#[derive(Clone, Debug, Serialize)]
pub struct Paired {
    /// What the models judge: whatever is called a clip below is an image where they see.
    pub medium: Medium,
    /// Count of clips that both were measured on.
    pub clips: usize,
    /// The two.
    pub models: [Compared; 2],
    /// Clips that only the first gets right, and clips that only the second does.
    pub only: [usize; 2],
    /// p-value of McNemar's exact test.
    pub p: f64,
}

/// Two pipelines on the same streams, each at its own operating point.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Figures of the two.
    pub figures: [Figures; 2],
    /// False-reject rate of the second less that of the first.
    pub frr_difference: f64,
    /// Its interval, 95 %, by a paired bootstrap over the words.
    pub frr_interval: Interval,
    /// p-value of an exact test that both have the same rate of false accepts.
    pub faph_p: f64,
}

/// Compares two models on the clips that both have a label for. What is right is judged by each one's own labels.
///
/// # Errors
/// When there is no such clip.
pub fn compare_clips(names: [&str; 2], a: &Scores, b: &Scores) -> Result<Paired> {
    let first: BTreeMap<_, bool> = a.clips.iter().map(|c| (&c.clip.path, c.right())).collect();
    let pairs: Vec<[bool; 2]> =
        b.clips.iter().filter_map(|c| first.get(&c.clip.path).map(|right| [*right, c.right()])).collect();
    ensure!(!pairs.is_empty(), "the two models share none of the {}", a.medium.many());
    let only = [[true, false], [false, true]].map(|case| pairs.iter().filter(|p| **p == case).count());
    let model = |which: usize| {
        let right = pairs.iter().filter(|p| p[which]).count();
        Compared {
            name: names[which].to_owned(),
            top1: right as f64 / pairs.len() as f64,
            interval: wilson(right, pairs.len()),
        }
    };
    Ok(Paired {
        medium: a.medium,
        clips: pairs.len(),
        models: [model(0), model(1)],
        only,
        p: mcnemar_exact(only[0], only[1]),
    })
}

/// Compares two pipelines on the words that both listen for.
///
/// # Errors
/// When a stage fails, or the two have no word in common that is said.
pub fn compare_streams(listeners: [&Listener; 2], parts: &[Part]) -> Result<Comparison> {
    let words: Vec<&String> =
        listeners[0].words().iter().filter(|word| listeners[1].words().contains(word)).collect();
    let mut heard = [Vec::new(), Vec::new()];
    let mut figures = Vec::new();
    for (listener, heard) in listeners.iter().zip(&mut heard) {
        let (detections, sums) = own_detections(listener, parts)?;
        for (part, found) in parts.iter().zip(&detections) {
            words.iter().for_each(|word| heard.extend(heard_words(found, &part.stream.truth, word)));
        }
        figures.push(sums);
    }
    ensure!(!heard[0].is_empty(), "the two pipelines share no word that is said in the streams");
    let [a, b] = [figures.remove(0), figures.remove(0)];
    let missed = |heard: &[bool]| heard.iter().filter(|h| !**h).count() as f64 / heard.len() as f64;
    Ok(Comparison {
        frr_difference: missed(&heard[1]) - missed(&heard[0]),
        frr_interval: paired_bootstrap(&heard[0], &heard[1], 1),
        faph_p: rate_ratio_exact([a.false_accepts, b.false_accepts], [a.hours, b.hours]),
        figures: [a, b],
    })
}

/// Detections of a pipeline as it is, in each part, and figures of its first operating point, all labels together.
fn own_detections(listener: &Listener, parts: &[Part]) -> Result<(Vec<Vec<Detection>>, Figures)> {
    let points = Points { thresholds: Vec::new(), ..Points::of(listener)? };
    let first = points.own.first().map(|(name, ..)| name.clone());
    let first = first.context("the trigger has no operating point")?;
    let mut worker = Worker::new(listener, &[])?;
    let heard = |part: &Part| Outcome::of(&part.name, &part.name, &part.stream, &mut worker, &points);
    let outcomes: Vec<Outcome> = parts.iter().map(heard).collect::<Result<_>>()?;
    let row = own(&points, &outcomes).into_iter().find(|row| row.label.is_none());
    let figures = row.context("the trigger has no label")?.figures;
    let of_first = |outcome: Outcome| outcome.detections.into_iter().filter(|d| d.point == first).collect();
    Ok((outcomes.into_iter().map(of_first).collect(), figures))
}

const RESAMPLES: usize = 10_000;

/// Interval, 95 %, of the misses' share of the second less that of the first, by drawing the pairs again and again.
///
/// Source: B. Efron and R. Tibshirani, "An introduction to the bootstrap", 1993, chapter 13 (percentile interval).
///
/// # Panics
/// When the two differ in length.
#[must_use]
pub fn paired_bootstrap(first: &[bool], second: &[bool], seed: u64) -> Interval {
    assert_eq!(first.len(), second.len(), "a pair has two sides");
    if first.is_empty() {
        return Interval { low: -1.0, high: 1.0 };
    }
    let differences: Vec<i32> =
        first.iter().zip(second).map(|(a, b)| i32::from(!*b) - i32::from(!*a)).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let n = differences.len();
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| (0..n).map(|_| differences[rng.random_range(0..n)]).sum::<i32>() as f64 / n as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    Interval { low: means[RESAMPLES / 40], high: means[RESAMPLES - RESAMPLES / 40 - 1] }
}
