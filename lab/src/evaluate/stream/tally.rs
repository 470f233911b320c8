//! Detections against what was said.

use serde::{Deserialize, Serialize};

use crate::audio::RATE;
use crate::corpus::Word;

use super::listener::Detection;

/// What became of one label's words in a stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// How often the label was said.
    pub said: usize,
    /// How often it was heard in time.
    pub heard: usize,
    /// Detections without the word.
    pub false_accepts: usize,
    /// Samples from the end of each heard word to its detection; negative where it was heard before its end.
    pub latencies: Vec<i64>,
}

impl Tally {
    /// Takes in another tally.
    pub fn add(&mut self, other: &Self) {
        self.said += other.said;
        self.heard += other.heard;
        self.false_accepts += other.false_accepts;
        self.latencies.extend(&other.latencies);
    }
}

/// A detection may come until this long after the word's end: windows are one second long, and smoothing lags.
const GRACE: usize = RATE as usize * 3 / 4;

/// Sets the detections of one label against the truth. Each word takes the first detection between its start and
/// 0.75 s after its end; every other detection is a false accept.
#[must_use]
pub fn tally(detections: &[Detection], truth: &[Word], label: &str) -> Tally {
    let Matches { latencies, taken } = matches(detections, truth, label);
    let taken = taken.into_iter().filter(|taken| *taken).count();
    let of_label = detections.iter().filter(|d| d.label == label).count();
    Tally {
        said: latencies.len(),
        heard: taken,
        false_accepts: of_label - taken,
        latencies: latencies.into_iter().flatten().collect(),
    }
}

/// For each time that a label was said, whether it was heard.
#[must_use]
pub fn heard_words(detections: &[Detection], truth: &[Word], label: &str) -> Vec<bool> {
    matches(detections, truth, label).latencies.iter().map(Option::is_some).collect()
}

/// Which detections belong to which words.
pub(super) struct Matches {
    /// Of each time that the label was said, samples from its end to its detection; none where it was not heard.
    pub(super) latencies: Vec<Option<i64>>,
    /// Of each detection, whether it is a word's.
    pub(super) taken: Vec<bool>,
}

/// Gives each word its detection.
pub(super) fn matches(detections: &[Detection], truth: &[Word], label: &str) -> Matches {
    let mut taken = vec![false; detections.len()];
    let mut latencies = Vec::new();
    for word in truth.iter().filter(|w| w.label == label) {
        let in_time = |at: u64| at >= word.start as u64 && at <= (word.end + GRACE) as u64;
        let found = (0..detections.len())
            .find(|&i| !taken[i] && detections[i].label == label && in_time(detections[i].at));
        latencies.push(found.map(|i| {
            taken[i] = true;
            detections[i].at as i64 - word.end as i64
        }));
    }
    Matches { latencies, taken }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_takes_one_detection_and_the_rest_are_false() {
        let detection = |at, label: &str| Detection { at, label: label.into(), point: "p".into() };
        let truth = [Word { label: "yes".into(), start: 1000, end: 9000 }];
        let found =
            [detection(500, "yes"), detection(9500, "yes"), detection(12_000, "yes"), detection(9600, "no")];
        let yes = tally(&found, &truth, "yes");
        assert_eq!((yes.said, yes.heard, yes.false_accepts), (1, 1, 2));
        assert_eq!(yes.latencies, [500]);
        let no = tally(&found, &truth, "no");
        assert_eq!((no.said, no.heard, no.false_accepts), (0, 0, 1), "`no` for `yes` is a false accept");
        assert_eq!(tally(&[detection(21_001, "yes")], &truth, "yes").heard, 0, "more than 0.75 s late");
    }
}
