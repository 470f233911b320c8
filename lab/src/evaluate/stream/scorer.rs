//! Scores over time: what a trigger compares with its thresholds.

use std::ops::ControlFlow;

use anyhow::{Context, Result};
use kws_engine::{Buffer, Port};

use super::listener::Listener;
use crate::features::Chain;

/// The stages of a pipeline up to the one before its trigger.
pub struct Scorer {
    chain: Chain,
    /// Places of the watched labels, in the listener's order.
    watched: Vec<usize>,
}

/// A moment at which a score was higher than around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Sample at which it was reached.
    pub at: u64,
    /// Index into the listener's [`words`](Listener::words).
    pub word: usize,
    /// The score, 0 to 1.
    pub score: f32,
}

impl Scorer {
    /// Plans and builds the stages.
    ///
    /// # Errors
    /// When the pipeline cannot be planned, or what its trigger reads has no labels.
    pub fn new(listener: &Listener) -> Result<Self> {
        let chain = listener.scores()?;
        let labels = &chain.port().labels;
        let place = |word: &String| labels.iter().position(|label| label == word);
        let watched = listener.words().iter().map(|word| {
            place(word).with_context(|| format!("found no `{word}` among what the `trigger` reads"))
        });
        Ok(Self { watched: watched.collect::<Result<_>>()?, chain })
    }

    /// The highest scores of a stream, in the order of time: each from its word's value in `above` on, and the highest
    /// of all words within `apart` samples.
    ///
    /// # Errors
    /// When a stage fails.
    pub fn peaks(&mut self, samples: &[i16], above: &[f32], apart: u64) -> Result<Vec<Peak>> {
        let port = self.chain.port().clone();
        let (watched, mut found) = (&self.watched, Vec::new());
        self.chain.run(samples, |at, block| {
            for (word, (&place, &above)) in watched.iter().zip(above).enumerate() {
                let score = real(block, place, &port);
                if score >= above {
                    found.push(Peak { at, word, score });
                }
            }
            ControlFlow::Continue(())
        })?;
        Ok(highest(found, apart))
    }
}

/// The highest within each stretch of time, in its order. Of equal ones the first stands.
fn highest(mut found: Vec<Peak>, apart: u64) -> Vec<Peak> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.at.cmp(&b.at)));
    let mut peaks: Vec<Peak> = Vec::new();
    for peak in found {
        if peaks.iter().all(|kept| kept.at.abs_diff(peak.at) >= apart) {
            peaks.push(peak);
        }
    }
    peaks.sort_by_key(|peak| peak.at);
    peaks
}

/// An item of a block of posteriors.
fn real(block: &Buffer, place: usize, port: &Port) -> f32 {
    match (block, port.quant) {
        (Buffer::F32(reals), _) => reals[place],
        (Buffer::I8(bytes), Some(quant)) => (i32::from(bytes[place]) - quant.zero_point) as f32 * quant.scale,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hill_its_top_is_kept() {
        let peak = |at, word, score| Peak { at, word, score };
        let found =
            vec![peak(10, 0, 0.5), peak(20, 0, 0.9), peak(25, 1, 0.7), peak(30, 0, 0.9), peak(80, 1, 0.6)];
        assert_eq!(highest(found, 50), [peak(20, 0, 0.9), peak(80, 1, 0.6)]);
        assert!(highest(Vec::new(), 50).is_empty());
    }
}
