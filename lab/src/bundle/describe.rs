//! `card.md`: a model for people.

use std::fmt::Write as _;

use toml::Value;

use super::model_info::ModelInfo;
use crate::evaluate::{ClipReport, percent, percents};

/// The text of a model's card: its labels, its training data, and what was measured.
///
/// What `kws-lab compare --variants`, `evaluate --pipeline` and `learning-curve` found, which `model.toml` keeps under
/// `measured`, is shown where it has been measured.
#[must_use]
pub fn describe(card: &ModelInfo, report: &ClipReport) -> String {
    let labels = card.labels.join(", ");
    let (medium, corpora) = match card.view {
        None => {
            let kilohertz = f64::from(card.clock) / 1000.0;
            (format!("one second of {kilohertz} kHz audio"), "words")
        }
        Some(view) => (format!("images of {} × {} pixels", view.width, view.height), "images"),
    };
    let mut text = format!("# {}\n\nClassifies {medium}: {labels}.\n\n## Training data\n\n", card.name);
    for data in card.training_data() {
        let what = match data.role.as_str() {
            "corpora" => corpora,
            "speech" => "speech without a keyword",
            "rooms" => "measured rooms",
            other => other,
        };
        let many = if data.role == "corpora" { card.medium().many() } else { "recordings" };
        let _ = writeln!(text, "- {what}: {}", data.text(many));
    }
    if let Some(model) = card.training.get("start").and_then(|s| s.get("model")).and_then(Value::as_str) {
        let _ = writeln!(text, "- and that of `{model}`, from which it was fine-tuned");
    }
    if let Some(teacher) = card.training.get("teacher") {
        let model = teacher.get("model").and_then(Value::as_str).unwrap_or_default();
        let weight = percent(teacher.get("weight").and_then(Value::as_float).unwrap_or_default());
        let _ = writeln!(
            text,
            "- teacher: `{model}`, whose answer to each augmented example has a weight of {weight} in the loss; the label has the rest"
        );
    }
    text += "\nCounts are of the split `train`; the digits of a list change with any of its files. The split is the one in the corpora.\n";
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
    text += &confidence(card);
    text += &variants(card);
    text += &points(card);
    text += &streams(card);
    text += &learning_curve(card);
    text
}

fn points(card: &ModelInfo) -> String {
    let mut text = "\n## Operating points\n\nUsed by a `trigger` whose points state no `on`. ".to_owned();
    // `calibrate --keep` says so of the points that it found.
    let kept = card.calibration.values().any(|how| how.get("points").is_some());
    text += match (card.calibration.is_empty(), kept) {
        (true, _) => "Not calibrated.",
        (false, false) => "Chosen by `kws-lab calibrate`; `model.toml` states the data.",
        (false, true) => {
            "Stated by hand; `kws-lab calibrate --keep` measured what they and their neighbours cost (`model.toml`)."
        }
    };
    text += "\n\n| point | label | on | off |\n|---|---|---|---|\n";
    for point in &card.point {
        let _ = writeln!(text, "| {} | {} | {:.3} | {:.3} |", point.name, point.label, point.on, point.off);
    }
    text
}

/// Images of a label below which nothing is learnt that holds elsewhere.
const ENOUGH: i64 = 1_000;

/// A plain word where a model has learnt from too little.
fn too_few(card: &ModelInfo) -> String {
    let images = card.training.get("images").and_then(Value::as_integer);
    let few = images.filter(|images| *images < ENOUGH * card.labels.len() as i64);
    few.map_or(String::new(), |images| {
        format!(
            "\n**Trained from scratch on {images} images, which is far too few**: it shows that training works, and is \
             not to be relied on. Visual Wake Words (Chowdhery et al., arXiv:1906.05721), on which networks of this size \
             are usually trained, has some 115,000.\n"
        )
    })
}

fn clips(card: &ModelInfo, report: &ClipReport) -> String {
    let (title, counted) = match card.view {
        None => ("clips", format!("{} clips of {} known speakers", report.clips, report.speakers)),
        Some(_) => ("images", format!("{} images", report.clips)),
    };
    let mut text = format!(
        "\n## On {title}\n\n{counted}, split `{}`, with the project's own runtime. The 95 % intervals treat {title} as \
         independent.\n\n| | top-1 | 95 % | balanced |\n|---|---|---|---|\n| int8 | {} | {} | {} |\n",
        report.split.as_deref().unwrap_or("all"),
        percent(report.top1),
        percents(report.top1_interval),
        percent(report.balanced)
    );
    if let (Some(top1), Some(interval)) = (report.float_top1, report.float_top1_interval) {
        let _ = writeln!(text, "| float | {} | {} | |", percent(top1), percents(interval));
    }
    if let [_, second] = &report.by_label[..]
        && let Some(curve) = &second.curve
    {
        let (low, high) = (curve.auc_interval.low, curve.auc_interval.high);
        let _ = writeln!(
            text,
            "\nAs a ranking, whatever the threshold: the area under the ROC curve of `{}` is {:.3} ({low:.3}–{high:.3}).",
            second.label, curve.auc
        );
    }
    text += "\n| cost | |\n|---|---|\n";
    for (key, name) in
        [("macs", "MACs per inference"), ("arena_bytes", "arena, bytes"), ("file_bytes", "file, bytes")]
    {
        if let Some(value) = card.measured.get(key) {
            let _ = writeln!(text, "| {name} | {value} |");
        }
    }
    text
}

fn confusion(card: &ModelInfo, report: &ClipReport) -> String {
    let (truth, answer) = match card.view {
        None => ("the word spoken", "the word recognised"),
        Some(_) => ("the label of the image", "the label recognised"),
    };
    let mut text = format!(
        "\nRows: {truth}; columns: {answer}:\n\n| | {} | recall | 95 % |\n|---|{}---|---|\n",
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

/// Whether a score means what it says.
fn confidence(card: &ModelInfo) -> String {
    let Some(confidence) = card.training.get("confidence").and_then(Value::as_table) else {
        return String::new();
    };
    let how = confidence.get("temperature").and_then(Value::as_str).unwrap_or_default();
    let mut text = format!(
        "\n## Confidence\n\nThe expected calibration error: by how much the posterior differs from the share of right \
         answers (15 bins), on the split `validation`, before and after the logits were divided by the temperature, \
         which was {how}.\n\n| | temperature | error before | after |\n|---|---|---|---|\n"
    );
    for form in ["float", "int8"] {
        let Some(figures) = confidence.get(form).and_then(Value::as_table) else { continue };
        let real = |key: &str| figures.get(key).and_then(Value::as_float).unwrap_or(f64::NAN);
        let (before, after) = (percent(real("error_before")), percent(real("error_after")));
        let _ = writeln!(text, "| {form} | {:.2} | {before} | {after} |", real("temperature"));
    }
    text
}

fn variants(card: &ModelInfo) -> String {
    let Some(rows) = card.measured.get("variants").and_then(Value::as_array) else { return String::new() };
    let mut text = "\n## Float and integer forms\n\nThe same clips; `PTQ` is quantised after training, `shipped` is \
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
    let mut text = "\n## On streams\n\nWith the stages of the pipeline, at its operating points.\n\n| figure | value |\n|---|---|\n"
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
    let parts = if card.view.is_some() { "images" } else { "speakers" };
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
