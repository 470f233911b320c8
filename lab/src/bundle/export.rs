//! Writing a trained model's folder.

use std::path::Path;

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::Bundle;
use super::describe::describe;
use super::model_info::{ModelInfo, Point};
use super::provenance::revision;
use super::training_data::training_data;
use crate::audio::RATE;
use crate::corpus::Split;
use crate::evaluate::{ClipReport, LabelFigures, evaluate_clips};
use crate::features::View;
use crate::quantise::quantise;
use crate::train::{Config, Part, Start, Survey, Trained, save};

/// Writes `model.tflite`, `float.bpk`, `model.toml` and `card.md`, and measures the model on the test split.
///
/// # Errors
/// When a file cannot be written or the test split not be read.
pub fn export(folder: &Path, config: &Config, trained: &Trained) -> Result<()> {
    let model = quantise(&trained.rounded, &trained.fake);
    let path = folder.join("model.tflite");
    std::fs::write(&path, crate::tflite::write(&model))
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    save(&trained.float, &folder.join("float.bpk"))?;
    let card = ModelInfo {
        name: config.name.clone(),
        labels: config.labels.clone(),
        clock: config.view.map_or(RATE, |_| View::CLOCK),
        view: config.view,
        front_end: config.front_end.clone(),
        // What the last layer reads is what the auxiliary head compared.
        embedding: config.fit.margin.map(|_| format!("activation{}", model.layers.len() - 2)),
        point: points(config),
        quantisation: table([
            ("input_scale", f64::from(model.input.scale).into()),
            ("input_zero_point", i64::from(model.input.zero_point).into()),
            ("output_scale", (1.0 / 256.0).into()),
            ("output_zero_point", (-128).into()),
        ]),
        training: training(config, trained, folder)?,
        calibration: Table::new(),
        measured: Table::new(),
    };
    card.write(folder)?;
    let mut bundle = Bundle::open(folder)?;
    let (report, _) = evaluate_clips(&mut bundle, &config.data.corpora, Some(Split::Test))?;
    record(&mut bundle, &report)?;
    eprintln!("test: top-1 {:.4}, balanced {:.4}, {:?}", report.top1, report.balanced, report.confusion);
    Ok(())
}

/// Writes figures on clips into a model's `model.toml` and its `card.md` anew. Figures of streams and of forms that
/// were measured before stay.
///
/// # Errors
/// When a file cannot be written.
pub fn record(bundle: &mut Bundle, report: &ClipReport) -> Result<()> {
    let before = std::mem::take(&mut bundle.card.measured);
    bundle.card.measured = measured(bundle, report)?;
    for key in ["variants", "streams", "learning_curve"] {
        if let Some(value) = before.get(key) {
            bundle.card.measured.insert(key.to_owned(), value.clone());
        }
    }
    bundle.card.write(&bundle.folder)?;
    let path = bundle.folder.join("card.md");
    std::fs::write(&path, describe(&bundle.card, report))
        .with_context(|| format!("cannot write `{}`", path.display()))
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

/// A first guess, until `kws-lab calibrate` has chosen on streams.
fn points(config: &Config) -> Vec<Point> {
    let words = config.labels.iter().filter(|l| *l != "silence" && *l != "unknown");
    words
        .map(|label| Point {
            name: "default".into(),
            label: label.clone(),
            on: 0.8,
            off: 0.4,
            curve: Vec::new(),
        })
        .collect()
}

fn training(config: &Config, trained: &Trained, folder: &Path) -> Result<Table> {
    let data: Vec<Value> = training_data(config)?.iter().map(Value::try_from).collect::<Result<_, _>>()?;
    let mut training = table([
        ("configuration", "train.toml".into()),
        ("seed", (config.seed as i64).into()),
        ("epochs", (trained.epochs[0] as i64).into()),
        ("qat_epochs", (trained.epochs[1] as i64).into()),
        ("revision", revision(folder).into()),
        ("data", Value::Array(data)),
    ]);
    if let Some(start) = &config.start {
        training.insert("start".to_owned(), began(start).into());
    }
    if let Some(teacher) = &config.teacher {
        let model = teacher.model.folder().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let weight = round(f64::from(teacher.weight));
        training
            .insert("teacher".to_owned(), table([("model", model.into()), ("weight", weight.into())]).into());
    }
    training.insert("confidence".to_owned(), confidence(config, trained).into());
    if config.view.is_some() {
        let images: usize = Survey::new(config)?.labels.iter().map(|count| count.train).sum();
        training.insert("images".to_owned(), (images as i64).into());
    }
    Ok(training)
}

/// Temperatures and calibration errors, of the float network and of the integer model.
fn confidence(config: &Config, trained: &Trained) -> Table {
    let temperature = if config.temperature.is_some() { "stated" } else { "fitted" };
    let mut confidence = table([("split", "validation".into()), ("temperature", temperature.into())]);
    for (form, found) in ["float", "int8"].into_iter().zip(trained.confidence) {
        let figures = table([
            ("temperature", round(f64::from(found.temperature)).into()),
            ("error_before", round(found.error_before).into()),
            ("error_after", round(found.error_after).into()),
        ]);
        confidence.insert(form.to_owned(), figures.into());
    }
    confidence
}

/// What a fine-tuned model was before.
fn began(start: &Start) -> Table {
    let model = start.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let trained = match start.train {
        Part::Head => "head",
        Part::All => "all",
    };
    table([("model", model.into()), ("trained", trained.into())])
}

fn measured(bundle: &Bundle, report: &ClipReport) -> Result<Table> {
    let path = bundle.folder.join("model.tflite");
    let bytes = std::fs::metadata(&path).with_context(|| format!("cannot read `{}`", path.display()))?.len();
    let model = bundle.integer.model();
    let mut table = table([
        ("split", report.split.clone().unwrap_or_else(|| "all".to_owned()).into()),
        ("clips", (report.clips as i64).into()),
        ("top1", round(report.top1).into()),
        ("balanced", round(report.balanced).into()),
        ("macs", (model.macs() as i64).into()),
        ("arena_bytes", (model.arena_bytes() as i64).into()),
        ("file_bytes", (bytes as i64).into()),
    ]);
    if let [_, LabelFigures { curve: Some(curve), .. }] = &report.by_label[..] {
        table.insert("auc".into(), round(curve.auc).into());
        let ends = [curve.auc_interval.low, curve.auc_interval.high].map(|end| round(end).into());
        table.insert("auc_interval".into(), Value::Array(ends.into()));
    }
    if let Some(top1) = report.float_top1 {
        table.insert("float_top1".into(), round(top1).into());
    }
    Ok(table)
}

/// To four digits behind the point.
fn round(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}
