//! A sweep of the threshold over streams, as the JSON file holds it.

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::figures::Figures;
use super::listener::{Detection, Listener, Point, Recorded};
use super::material::Part;
use super::tally::{Tally, tally};
use crate::audio::RATE;
use crate::evaluate::progress;

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
    for part in parts {
        let first = part.stream.truth.iter().find(|w| listener.words().contains(&w.label));
        ensure!(
            first.is_none() || part.stream.samples.len() >= RATE as usize,
            "`{}` is shorter than a second",
            part.name
        );
    }
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

impl StreamReport {
    /// Listens to all parts and sweeps the threshold.
    ///
    /// # Errors
    /// When a stage fails.
    pub fn new(name: &str, listener: &Listener, parts: &[Part]) -> Result<Self> {
        let heard = listen(listener, parts)?;
        let words = listener.words().to_vec();
        let grid = thresholds();
        let points: Vec<Point> = grid
            .iter()
            .flat_map(|&on| words.iter().map(move |label| Point { label: label.clone(), on, off: None }))
            .collect();
        let found = detections(listener, &heard, &points)?;
        let of = |indices: &[usize]| together(&heard, &found, &points, indices);
        let sweep = grid.iter().enumerate().map(|(g, &on)| {
            let indices: Vec<usize> = (0..words.len()).map(|w| g * words.len() + w).collect();
            Row { point: None, label: None, on: Some(on), figures: of(&indices) }
        });
        let by_label =
            (0..words.len()).flat_map(|w| (0..grid.len()).map(move |g| (w, g))).map(|(w, g)| Row {
                point: None,
                label: Some(words[w].clone()),
                on: Some(grid[g]),
                figures: of(&[g * words.len() + w]),
            });
        Ok(Self {
            pipeline: name.to_owned(),
            material: material(&heard, &words),
            points: own(listener, &heard)?,
            sweep: sweep.collect(),
            by_label: by_label.collect(),
            words,
        })
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
            let text = format!("{:.0} ms, nine of ten within {:.0} ms", latency.median_ms, latency.p90_ms);
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

/// Figures of the pipeline as it is.
fn own(listener: &Listener, heard: &[Heard<'_>]) -> Result<Vec<Row>> {
    let named = listener.own_points()?;
    let points: Vec<Point> = named.iter().map(|(_, point)| point.clone()).collect();
    let found: Vec<Vec<Detection>> =
        heard.iter().map(|h| listener.detections(&h.recorded)).collect::<Result<_>>()?;
    // Detections of one run, told apart by the point and the label that they bear.
    let split: Vec<Vec<Vec<Detection>>> = found
        .iter()
        .map(|all| {
            let of = |(name, point): &(String, Point)| {
                all.iter().filter(|d| d.point == *name && d.label == point.label).cloned().collect()
            };
            named.iter().map(of).collect()
        })
        .collect();
    let mut rows = Vec::new();
    let mut names: Vec<&String> = named.iter().map(|(name, _)| name).collect();
    names.dedup();
    for name in names {
        let indices: Vec<usize> = (0..named.len()).filter(|&i| named[i].0 == *name).collect();
        rows.extend(indices.iter().map(|&i| Row {
            point: Some(name.clone()),
            label: Some(points[i].label.clone()),
            on: Some(points[i].on),
            figures: together(heard, &split, &points, &[i]),
        }));
        let figures = together(heard, &split, &points, &indices);
        rows.push(Row { point: Some(name.clone()), label: None, on: None, figures });
    }
    Ok(rows)
}

/// Detections of a pipeline as it is, in each part, and figures of its first operating point, all labels together.
pub(in crate::evaluate) fn own_detections(
    listener: &Listener,
    parts: &[Part],
) -> Result<(Vec<Vec<Detection>>, Figures)> {
    let heard = listen(listener, parts)?;
    let first = listener.own_points()?.first().map(|(name, _)| name.clone());
    let first = first.context("the trigger has no operating point")?;
    let of_first = |h: &Heard<'_>| -> Result<Vec<Detection>> {
        let mut found = listener.detections(&h.recorded)?;
        found.retain(|d| d.point == first);
        Ok(found)
    };
    let detections: Vec<Vec<Detection>> = heard.iter().map(of_first).collect::<Result<_>>()?;
    let rows = own(listener, &heard)?;
    let row = rows.into_iter().find(|row| row.label.is_none() && row.point.as_ref() == Some(&first));
    Ok((detections, row.context("the trigger watches no label")?.figures))
}

fn material(heard: &[Heard<'_>], words: &[String]) -> Vec<(String, f64, usize)> {
    let mut rows: Vec<(String, f64, usize)> = Vec::new();
    for h in heard {
        let said = h.part.stream.truth.iter().filter(|w| words.contains(&w.label)).count();
        match rows.iter_mut().find(|row| row.0 == h.part.name) {
            Some(row) => *row = (row.0.clone(), row.1 + h.hours(), row.2 + said),
            None => rows.push((h.part.name.clone(), h.hours(), said)),
        }
    }
    rows
}
