//! The page of `kws-lab corpus report`.

use anyhow::Result;
use kws_lab::corpus::survey::{Condition, Survey};
use kws_lab::corpus::{Levels, Split, is_word};
use kws_lab::medium::Medium;
use kws_lab::page::{Axis, Bars, Chart, Page, Series};

use super::report;

/// Most bars of a chart that can still be read.
const MOST_BARS: usize = 60;

/// A corpus on one page.
pub(super) fn page(survey: &Survey) -> Result<Page> {
    let name = survey.corpus.file_name().unwrap_or(survey.corpus.as_os_str()).to_string_lossy();
    let mut page = Page::new(format!("Corpus {name}")).paragraph(&report::sentence(survey));
    page = page.heading("Gaps");
    page = match &survey.gaps[..] {
        [] => page.paragraph("None was found."),
        gaps => page.list(gaps),
    };
    let what = survey.medium.title();
    page = page.heading("Labels").figure(labels(survey)?, &format!("{what} of each label, by split."));
    page = page.table(report::labels(survey));
    if survey.medium == Medium::Clips {
        page = page.heading("Speakers").paragraph(&speakers(survey));
    }
    if !survey.speakers.largest.is_empty() {
        page = page.table(report::speakers(survey));
    }
    for (column, condition) in &survey.conditions {
        page = page.heading(&format!("By {column}"));
        if condition.len() <= MOST_BARS {
            page = page.figure(condition_bars(survey, condition)?, &format!("{what} by {column}."));
        }
        page = page.table(report::by_condition(survey, condition));
    }
    if survey.levels.values().any(|levels| !levels.is_empty()) {
        page = page.heading("Length and level");
        page = page.figure(distribution(survey, "length, s", |l| l.seconds)?, "Share of clips by length.");
        let loud = "Share of clips by the level of their loud parts, in dB relative to full scale.";
        page = page.figure(distribution(survey, "loud parts, dB", |l| l.loud_db)?, loud);
        let contrast = "Share of clips by how far their loud parts stand above the quiet ones: an estimate of the \
                        signal-to-noise ratio.";
        page = page.figure(distribution(survey, "above the quiet parts, dB", Levels::contrast_db)?, contrast);
        page = page.table(report::levels(survey));
    }
    if !survey.lights.is_empty() {
        page = page.heading("Size and brightness").table(report::lights(survey));
    }
    Ok(page)
}

fn labels(survey: &Survey) -> Result<String> {
    // The largest labels where there are too many.
    let mut labels: Vec<_> = survey.labels.iter().collect();
    labels.sort_by_key(|(_, label)| std::cmp::Reverse(label.clips));
    labels.truncate(MOST_BARS);
    let mut bars = Bars::new(Axis::new(survey.medium.many()), labels.iter().map(|(name, _)| (*name).clone()));
    for split in Split::ALL {
        let counts = labels.iter().map(|(_, label)| label.splits.get(&split).copied().unwrap_or(0) as f64);
        bars = bars.with(split.to_string(), counts);
    }
    bars.svg()
}

fn speakers(survey: &Survey) -> String {
    let counts = Split::ALL.map(|split| {
        let count = survey.speakers.splits.get(&split).copied().unwrap_or(0);
        format!("{count} in {split}")
    });
    format!("{} speakers: {}.", survey.speakers.count, counts.join(", "))
}

fn condition_bars(survey: &Survey, condition: &Condition) -> Result<String> {
    let many = survey.medium.many();
    let counts = condition.values().map(|labels| labels.values().sum::<usize>() as f64);
    Bars::new(Axis::new(many), condition.keys().map(|value| report::shown(value))).with(many, counts).svg()
}

/// Histograms as lines, of words and of what is none: the share of values in each of 40 equal steps.
fn distribution(survey: &Survey, axis: &str, of: fn(&Levels) -> f64) -> Result<String> {
    const STEPS: usize = 40;
    let values = |words: bool| -> Vec<f64> {
        let labels = survey.levels.iter().filter(|(label, _)| words == is_word(label));
        labels.flat_map(|(_, levels)| levels.iter().map(of)).collect()
    };
    let series = [("words", values(true)), ("silence, speech", values(false))];
    let all = || series.iter().flat_map(|(_, values)| values);
    let (low, high) = all().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    let width = ((high - low) / STEPS as f64).max(0.01);
    let mut chart = Chart::new(Axis::new(axis), Axis::new("clips, %"));
    for (name, values) in series.iter().filter(|(_, values)| !values.is_empty()) {
        let mut counts = [0usize; STEPS];
        values.iter().for_each(|v| counts[(((v - low) / width) as usize).min(STEPS - 1)] += 1);
        let share = |count: usize| 100.0 * count as f64 / values.len() as f64;
        let points = counts.iter().enumerate().map(|(i, &n)| (low + (i as f64 + 0.5) * width, share(n)));
        chart = chart.with(Series::line(*name, points));
    }
    chart.svg()
}
