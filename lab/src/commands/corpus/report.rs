//! `kws-lab corpus report`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use kws_lab::corpus::Split;
use kws_lab::corpus::survey::{Condition, Sound, Survey};
use kws_lab::images::Light;
use kws_lab::medium::Medium;
use kws_lab::page::Table;

use super::report_page;
use crate::commands::json::Json;

/// Describes a corpus and its gaps, by label, speaker and condition.
///
/// Conditions are the metadata columns of the manifest, such as gender, age, accent or device; for images also ranges
/// of the columns `area` and `brightness`.
#[derive(Args)]
pub(crate) struct Report {
    /// Corpus to describe.
    corpus: PathBuf,
    /// Columns to count by, separated by commas [default: all metadata with 2 to 24 values].
    #[arg(long, value_delimiter = ',')]
    by: Vec<String>,
    /// Writes a self-contained HTML page with plots.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Reads only the manifest; skips lengths and levels, or sizes and brightness.
    #[arg(long)]
    no_audio: bool,
    #[command(flatten)]
    json: Json,
}

impl Report {
    pub(crate) fn run(self) -> Result<()> {
        let sound = if self.no_audio { Sound::Leave } else { Sound::Measure };
        let survey = Survey::of(&self.corpus, &self.by, sound)?;
        if let Some(path) = &self.html {
            report_page::page(&survey)?.write(path)?;
        }
        self.json.show(&survey, || describe(&survey))
    }
}

fn describe(survey: &Survey) -> String {
    let mut text = format!("{}\n\n{}", sentence(survey), labels(survey).text());
    if !survey.speakers.largest.is_empty() {
        text += &format!("\n{}", speakers(survey).text());
    }
    for (column, condition) in &survey.conditions {
        text +=
            &format!("\n{} by `{column}`\n{}", survey.medium.many(), by_condition(survey, condition).text());
    }
    if survey.levels.values().any(|levels| !levels.is_empty()) {
        text += &format!("\n{}", levels(survey).text());
    }
    if !survey.lights.is_empty() {
        text += &format!("\n{}", lights(survey).text());
    }
    if survey.gaps.is_empty() {
        return text + "\nno gaps\n";
    }
    text += "\ngaps\n";
    survey.gaps.iter().for_each(|gap| text += &format!("  {gap}\n"));
    text
}

/// How much there is.
pub(super) fn sentence(survey: &Survey) -> String {
    let name = survey.corpus.display();
    let (clips, labels, speakers) = (survey.clips, survey.labels.len(), survey.speakers.count);
    let sound =
        if survey.levels.is_empty() { String::new() } else { format!(", {:.2} hours", survey.hours()) };
    match survey.medium {
        Medium::Clips => format!("`{name}`: {clips} clips of {labels} labels by {speakers} speakers{sound}"),
        Medium::Images => format!("`{name}`: {clips} images of {labels} labels"),
    }
}

/// Clips and speakers, or images, by label.
pub(super) fn labels(survey: &Survey) -> Table {
    let mut header = vec!["label", survey.medium.many(), "train", "validation", "test"];
    if survey.medium == Medium::Clips {
        header.extend(["speakers", "without speaker"]);
    }
    let mut table = Table::new(header);
    for (name, label) in &survey.labels {
        let mut row = vec![name.clone(), label.clips.to_string()];
        row.extend(Split::ALL.map(|split| label.splits.get(&split).copied().unwrap_or(0).to_string()));
        if survey.medium == Medium::Clips {
            row.extend([label.speakers.to_string(), label.nameless.to_string()]);
        }
        table = table.row(row);
    }
    table
}

/// The speakers with the most clips.
pub(super) fn speakers(survey: &Survey) -> Table {
    let mut table = Table::new(["speakers with the most clips", "clips"]);
    for (name, clips) in &survey.speakers.largest {
        table = table.row([format!("`{name}`"), clips.to_string()]);
    }
    table
}

/// Most values of a condition that stand beside one another.
const MOST_COLUMNS: usize = 10;

/// Clips by label and value of a condition; where it has many values, these by their clips and labels.
pub(super) fn by_condition(survey: &Survey, condition: &Condition) -> Table {
    if condition.len() > MOST_COLUMNS {
        let mut table = Table::new(["value", survey.medium.many(), "labels"]);
        for (name, labels) in condition {
            let clips: usize = labels.values().sum();
            table = table.row([shown(name), clips.to_string(), labels.len().to_string()]);
        }
        return table;
    }
    let mut table =
        Table::new(std::iter::once("label".to_owned()).chain(condition.keys().map(|value| shown(value))));
    for label in survey.labels.keys() {
        let counts = condition.values().map(|labels| labels.get(label).copied().unwrap_or(0).to_string());
        table = table.row(std::iter::once(label.clone()).chain(counts));
    }
    table
}

/// A value of a condition.
pub(super) fn shown(value: &str) -> String {
    if value.is_empty() { "unknown".to_owned() } else { value.to_owned() }
}

/// Quantiles of length and level by label.
pub(super) fn levels(survey: &Survey) -> Table {
    let header =
        ["label", "shortest, s", "median, s", "longest, s", "loud parts, dB", "above the quiet ones, dB"];
    let mut table = Table::new(header);
    for (label, levels) in &survey.levels {
        let column = |of: fn(&kws_lab::corpus::Levels) -> f64| {
            let mut values: Vec<f64> = levels.iter().map(of).collect();
            values.sort_unstable_by(f64::total_cmp);
            values
        };
        let (seconds, loud, contrast) =
            (column(|l| l.seconds), column(|l| l.loud_db), column(|l| l.contrast_db()));
        let (Some(shortest), Some(longest)) = (seconds.first(), seconds.last()) else { continue };
        let median = |values: &[f64]| values[values.len() / 2];
        table = table.row([
            label.clone(),
            format!("{shortest:.2}"),
            format!("{:.2}", median(&seconds)),
            format!("{longest:.2}"),
            format!("{:.0}", median(&loud)),
            format!("{:.0}", median(&contrast)),
        ]);
    }
    table
}

/// Quantiles of size and light by label.
pub(super) fn lights(survey: &Survey) -> Table {
    let header = [
        "label",
        "shorter side, least",
        "median",
        "most",
        "brightness, darkest 5 %",
        "median",
        "lightest 5 %",
    ];
    let mut table = Table::new(header);
    for (label, lights) in &survey.lights {
        let mut sides: Vec<usize> = lights.iter().map(Light::short_side).collect();
        sides.sort_unstable();
        let mut light: Vec<f64> = lights.iter().map(|l| l.brightness).collect();
        light.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| (share * (lights.len() - 1) as f64).round() as usize;
        let mut row = vec![label.clone()];
        row.extend([0.0, 0.5, 1.0].map(|share| sides[at(share)].to_string()));
        row.extend([0.05, 0.5, 0.95].map(|share| format!("{:.2}", light[at(share)])));
        table = table.row(row);
    }
    table
}
