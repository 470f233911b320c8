//! `card.md`: a model for people.

use std::fmt::Write as _;

use toml::Value;

use super::model_info::ModelInfo;
use crate::evaluate::{ClipReport, percent, percents};

/// The text of a model's card: what it tells apart, what it has heard, and what was measured.
///
/// What `kws-lab compare --variants`, `evaluate --pipeline` and `learning-curve` found, which `model.toml` keeps under
/// `measured`, is shown where it has been measured.
#[must_use]
pub fn describe(card: &ModelInfo, report: &ClipReport) -> String {
    let labels = card.labels.join(", ");
    let (medium, learnt, corpora) = match card.view {
        None => {
            let kilohertz = f64::from(card.clock) / 1000.0;
            (format!("one second of {kilohertz} kHz audio"), "heard", "words")
        }
        Some(view) => (format!("pictures of {} × {} pixels", view.width, view.height), "seen", "pictures"),
    };
    let mut text =
        format!("# {}\n\nTells {labels} apart in {medium}.\n\n## What it has {learnt}\n\n", card.name);
    for (key, what) in [("corpora", corpora), ("noise", "noise"), ("speech", "speech without a keyword")] {
        for name in card.training.get(key).and_then(Value::as_array).into_iter().flatten() {
            let _ = writeln!(text, "- {what}: `{}`", name.as_str().unwrap_or_default());
        }
    }
    if let Some(model) = card.training.get("start").and_then(|s| s.get("model")).and_then(Value::as_str) {
        let _ = writeln!(text, "- before all this, what `{model}` has {learnt}: it was fine-tuned from it");
    }
    let heard = |name: &str| {
        let corpora = card.training.get("corpora").and_then(Value::as_array);
        corpora.is_some_and(|names| names.iter().any(|n| n.as_str() == Some(name)))
    };
    text += if heard("speech_commands") { HEARD } else { "\nThe split is the manifests' own.\n" };
    text += &too_few(card);
    text += &clips(card, report);
    text += &confusion(card, report);
    for column in &report.by_column {
        let _ =
            writeln!(text, "\n### By {}\n\n| group | clips | top-1 | 95 % |\n|---|---|---|---|", column.name);
        for g in &column.groups {
            let mark = if g.differs { " (differs)" } else { "" };
            let (top1, interval) = (percent(g.top1), percents(g.interval));
            let _ = writeln!(text, "| {}{mark} | {} | {top1} | {interval} |", g.value, g.clips);
        }
    }
    text += &variants(card);
    text += &points(card);
    text += &streams(card);
    text += &learning_curve(card);
    text
}

fn points(card: &ModelInfo) -> String {
    let mut text = "\n## Operating points\n\nWhat a `trigger` without `points` goes by. ".to_owned();
    text += match card.calibration.is_empty() {
        true => "A first guess: they have not been calibrated.",
        false => "Chosen by `kws-lab calibrate`; `model.toml` says on what.",
    };
    text += "\n\n| point | label | on | off |\n|---|---|---|---|\n";
    for point in &card.point {
        let _ = writeln!(text, "| {} | {} | {:.3} | {:.3} |", point.name, point.label, point.on, point.off);
    }
    text
}

const HEARD: &str = "\nSpeech Commands (P. Warden, arXiv:1804.03209, CC BY 4.0) in part, with speech synthesised by \
                     Kokoro-82M and noise of Speech Commands and ESC-10. The split is speaker-disjoint and is **not \
                     the official one** of Speech Commands: the figures below cannot be compared with published ones. \
                     Silence clips of the test split and the noise mixed into training come from the same few \
                     recordings.\n";

/// Pictures of a label with which Visual Wake Words is learnt well; it has five times as many.
const ENOUGH: i64 = 10_000;

/// A plain word where a model has learnt from too little.
fn too_few(card: &ModelInfo) -> String {
    let pictures = card.training.get("pictures").and_then(Value::as_integer);
    let few = pictures.filter(|pictures| *pictures < ENOUGH * card.labels.len() as i64);
    few.map_or(String::new(), |pictures| {
        format!(
            "\n**It has learnt from {pictures} pictures, from random weights. That is far too few**: it shows that \
             training works, and is nothing to rely on. Visual Wake Words (Chowdhery et al., arXiv:1906.05721), from \
             which networks of this size learn to find people, has some 115,000.\n"
        )
    })
}

