//! Misses and false accepts with their audio, so that people can hear why.

use anyhow::Result;

use super::listener::Detection;
use super::material::{Item, Material};
use super::outcome::{Outcome, Points};
use super::tally::matches;
use crate::audio::RATE;
use crate::corpus::{Stream, Word};
use crate::page::Sound;

/// A miss or a false accept.
#[derive(Clone, Debug)]
pub struct Incident {
    /// What went wrong.
    pub kind: Kind,
    /// The label that was missed or accepted.
    pub label: String,
    /// What was said instead, where the truth names it.
    pub said: Option<String>,
    /// The stream, and the second of it.
    pub source: String,
    /// Seconds from the stream's beginning.
    pub at: f64,
    /// The audio, at 16 kHz.
    pub samples: Vec<i16>,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word was said and not detected.
    Missed,
    /// A word was detected and not said.
    FalseAccept,
}

impl Incident {
    /// The clip for a page.
    pub(super) fn sound(&self) -> Sound {
        let title = match (self.kind, &self.said) {
            (Kind::Missed, _) => format!("`{}` was missed", self.label),
            (Kind::FalseAccept, Some(said)) => format!("`{said}` taken for `{}`", self.label),
            (Kind::FalseAccept, None) => format!("taken for `{}`", self.label),
        };
        let caption = format!("{}, at {:.1} s", self.source, self.at);
        Sound { title, caption, samples: self.samples.clone() }
    }
}

/// Samples before and after a missed word that are kept: 0.3 s.
const AROUND: usize = RATE as usize * 3 / 10;
/// Samples before a detection that are kept, about what the model has seen, and after it.
const BEFORE: usize = RATE as usize * 8 / 5;
const AFTER: usize = RATE as usize / 5;

/// The misses and the false accepts at the pipeline's first operating point, at most `most` of each kind, evenly spread
/// over all that there are. Streams are read again for it.
///
/// # Errors
/// When a stream cannot be read.
pub fn incidents(
    material: &Material,
    items: &[Item],
    outcomes: &[Outcome],
    points: &Points,
    most: usize,
) -> Result<Vec<Incident>> {
    let Some((point, ..)) = points.own.first() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for outcome in outcomes {
        let Some(item) = items.iter().find(|item| item.key == outcome.key) else { continue };
        let wrong = outcome.own.iter().any(|(_, tally)| tally.heard < tally.said || tally.false_accepts > 0);
        if !wrong {
            continue;
        }
        let stream = material.read(item)?;
        let detections: Vec<Detection> =
            outcome.detections.iter().filter(|d| d.point == *point).cloned().collect();
        for label in &points.words {
            found.extend(of_stream(&stream, &detections, label, &item.key));
        }
    }
    let (missed, accepted): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|i: &Incident| i.kind == Kind::Missed);
    Ok(thinned(missed, most).into_iter().chain(thinned(accepted, most)).collect())
}

/// What went wrong with one label in one stream.
fn of_stream(stream: &Stream, detections: &[Detection], label: &str, source: &str) -> Vec<Incident> {
    let matched = matches(detections, &stream.truth, label);
    let incident = |kind, said: Option<&Word>, at: usize, from: usize, to: usize| Incident {
        kind,
        label: label.to_owned(),
        said: said.map(|word| word.label.clone()),
        source: source.to_owned(),
        at: at as f64 / f64::from(RATE),
        samples: stream.samples[from.min(stream.samples.len())..to.min(stream.samples.len())].to_vec(),
    };
    let words = stream.truth.iter().filter(|word| word.label == label);
    let missed = words.zip(&matched.latencies).filter(|(_, latency)| latency.is_none()).map(|(word, _)| {
        incident(Kind::Missed, None, word.start, word.start.saturating_sub(AROUND), word.end + AROUND)
    });
    let false_accepts = detections.iter().zip(&matched.taken);
    let false_accepts = false_accepts.filter(|(d, taken)| !**taken && d.label == label).map(|(d, _)| {
        let at = d.at as usize;
        let (from, to) = (at.saturating_sub(BEFORE), at + AFTER);
        // The word that ends last before the detection, or is being said.
        let said = stream.truth.iter().rfind(|word| word.start <= at && word.end > from);
        incident(Kind::FalseAccept, said, at, from, to)
    });
    missed.chain(false_accepts).collect()
}

/// At most `most` of some things, evenly spread.
fn thinned<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let count = all.len();
    let keep = move |i: usize| count <= most || (i * most) / count != ((i + 1) * most) / count;
    all.into_iter().enumerate().filter(|(i, _)| keep(*i)).map(|(_, thing)| thing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misses_and_false_accepts_bring_their_sound() {
        let second = RATE as usize;
        let word = |label: &str, at: usize| Word {
            label: label.into(),
            start: at * second,
            end: at * second + 8000,
        };
        let truth = vec![word("yes", 2), word("yet", 5), word("yes", 8)];
        let stream = Stream { samples: (0..10 * second).map(|i| (i / second) as i16).collect(), truth };
        let detection = |at: usize| Detection { at: at as u64, label: "yes".into(), point: "p".into() };
        let found =
            of_stream(&stream, &[detection(2 * second + 9000), detection(5 * second + 9000)], "yes", "words");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].kind, found[0].at), (Kind::Missed, 8.0));
        assert_eq!(found[0].samples.len(), 8000 + 2 * AROUND);
        assert_eq!((found[1].kind, found[1].said.as_deref()), (Kind::FalseAccept, Some("yet")));
        assert!(found[1].samples.contains(&5));
    }

    #[test]
    fn of_many_some_are_kept_from_everywhere() {
        assert_eq!(thinned((0..10).collect(), 3), [3, 6, 9]);
        assert_eq!(thinned(vec![1, 2], 3), [1, 2]);
    }
}
