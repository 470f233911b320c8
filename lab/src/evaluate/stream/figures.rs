//! Counts over streams with what they allow to be said.

use serde::Serialize;

use super::tally::Tally;
use crate::audio::RATE;
use crate::statistics::{Interval, clopper_pearson, poisson_rate, poisson_upper};

/// Figures of one operating point over all streams.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Words that were said.
    pub said: usize,
    /// Words that were not heard in time.
    pub missed: usize,
    /// Their share: the false-reject rate; none where nothing was said.
    pub frr: Option<f64>,
    /// Its interval, 95 %, by Clopper and Pearson.
    pub frr_interval: Interval,
    /// Detections without the word.
    pub false_accepts: usize,
    /// Hours that were listened to.
    pub hours: f64,
    /// False accepts per hour.
    pub faph: f64,
    /// Their exact interval, 95 %.
    pub faph_interval: Interval,
    /// The rate that can be claimed not to be exceeded, one-sided, 95 %.
    pub faph_upper: f64,
    /// From the end of the word to its detection.
    pub latency: Option<Latency>,
    /// False accepts by part of the material.
    pub parts: Vec<PartFigures>,
}

/// Delays of detections, in milliseconds after the end of the word.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// Half of the detections come earlier.
    pub median_ms: f64,
    /// Nine of ten come earlier.
    pub p90_ms: f64,
    /// The last one.
    pub longest_ms: f64,
}

/// False accepts in one part of the material.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartFigures {
    /// Name of the part.
    pub part: String,
    /// Detections without the word.
    pub false_accepts: usize,
    /// Hours of the part.
    pub hours: f64,
}

impl Figures {
    /// Figures of tallies, one for each part: name, hours, tally.
    #[must_use]
    pub fn new(parts: &[(&str, f64, Tally)]) -> Self {
        let mut all = Tally::default();
        parts.iter().for_each(|(_, _, tally)| all.add(tally));
        let hours: f64 = parts.iter().map(|p| p.1).sum();
        let missed = all.said - all.heard;
        Self {
            said: all.said,
            missed,
            frr: (all.said > 0).then(|| missed as f64 / all.said as f64),
            frr_interval: clopper_pearson(missed, all.said),
            false_accepts: all.false_accepts,
            hours,
            faph: all.false_accepts as f64 / hours,
            faph_interval: poisson_rate(all.false_accepts, hours),
            faph_upper: poisson_upper(all.false_accepts, hours),
            latency: latency(all.latencies),
            parts: merged(parts),
        }
    }

    /// What may be said of the false accepts, and what may not.
    #[must_use]
    pub fn claim(&self) -> String {
        format!("{} in {:.2} h: the upper bound is {:.1}/h", self.false_accepts, self.hours, self.faph_upper)
    }
}

/// Parts of one name as one.
fn merged(parts: &[(&str, f64, Tally)]) -> Vec<PartFigures> {
    let mut merged: Vec<PartFigures> = Vec::new();
    for (name, hours, tally) in parts {
        match merged.iter_mut().find(|p| p.part == *name) {
            Some(part) => {
                part.false_accepts += tally.false_accepts;
                part.hours += hours;
            }
            None => merged.push(PartFigures {
                part: (*name).to_owned(),
                false_accepts: tally.false_accepts,
                hours: *hours,
            }),
        }
    }
    merged
}

fn latency(mut samples: Vec<i64>) -> Option<Latency> {
    samples.sort_unstable();
    let ms = |samples: i64| samples as f64 * 1000.0 / f64::from(RATE);
    let at = |part: f64| samples[((samples.len() as f64 * part).ceil() as usize).max(1) - 1];
    let longest = *samples.last()?;
    Some(Latency { median_ms: ms(at(0.5)), p90_ms: ms(at(0.9)), longest_ms: ms(longest) })
}
