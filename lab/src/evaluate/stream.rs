//! Detections in long streams: false rejects against false accepts per hour.

use anyhow::Result;
use serde::Serialize;

use crate::audio::RATE;
use crate::bundle::Bundle;
use crate::corpus::Word;
use crate::features::CLIP;

/// Posteriors of a stream: one row for each hop.
pub struct Posteriors {
    /// Sample at which each row was known.
    pub at: Vec<usize>,
    /// Probability of each label, row by row.
    pub rows: Vec<Vec<f32>>,
}

/// Decisions from posteriors: the mean over a few rows, a threshold, and a time of rest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// Rows that are averaged.
    pub smooth: usize,
    /// Mean from which on a label is heard.
    pub on: f32,
    /// Samples after a detection in which its label is not heard again.
    pub refractory: usize,
}

/// What a decision did on a stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Keywords that were said.
    pub said: usize,
    /// Keywords that were heard in time.
    pub heard: usize,
    /// Detections without a keyword.
    pub false_accepts: usize,
    /// Hours of the stream.
    pub hours: f64,
    /// Samples from the end of each heard word to its detection; may be negative.
    pub latencies: Vec<i64>,
}

/// A detection may come until this long after the word's end: the window is one second, and smoothing lags.
const GRACE: usize = RATE as usize * 3 / 4;

/// Runs a model over a stream, one window for each `hop` frames of 20 ms: what `stack` with that hop sees.
///
/// # Errors
/// When the model's front end cannot be built.
pub fn posteriors(bundle: &mut Bundle, samples: &[i16], hop: usize) -> Result<Posteriors> {
    let mut front_end = bundle.front_end()?;
    let [frames, width] = front_end.shape();
    let (window, hop) = (CLIP, hop * RATE as usize / 50);
    let mut features = vec![0.0; frames * width];
    let mut result = Posteriors { at: Vec::new(), rows: Vec::new() };
    for start in (0..(samples.len() + 1).saturating_sub(window)).step_by(hop) {
        front_end.extract(&samples[start..start + window], &mut features)?;
        result.rows.push(bundle.classify(&features));
        result.at.push(start + window);
    }
    Ok(result)
}

/// Detections `(sample, label)`.
#[must_use]
pub fn detect(posteriors: &Posteriors, labels: &[usize], decision: Decision) -> Vec<(usize, usize)> {
    let mut detections = Vec::new();
    for &label in labels {
        let mut rest_until = 0;
        for (row, &at) in posteriors.at.iter().enumerate() {
            let first = (row + 1).saturating_sub(decision.smooth);
            let sum: f32 = posteriors.rows[first..=row].iter().map(|r| r[label]).sum();
            if sum / decision.smooth as f32 >= decision.on && at >= rest_until {
                detections.push((at, label));
                rest_until = at + decision.refractory;
            }
        }
    }
    detections.sort_unstable();
    detections
}

/// Sets detections against the truth. Each word takes the first detection of its label between its start and
/// 0.75 s after its end; every other detection is a false accept.
#[must_use]
pub fn tally(detections: &[(usize, usize)], truth: &[Word], labels: &[String], samples: usize) -> Tally {
    let mut taken = vec![false; detections.len()];
    let mut tally = Tally { hours: samples as f64 / f64::from(RATE) / 3600.0, ..Tally::default() };
    for word in truth {
        let Some(label) = labels.iter().position(|l| *l == word.label) else { continue };
        tally.said += 1;
        let fits = |&(i, &(at, l)): &(usize, &(usize, usize))| {
            !taken[i] && l == label && at >= word.start && at <= word.end + GRACE
        };
        let found = detections.iter().enumerate().find(fits).map(|(i, &(at, _))| (i, at));
        if let Some((i, at)) = found {
            taken[i] = true;
            tally.heard += 1;
            tally.latencies.push(at as i64 - word.end as i64);
        }
    }
    tally.false_accepts = taken.iter().filter(|t| !**t).count();
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_takes_one_detection_and_the_rest_are_false() {
        let labels = vec!["unknown".to_owned(), "yes".to_owned()];
        let truth = [Word { label: "yes".into(), start: 1000, end: 9000 }];
        let result = tally(&[(500, 1), (9500, 1), (12_000, 1)], &truth, &labels, 57_600_000);
        assert_eq!((result.said, result.heard, result.false_accepts), (1, 1, 2));
        assert_eq!(result.latencies, [500]);
        assert!((result.hours - 1.0).abs() < 1e-9);
    }

    #[test]
    fn detection_rests_after_itself() {
        let posteriors = Posteriors { at: vec![100, 200, 300, 400], rows: vec![vec![0.9]; 4] };
        let decision = Decision { smooth: 2, on: 0.8, refractory: 200 };
        assert_eq!(detect(&posteriors, &[0], decision), [(200, 0), (400, 0)]);
    }
}
