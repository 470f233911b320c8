//! Writing a trained model's folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::Bundle;
use super::card::{Card, Point};
use crate::audio::RATE;
use crate::corpus::Split;
use crate::evaluate::{ClipReport, evaluate_clips};
use crate::quantise::quantise;
use crate::train::{Config, Trained, save};

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
    let mut card = Card {
        name: config.name.clone(),
        labels: config.labels.clone(),
        clock: RATE,
        front_end: config.front_end.clone(),
        point: points(config),
        quantisation: table([
            ("input_scale", f64::from(model.input.scale).into()),
            ("input_zero_point", i64::from(model.input.zero_point).into()),
            ("output_scale", (1.0 / 256.0).into()),
            ("output_zero_point", (-128).into()),
        ]),
        training: training(config, trained),
        measured: Table::new(),
    };
    card.write(folder)?;
    let mut bundle = Bundle::open(folder)?;
    let (report, _) = evaluate_clips(&mut bundle, &config.data.corpora, Some(Split::Test))?;
    card.measured = measured(&bundle, &report, &path)?;
    card.write(folder)?;
    std::fs::write(folder.join("card.md"), text(&card, config, &report)?)?;
    eprintln!("test: top-1 {:.4}, balanced {:.4}, {:?}", report.top1, report.balanced, report.confusion);
    Ok(())
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

/// A first guess, until `kws-lab calibrate` has chosen on streams.
fn points(config: &Config) -> Vec<Point> {
    let words = config.labels.iter().filter(|l| *l != "silence" && *l != "unknown");
    words.map(|label| Point { name: "default".into(), label: label.clone(), on: 0.8, off: 0.4 }).collect()
}

fn training(config: &Config, trained: &Trained) -> Table {
    let names = |paths: &[PathBuf]| {
        let name =
            |p: &PathBuf| Value::from(p.file_name().unwrap_or_default().to_string_lossy().into_owned());
        Value::Array(paths.iter().map(name).collect())
    };
    table([
        ("configuration", "train.toml".into()),
        ("corpora", names(&config.data.corpora)),
        ("noise", names(&config.data.noise)),
        ("split", "the manifests' own, speaker-disjoint; not the official one of Speech Commands".into()),
        ("seed", (config.seed as i64).into()),
        ("epochs", (trained.epochs[0] as i64).into()),
        ("qat_epochs", (trained.epochs[1] as i64).into()),
        ("revision", revision().into()),
    ])
}

/// The commit that trained the model, as far as git knows.
fn revision() -> String {
    let output = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    let text = output
        .ok()
        .filter(|o| o.status.success())
        .map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
    text.unwrap_or_else(|| "unknown".to_owned())
}

fn measured(bundle: &Bundle, report: &ClipReport, path: &Path) -> Result<Table> {
    let mut table = table([
        ("split", "test".into()),
        ("clips", (report.clips as i64).into()),
        ("top1", round(report.top1).into()),
        ("balanced", round(report.balanced).into()),
        ("macs", (bundle.model().macs() as i64).into()),
        ("arena_bytes", (bundle.model().arena_bytes() as i64).into()),
        ("file_bytes", (std::fs::metadata(path)?.len() as i64).into()),
    ]);
    if let Some(top1) = report.float_top1 {
        table.insert("float_top1".into(), round(top1).into());
    }
    Ok(table)
}

fn round(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}

fn text(card: &Card, config: &Config, report: &ClipReport) -> Result<String> {
    let mut text = String::new();
    let words: Vec<&str> = report.labels.iter().map(String::as_str).collect();
    writeln!(text, "# {}\n\nTells {} apart in one second of 16 kHz speech.\n", card.name, words.join(", "))?;
    writeln!(text, "## What it has heard\n")?;
    for corpus in config.data.corpora.iter().chain(&config.data.noise) {
        writeln!(text, "- `{}`", corpus.file_name().unwrap_or_default().to_string_lossy())?;
    }
    writeln!(
        text,
        "\nSpeech Commands (P. Warden, arXiv:1804.03209, CC BY 4.0) in part, with speech synthesised by Kokoro-82M and \
         noise of Speech Commands and ESC-10. The split is speaker-disjoint and is **not the official one** of Speech \
         Commands: the figures below cannot be compared with published ones. Silence clips of the test split and the \
         noise mixed into training come from the same few recordings."
    )?;
    writeln!(
        text,
        "\n## Measured\n\nInt8, on {} clips of the split `test`, through the project's own runtime:\n",
        report.clips
    )?;
    writeln!(text, "| figure | value |\n|---|---|")?;
    for (name, value) in &card.measured {
        writeln!(text, "| {name} | {value} |")?;
    }
    writeln!(text, "\nRows are what was said, columns what was understood:\n\n| | {} |", words.join(" | "))?;
    writeln!(text, "|---|{}", "---|".repeat(words.len()))?;
    for (label, row) in words.iter().zip(&report.confusion) {
        let cells: Vec<String> = row.iter().map(usize::to_string).collect();
        writeln!(text, "| **{label}** | {} |", cells.join(" | "))?;
    }
    Ok(text)
}
