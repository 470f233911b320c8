//! Comparisons for people.

use anyhow::Result;

use super::clips::Scores;
use super::compare::{Comparison, Paired};
use super::variants::Variant;
use super::{p_value, percent, percents};
use crate::medium::Medium;
use crate::page::{Axis, Bars, Page, Table};

/// Two models, for a terminal.
#[must_use]
pub fn compared_text(clips: &Paired, streams: Option<&Comparison>) -> String {
    let many = clips.medium.many();
    let mut text = format!("{} {many}\n{}{}\n", clips.clips, clips_table(clips).text(), verdict(clips));
    if let Some(streams) = streams {
        text += &format!("\nstreams\n{}{}\n", streams_table(clips, streams).text(), streams_verdict(streams));
    }
    text
}

/// Two models, as part of a page.
///
/// # Errors
/// When a chart cannot be drawn.
pub fn compared_page(page: Page, clips: &Paired, streams: Option<&Comparison>) -> Result<Page> {
    let models = &clips.models;
    let bars = Bars::new(Axis::new("top-1").within(0.0..1.0), models.iter().map(|m| m.name.as_str()))
        .with("top-1", models.iter().map(|m| m.top1))
        .whiskers(models.iter().map(|m| (m.interval.low, m.interval.high)));
    let mut page = page
        .heading(clips.medium.title())
        .paragraph(&format!("{} {}. {}", clips.clips, clips.medium.many(), verdict(clips)))
        .figure(bars.svg()?, "Top-1 with 95 % intervals. The paired test below is more sensitive than these.")
        .table(clips_table(clips));
    if let Some(streams) = streams {
        page =
            page.heading("Streams").paragraph(&streams_verdict(streams)).table(streams_table(clips, streams));
    }
    Ok(page)
}

/// The forms of one network, for a terminal.
#[must_use]
pub fn variants_text(name: &str, forms: &[Variant], scores: &Scores) -> String {
    let (count, many) = (scores.clips.len(), scores.medium.many());
    format!("`{name}` on {count} {many}\n{}", variants_table(forms, scores.medium).text())
}

/// The forms of one network, as part of a page.
///
/// # Errors
/// When a chart cannot be drawn.
pub fn variants_page(page: Page, forms: &[Variant], medium: Medium) -> Result<Page> {
    let bars = Bars::new(Axis::new("top-1").within(0.0..1.0), forms.iter().map(|f| f.name.as_str()))
        .with("top-1", forms.iter().map(|f| f.top1))
        .whiskers(forms.iter().map(|f| (f.interval.low, f.interval.high)));
    Ok(page
        .paragraph(&format!(
            "`PTQ` is rounded after training, its ranges read from {} of the training split; `shipped` is \
             `model.tflite`. Lost are points of a hundred against float; p is McNemar's exact test of the same pair. The \
             last two columns set the fake-quantised network in burn against the integer runtime.",
            medium.many()
        ))
        .figure(bars.svg()?, "Top-1 with intervals of 95 %.")
        .table(variants_table(forms, medium)))
}

fn clips_table(clips: &Paired) -> Table {
    let header = ["model", "top-1", "95 %", "only this one right"];
    clips.models.iter().zip(clips.only).fold(Table::new(header), |table, (m, only)| {
        table.row([m.name.clone(), percent(m.top1), percents(m.interval), only.to_string()])
    })
}

fn verdict(clips: &Paired) -> String {
    let difference = 100.0 * (clips.models[1].top1 - clips.models[0].top1);
    let said = if clips.p < 0.05 { "they differ" } else { "no significant difference" };
    format!(
        "{difference:+.2} points from the first to the second; McNemar's exact test: p {}, {said}",
        equals(clips.p)
    )
}

/// A p-value with the sign before it.
fn equals(p: f64) -> String {
    let text = p_value(p);
    if text.starts_with('<') { text } else { format!("= {text}") }
}

fn streams_table(clips: &Paired, streams: &Comparison) -> Table {
    let header = ["model", "missed", "FRR", "95 %", "FA", "FA/h", "95 %"];
    clips.models.iter().zip(&streams.figures).fold(Table::new(header), |table, (model, f)| {
        table.row([
            model.name.clone(),
            format!("{}/{}", f.missed, f.said),
            f.frr.map_or(String::new(), percent),
            percents(f.frr_interval),
            f.false_accepts.to_string(),
            format!("{:.2}", f.faph),
            format!("{:.2}–{:.2}", f.faph_interval.low, f.faph_interval.high),
        ])
    })
}

fn streams_verdict(streams: &Comparison) -> String {
    let i = streams.frr_interval;
    let misses = if i.low > 0.0 || i.high < 0.0 { "they differ" } else { "no significant difference" };
    let accepts = if streams.faph_p < 0.05 { "they differ" } else { "no significant difference" };
    format!(
        "misses: {:+.2} points from the first to the second, 95 % {:+.2} to {:+.2} (paired bootstrap over the words), \
         {misses}; false accepts: p {} (exact test of two rates), {accepts}",
        100.0 * streams.frr_difference,
        100.0 * i.low,
        100.0 * i.high,
        equals(streams.faph_p)
    )
}

fn variants_table(forms: &[Variant], medium: Medium) -> Table {
    let beyond = format!("{} beyond 1 step", medium.many());
    let header =
        ["form", "top-1", "95 %", "lost", "only float right", "only this right", "p", "burn apart", &beyond];
    forms.iter().fold(Table::new(header), |table, f| {
        table.row([
            f.name.clone(),
            percent(f.top1),
            percents(f.interval),
            format!("{:.2}", f.lost_points),
            f.only[0].to_string(),
            f.only[1].to_string(),
            p_value(f.p),
            f.agreement.map_or(String::new(), |a| format!("{:.0} steps", a.largest)),
            f.agreement.map_or(String::new(), |a| format!("{} of {}", a.beyond, a.clips)),
        ])
    })
}
