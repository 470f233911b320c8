//! Writing a trained model's folder.

use std::path::Path;

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::Bundle;
use super::describe::describe;
use super::model_info::{ModelInfo, Point};
use super::provenance::revision;
use crate::audio::RATE;
use crate::corpus::{CorpusRef, Split};
use crate::evaluate::{ClipReport, evaluate_clips};
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
    words.map(|label| Point { name: "default".into(), label: label.clone(), on: 0.8, off: 0.4 }).collect()
}

fn training(config: &Config, trained: &Trained, folder: &Path) -> Result<Table> {
    let names = |corpora: &[CorpusRef]| Value::Array(corpora.iter().map(|c| c.name().into()).collect());
    let mut training = table([
        ("configuration", "train.toml".into()),
        ("corpora", names(&config.data.corpora)),
        ("noise", names(&config.data.noise)),
        ("split", split(config).into()),
        ("seed", (config.seed as i64).into()),
        ("epochs", (trained.epochs[0] as i64).into()),
        ("qat_epochs", (trained.epochs[1] as i64).into()),
        ("revision", revision(folder).into()),
    ]);
    if !config.data.speech.is_empty() {
        training.insert("speech".to_owned(), Value::Array(config.data.speech.iter().map(placed).collect()));
    }
    if let Some(start) = &config.start {
        training.insert("start".to_owned(), began(start).into());
    }
    if config.view.is_some() {
        let pictures: usize = Survey::new(config)?.labels.iter().map(|count| count.train).sum();
        training.insert("pictures".to_owned(), (pictures as i64).into());
    }
    Ok(training)
}

/// Whose split the model was trained and measured by.
fn split(config: &Config) -> &'static str {
    match config.view {
        None => "the manifests' own, speaker-disjoint; not the official one of Speech Commands",
        Some(_) => "the manifests' own",
    }
}

/// Name of a folder and of the one that it lies in: a part of a corpus alone, such as `train`, says nothing.
fn placed(corpus: &CorpusRef) -> Value {
    if corpus.is_name() {
        return corpus.name().into();
    }
    let path = corpus.folder();
    let name = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned());
    let parts: Vec<String> = path.parent().and_then(name).into_iter().chain(name(path)).collect();
    parts.join("/").into()
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
    if let Some(top1) = report.float_top1 {
        table.insert("float_top1".into(), round(top1).into());
    }
    Ok(table)
}

fn round(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}
