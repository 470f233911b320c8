//! A sweep of the threshold over streams, as the JSON file holds it.

use serde::Serialize;

use super::figures::Figures;
use super::incident::Incident;
use super::outcome::{Outcome, Points, sum};
use super::rates::{Rates, rates};
use super::tally::Tally;
use crate::audio::RATE;
use crate::evaluate::shard::Throughput;

/// Figures over streams.
#[derive(Clone, Debug, Serialize)]
pub struct StreamReport {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Labels that it listens for.
    pub words: Vec<String>,
    /// Hours of each part of the material and how often a word is said in it.
    pub material: Vec<(String, f64, usize)>,
    /// The pipeline's own operating points: each label at its threshold, then all of a point together.
    pub points: Vec<Row>,
    /// All labels at one threshold, from the lowest up.
    pub sweep: Vec<Row>,
    /// Each label alone, at each threshold.
    pub by_label: Vec<Row>,
    /// False accepts in speech at the pipeline's first operating point: by corpus and by who speaks.
    pub speech: Vec<Rates>,
    /// Recordings that were left out, and why.
    pub excluded: Vec<(String, String)>,
    /// Some misses and false accepts with their sound, for the page.
    #[serde(skip)]
    pub incidents: Vec<Incident>,
    /// The time that it took; none where nobody measured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Throughput>,
}

/// Figures at one operating point.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name of the operating point; none in a sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,
    /// The label; none for all together.
    pub label: Option<String>,
    /// The threshold; none for labels with one each.
    pub on: Option<f64>,
    /// What came of it.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The thresholds of a sweep: close together where the choice is made.
#[must_use]
pub(super) fn thresholds() -> Vec<f64> {
    let steps = (2..19).map(|i| f64::from(i) * 0.05);
    steps.chain([0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995]).collect()
}

impl StreamReport {
    /// Figures of what came of streams, which depend on nothing else: not on the order in which they were heard, nor on
    /// the machines. Groups of speakers are made by the columns `by`.
    #[must_use]
    pub fn new(name: &str, points: &Points, outcomes: &[Outcome], by: &[String]) -> Self {
        let words = &points.words;
        let of = |places: &[usize]| figures(outcomes, |o| sum(&o.sweep, places));
        let grid = points.thresholds.iter().enumerate();
        let sweep = grid.map(|(g, &on)| {
            let places: Vec<usize> = (0..words.len()).map(|w| points.place(g, w)).collect();
            Row { point: None, label: None, on: Some(on), figures: of(&places) }
        });
        let each = (0..words.len()).flat_map(|w| (0..points.thresholds.len()).map(move |g| (w, g)));
        let by_label = each.map(|(w, g)| Row {
            point: None,
            label: Some(words[w].clone()),
            on: Some(points.thresholds[g]),
            figures: of(&[points.place(g, w)]),
        });
        Self {
            pipeline: name.to_owned(),
            words: words.clone(),
            material: material(points, outcomes),
            points: own(points, outcomes),
            sweep: sweep.collect(),
            by_label: by_label.collect(),
            speech: rates(points, outcomes, by),
            excluded: Vec::new(),
            incidents: Vec::new(),
            throughput: None,
        }
    }

    /// The report with what was left out: what could not be read, and what says a word that is listened for.
    #[must_use]
    pub fn without(mut self, mut broken: Vec<(String, String)>, keyworded: &[(String, String)]) -> Self {
        broken.sort();
        broken.extend(keyworded.iter().map(|(key, word)| (key.clone(), format!("it contains `{word}`"))));
        self.excluded = broken;
        self
    }

    /// The figures at the pipeline's own operating point as `model.toml` keeps them, with intervals, for the card.
    #[must_use]
    pub fn card(&self, snr_db: f32) -> toml::Table {
        let mut table = toml::Table::new();
        table.insert("pipeline".into(), self.pipeline.clone().into());
        table.insert("words_above_noise".into(), format!("{snr_db} dB").into());
        let Some(Row { figures: f, .. }) = self.own() else { return table };
        let missed = format!("{} of {}", f.missed, f.said);
        let interval = crate::evaluate::percents(f.frr_interval);
        table.insert(
            "missed".into(),
            f.frr.map_or(missed.clone(), |_| format!("{missed} (95 %: {interval})")).into(),
        );
        for part in &f.parts {
            let text = format!("{} in {:.2} h", part.false_accepts, part.hours);
            table.insert(format!("false_accepts_in_{}", part.part), text.into());
        }
        table.insert("false_accepts_in_all".into(), f.claim().into());
        if let Some(latency) = f.latency {
            let text = format!("{:.0} ms, 90 % within {:.0} ms", latency.median_ms, latency.p90_ms);
            table.insert("after_the_word's_end".into(), text.into());
        }
        table
    }

    /// Figures at the pipeline's own operating point, all labels together; the first where there are several.
    #[must_use]
    pub fn own(&self) -> Option<&Row> {
        self.points.iter().find(|row| row.label.is_none())
    }
}

/// Figures of one tally for each stream.
fn figures(outcomes: &[Outcome], tally: impl Fn(&Outcome) -> Tally) -> Figures {
    let parts: Vec<(&str, f64, Tally)> = outcomes
        .iter()
        .map(|outcome| (outcome.part.as_str(), hours(outcome.samples), tally(outcome)))
        .collect();
    Figures::new(&parts)
}

/// Hours of some samples.
pub(super) fn hours(samples: u64) -> f64 {
    samples as f64 / f64::from(RATE) / 3600.0
}

/// Figures of the pipeline as it is: each label at its threshold, then all of a point together.
pub(in crate::evaluate) fn own(points: &Points, outcomes: &[Outcome]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut names: Vec<&String> = points.own.iter().map(|(name, ..)| name).collect();
    names.dedup();
    for name in names {
        let places = points.own_places(name);
        let of = |places: &[usize]| figures(outcomes, |o| sum(&o.own, places));
        rows.extend(places.iter().map(|&place| {
            let (_, label, on) = &points.own[place];
            Row {
                point: Some(name.clone()),
                label: Some(label.clone()),
                on: Some(*on),
                figures: of(&[place]),
            }
        }));
        rows.push(Row { point: Some(name.clone()), label: None, on: None, figures: of(&places) });
    }
    rows
}

/// Hours of each part and how often a word is said in it, in the order in which the parts come first.
fn material(points: &Points, outcomes: &[Outcome]) -> Vec<(String, f64, usize)> {
    let once: Vec<usize> = (0..points.words.len()).map(|w| points.place(0, w)).collect();
    let mut rows: Vec<(String, u64, usize)> = Vec::new();
    for outcome in outcomes {
        let said = sum(&outcome.sweep, &once).said;
        match rows.iter_mut().find(|row| row.0 == outcome.part) {
            Some(row) => *row = (row.0.clone(), row.1 + outcome.samples, row.2 + said),
            None => rows.push((outcome.part.clone(), outcome.samples, said)),
        }
    }
    rows.into_iter().map(|(part, samples, said)| (part, hours(samples), said)).collect()
}
