//! Streams that are held in memory with what the classifier made of them, for thresholds to be tried on.

use anyhow::Result;

use super::figures::Figures;
use super::listener::{Detection, Listener, Point, Recorded};
use super::material::Part;
use super::tally::{Tally, tally};
use crate::audio::RATE;
use crate::evaluate::progress;

/// A part with what the classifier made of it.
pub(super) struct Heard<'a> {
    pub(super) part: &'a Part,
    pub(super) recorded: Recorded,
}

impl Heard<'_> {
    fn hours(&self) -> f64 {
        self.recorded.samples as f64 / f64::from(RATE) / 3600.0
    }
}

/// Runs the classifier over all parts.
pub(super) fn listen<'a>(listener: &Listener, parts: &'a [Part]) -> Result<Vec<Heard<'a>>> {
    let bar = progress(parts.len(), "streams");
    let heard = parts.iter().map(|part| {
        let recorded = listener.record(&part.stream.samples)?;
        bar.inc(1);
        Ok(Heard { part, recorded })
    });
    let heard = heard.collect();
    bar.finish_and_clear();
    heard
}

/// Detections of each point in each part: `[part][point]`.
pub(super) fn detections(
    listener: &Listener,
    heard: &[Heard<'_>],
    points: &[Point],
) -> Result<Vec<Vec<Vec<Detection>>>> {
    heard.iter().map(|h| listener.detections_at(&h.recorded, points)).collect()
}

/// Figures of the points of some indices together, each counted for its own label.
pub(super) fn together(
    heard: &[Heard<'_>],
    found: &[Vec<Vec<Detection>>],
    points: &[Point],
    indices: &[usize],
) -> Figures {
    let parts: Vec<(&str, f64, Tally)> = heard
        .iter()
        .zip(found)
        .map(|(h, found)| {
            let mut sum = Tally::default();
            for &i in indices {
                sum.add(&tally(&found[i], &h.part.stream.truth, &points[i].label));
            }
            (h.part.name.as_str(), h.hours(), sum)
        })
        .collect();
    Figures::new(&parts)
}
