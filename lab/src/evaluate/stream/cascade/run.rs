//! A cascade over one stream after the other.

use anyhow::{Context, Result};
use kws_engine::Output;
use rayon::prelude::*;

use super::path::{Cascade, Step};
use crate::audio::RATE;
use crate::corpus::Word;
use crate::evaluate::progress;
use crate::evaluate::stream::listener::Detection;
use crate::evaluate::stream::material::{Item, Material};
use crate::evaluate::stream::tally::{Tally, matches};

/// What came of one stream.
#[derive(Clone, Debug, PartialEq)]
pub struct CascadeOutcome {
    /// The stream's place among all.
    pub index: usize,
    /// The part that it counts to.
    pub part: String,
    /// Length in samples.
    pub samples: u64,
    /// What each step made of its words. Latencies are from the end of a word to when its detection is out.
    pub steps: Vec<Tally>,
    /// Detections of each step.
    pub detections: Vec<usize>,
    /// Samples that each step was let hear.
    pub reached: Vec<u64>,
    /// Blocks that each cut carried.
    pub crossed: Vec<u64>,
}

/// A detection, and how many samples had come when it was out.
struct Found {
    detection: Detection,
    out: u64,
}

impl Cascade {
    /// Listens to one stream.
    ///
    /// # Errors
    /// When a stage cannot be built, or fails.
    pub fn hear(&self, part: &str, samples: &[i16], truth: &[Word]) -> Result<CascadeOutcome> {
        let mut taps: Vec<&str> = self.steps.iter().map(|step| step.name.as_str()).collect();
        taps.extend(
            self.steps.iter().filter_map(|step| step.entry.as_ref()).map(|(stage, _)| stage.as_str()),
        );
        taps.extend(self.placed.cuts.iter().map(|cut| self.placed.stages[cut.from].name.as_str()));
        taps.sort_unstable();
        taps.dedup();
        // A new session for each stream: a trigger's refractory time outlasts a reset.
        let mut session = self.whole.session()?;
        taps.iter().try_for_each(|stage| session.tap(stage))?;
        let (source, length) = {
            let (name, port) = session.sources().next().context("there is no source")?;
            (name.to_owned(), port.len())
        };
        let mut blocks = vec![0_u64; taps.len()];
        let mut found: Vec<Vec<Found>> = self.steps.iter().map(|_| Vec::new()).collect();
        let mut out = 0;
        for block in samples.chunks_exact(length) {
            out += length as u64;
            session.push(&source, block, |output: Output<'_>| {
                let Ok(tap) = taps.binary_search(&output.stage) else { return };
                blocks[tap] += 1;
                if let Some(step) = self.steps.iter().position(|step| step.name == output.stage) {
                    found[step].extend(output.detections().map(|detection| Found {
                        detection: Detection {
                            at: detection.event().end,
                            label: detection.label().to_owned(),
                            point: detection.point().to_owned(),
                        },
                        out,
                    }));
                }
            })?;
        }
        let count = |stage: &str| taps.binary_search(&stage).map_or(0, |tap| blocks[tap]);
        let reached = |step: &Step| match &step.entry {
            None => samples.len() as u64,
            Some((stage, ticks)) => (count(stage) * ticks).min(samples.len() as u64),
        };
        Ok(CascadeOutcome {
            index: 0,
            part: part.to_owned(),
            samples: samples.len() as u64,
            steps: self
                .steps
                .iter()
                .zip(&found)
                .map(|(step, found)| step.tally(found, truth, self.words()))
                .collect(),
            detections: found.iter().map(Vec::len).collect(),
            reached: self.steps.iter().map(reached).collect(),
            crossed: self.placed.cuts.iter().map(|cut| count(&self.placed.stages[cut.from].name)).collect(),
        })
    }
}

impl Step {
    /// Sets what it found against the truth. Where another step judges it, any of the words stands for any other: the clip
    /// is judged, not the label.
    fn tally(&self, found: &[Found], truth: &[Word], words: &[String]) -> Tally {
        let line = (self.line_ms * f64::from(RATE) / 1000.0).round() as i64;
        let mut sum = Tally::default();
        let labels: Vec<&str> =
            if self.is_judged { vec!["any"] } else { self.words.iter().map(String::as_str).collect() };
        for label in labels {
            let is_of = |said: &str| match self.is_judged {
                true => words.iter().any(|word| word == said),
                false => said == label,
            };
            let of_label = found.iter().filter(|found| self.is_judged || found.detection.label == label);
            let of_label: Vec<&Found> = of_label.collect();
            let renamed = |at: u64| Detection { at, label: label.to_owned(), point: String::new() };
            let detections: Vec<Detection> =
                of_label.iter().map(|found| renamed(found.detection.at)).collect();
            let truth = truth.iter().filter(|word| is_of(&word.label));
            let truth: Vec<Word> =
                truth.map(|word| Word { label: label.to_owned(), ..word.clone() }).collect();
            let matched = matches(&detections, &truth, label);
            let heard = matched.taken.iter().filter(|taken| **taken).count();
            let late = |latency: i64, end: usize| {
                let at = (end as i64 + latency) as u64;
                let out =
                    of_label.iter().find(|found| found.detection.at == at).map_or(at, |found| found.out);
                out as i64 - end as i64 + line
            };
            sum.add(&Tally {
                said: truth.len(),
                heard,
                false_accepts: detections.len() - heard,
                latencies: matched
                    .latencies
                    .iter()
                    .zip(&truth)
                    .filter_map(|(latency, word)| latency.map(|latency| late(latency, word.end)))
                    .collect(),
            });
        }
        sum
    }
}

/// Listens to many streams, each thread to one after the other, and hands what came of each to `each`, or why it could not be
/// read.
///
/// # Errors
/// When a stage fails, what was named itself cannot be read, or `each` fails.
pub fn listen_cascade(
    cascade: &Cascade,
    material: &Material,
    items: &[Item],
    each: impl Fn(&Item, Result<CascadeOutcome>) -> Result<()> + Sync,
) -> Result<()> {
    let bar = progress(items.len(), "streams");
    let done = items.par_iter().try_for_each(|item| {
        match material.read(item) {
            // What was named itself must be there; of a corpus, a file may be broken.
            Err(why) if item.corpus.is_empty() => return Err(why),
            Err(why) => each(item, Err(why))?,
            Ok(stream) => {
                let heard = cascade.hear(&item.part, &stream.samples, &stream.truth)?;
                each(item, Ok(CascadeOutcome { index: item.index, ..heard }))?;
            }
        }
        bar.inc(1);
        Ok(())
    });
    bar.finish_and_clear();
    done
}
