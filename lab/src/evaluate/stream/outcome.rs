//! What came of each stream: counts at every point that is tried, which add up exactly.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::listener::{Detection, Listener, Point};
use super::report::thresholds;
use super::tally::{Tally, tally};
use super::worker::Worker;
use crate::corpus::Stream;

/// The points whose counts an [`Outcome`] holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Points {
    /// Labels that are listened for.
    pub words: Vec<String>,
    /// The pipeline's own: name, label, threshold.
    pub own: Vec<(String, String, f64)>,
    /// Thresholds that are tried for every label, from the lowest up.
    pub thresholds: Vec<f64>,
}

impl Points {
    /// The points of a pipeline.
    ///
    /// # Errors
    /// When it cannot be planned.
    pub fn of(listener: &Listener) -> Result<Self> {
        let own = listener.own_points()?.into_iter().map(|(name, point)| (name, point.label, point.on));
        Ok(Self { words: listener.words().to_vec(), own: own.collect(), thresholds: thresholds() })
    }

    /// Each label at each threshold, in the order of [`Outcome::sweep`].
    #[must_use]
    pub fn swept(&self) -> Vec<Point> {
        let label = |on| self.words.iter().map(move |label| Point { label: label.clone(), on, off: None });
        self.thresholds.iter().flat_map(|&on| label(on)).collect()
    }

    /// Places of the labels of one of the pipeline's own points in [`Outcome::own`].
    pub(super) fn own_places(&self, name: &str) -> Vec<usize> {
        (0..self.own.len()).filter(|&place| self.own[place].0 == name).collect()
    }

    /// Place of a threshold for a label in [`Outcome::sweep`].
    pub(super) fn place(&self, threshold: usize, word: usize) -> usize {
        threshold * self.words.len() + word
    }
}

/// What came of one stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The stream's place among all.
    pub index: usize,
    /// What the stream is known by.
    pub key: String,
    /// The part that it counts to.
    pub part: String,
    /// The corpus that it comes from; empty where it comes from several or from none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub corpus: String,
    /// What the corpus says of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
    /// Length in samples.
    pub samples: u64,
    /// Counts at the pipeline's own points that are not all 0, by their place in [`Points::own`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<(usize, Tally)>,
    /// Counts of the sweep that are not all 0, by threshold and, within that, by label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sweep: Vec<(usize, Tally)>,
    /// Detections at the pipeline's own points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub detections: Vec<Detection>,
}

impl Outcome {
    /// Listens to a stream, which is known by `key` and counts to `part`. `points` are those that the worker tries.
    ///
    /// # Errors
    /// When a stage fails.
    pub fn of(
        key: &str,
        part: &str,
        stream: &Stream,
        worker: &mut Worker<'_>,
        points: &Points,
    ) -> Result<Self> {
        let recorded = worker.record(&stream.samples)?;
        let detections = worker.detections(&recorded)?;
        let own = points.own.iter().map(|(name, label, _)| {
            let of_point: Vec<Detection> =
                detections.iter().filter(|d| d.point == *name && d.label == *label).cloned().collect();
            tally(&of_point, &stream.truth, label)
        });
        let own = counted(own);
        let words = points.words.iter().cycle();
        let swept = worker.swept(&recorded)?;
        let sweep = swept.iter().zip(words).map(|(found, label)| tally(found, &stream.truth, label));
        Ok(Self {
            index: 0,
            key: key.to_owned(),
            part: part.to_owned(),
            corpus: String::new(),
            columns: BTreeMap::new(),
            samples: stream.samples.len() as u64,
            own,
            sweep: counted(sweep),
            detections,
        })
    }
}

/// Tallies that count something, with their place.
fn counted(tallies: impl Iterator<Item = Tally>) -> Vec<(usize, Tally)> {
    tallies.enumerate().filter(|(_, tally)| *tally != Tally::default()).collect()
}

/// The tallies of some places together.
pub(super) fn sum(tallies: &[(usize, Tally)], places: &[usize]) -> Tally {
    let mut sum = Tally::default();
    for place in places {
        if let Ok(found) = tallies.binary_search_by_key(place, |(at, _)| *at) {
            sum.add(&tallies[found].1);
        }
    }
    sum
}