fn clips(card: &ModelInfo, report: &ClipReport) -> String {
    let (title, counted) = match card.view {
        None => ("clips", format!("{} clips of {} known speakers", report.clips, report.speakers)),
        Some(_) => ("pictures", format!("{} pictures", report.clips)),
    };
    let mut text = format!(
        "\n## On {title}\n\n{counted}, split `{}`, through the project's own runtime. Intervals are of 95 % and take \
         {title} for independent.\n\n| | top-1 | 95 % | balanced |\n|---|---|---|---|\n| int8 | {} | {} | {} |\n",
        report.split.as_deref().unwrap_or("all"),
        percent(report.top1),
        percents(report.top1_interval),
        percent(report.balanced)
    );
    if let (Some(top1), Some(interval)) = (report.float_top1, report.float_top1_interval) {
        let _ = writeln!(text, "| float | {} | {} | |", percent(top1), percents(interval));
    }
    text += "\n| cost | |\n|---|---|\n";
    for (key, name) in [
        ("macs", "multiplications per run"),
        ("arena_bytes", "bytes of memory"),
        ("file_bytes", "bytes of the file"),
    ] {
        if let Some(value) = card.measured.get(key) {
            let _ = writeln!(text, "| {name} | {value} |");
        }
    }
    text
}

fn confusion(card: &ModelInfo, report: &ClipReport) -> String {
    let (truth, answer) = match card.view {
        None => ("said", "understood"),
        Some(_) => ("to be seen", "recognised"),
    };
    let mut text = format!(
        "\nRows are what was {truth}, columns what was {answer}:\n\n| | {} | recall | 95 % |\n|---|{}---|---|\n",
        report.labels.join(" | "),
        "---|".repeat(report.labels.len())
    );
    for (label, row) in report.by_label.iter().zip(&report.confusion) {
        let cells: Vec<String> = row.iter().map(usize::to_string).collect();
        let (recall, interval) = (percent(label.recall), percents(label.recall_interval));
        let _ = writeln!(text, "| **{}** | {} | {recall} | {interval} |", label.label, cells.join(" | "));
    }
    text
}

fn variants(card: &ModelInfo) -> String {
    let Some(rows) = card.measured.get("variants").and_then(Value::as_array) else { return String::new() };
    let mut text = "\n## Float and integer forms\n\nThe same clips; `PTQ` is rounded after training, `shipped` is \
                    `model.tflite`. p is McNemar's exact test against float.\n\n| form | top-1 | lost | p |\n|---|---|---|---|\n"
        .to_owned();
    for row in rows {
        let real = |key: &str| row.get(key).and_then(Value::as_float).unwrap_or(f64::NAN);
        let name = row.get("name").and_then(Value::as_str).unwrap_or_default();
        let (top1, lost, p) = (percent(real("top1")), real("lost_points"), real("p"));
        let _ = writeln!(text, "| {name} | {top1} | {lost:.2} points | {p:.3} |");
    }
    text
}

fn streams(card: &ModelInfo) -> String {
    let Some(streams) = card.measured.get("streams").and_then(Value::as_table) else { return String::new() };
    let mut text = "\n## On streams\n\nThrough the pipeline's own stages, at its operating points.\n\n| figure | value |\n|---|---|\n"
        .to_owned();
    for (name, value) in streams {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = writeln!(text, "| {} | {value} |", name.replace('_', " "));
    }
    text
}

fn learning_curve(card: &ModelInfo) -> String {
    let Some(curve) = card.measured.get("learning_curve").and_then(Value::as_table) else {
        return String::new();
    };
    let parts = if card.view.is_some() { "pictures" } else { "speakers" };
    let whole = |key: &str| curve.get(key).and_then(Value::as_integer).unwrap_or_default();
    let mut text = format!(
        "\n## Learning curve\n\nThe same configuration with parts of the training {parts}, {} epochs of {} draws each; int8, \
         split `test`.\n\n| {parts} | seed | top-1 | balanced |\n|---|---|---|---|\n",
        whole("epochs"),
        whole("clips_per_epoch")
    );
    for row in curve.get("shares").and_then(Value::as_array).into_iter().flatten() {
        let share = |key: &str| percent(row.get(key).and_then(Value::as_float).unwrap_or(f64::NAN));
        let seed = row.get("seed").and_then(Value::as_integer).map_or(String::new(), |seed| seed.to_string());
        let (part, top1, balanced) = (share("fraction"), share("test_top1"), share("test_balanced"));
        let _ = writeln!(text, "| {part} | {seed} | {top1} | {balanced} |");
    }
    text
}
