//! Figures over streams for people: tables on the terminal, and their part of an HTML page.

use anyhow::Result;

use super::figures::{Figures, Latency};
use super::incident::{Incident, Kind};
use super::rates::Rates;
use super::report::{Row, StreamReport};
use crate::evaluate::{p_value, percent, percents};
use crate::page::{Axis, Chart, Page, Series, Sound, Table};

/// Recordings that are named as left out.
const SHOWN: usize = 5;

const HOW: &str = "All figures are measured with the stages and parameters of the pipeline. A word counts as detected if \
                   a detection comes between its start and 0.75 s after its end; every other detection is a false \
                   accept. 95 % intervals: Clopper-Pearson for misses, exact Poisson for false accepts.";

impl StreamReport {
    /// The report for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("`{}` detects {}\n\n", self.pipeline, self.words.join(", "));
        text += &self.material_table().text();
        text += &format!("\nthe pipeline's own operating points\n{}", rows_table(&self.points).text());
        if let Some(row) = self.own() {
            text += &format!("false accepts: {}\n", row.figures.claim());
        }
        if !self.speech.is_empty() {
            text += &format!(
                "\nfalse accepts in speech at this operating point\n{}",
                rates_table(&self.speech).text()
            );
        }
        for (what, why) in self.excluded.iter().take(SHOWN) {
            text += &format!("skipped: `{what}`: {why}\n");
        }
        if self.excluded.len() > SHOWN {
            text += &format!("skipped {} more recordings\n", self.excluded.len() - SHOWN);
        }
        text += &format!("\none threshold for all labels\n{}", rows_table(&self.sweep).text());
        text + &self.throughput.map_or(String::new(), |throughput| format!("\n{}\n", throughput.text()))
    }

    /// Adds the report to a page.
    ///
    /// # Errors
    /// When a chart cannot be drawn.
    pub fn page(&self, page: Page) -> Result<Page> {
        let mut page = page
            .heading("Streams")
            .paragraph(&format!("`{}` detects {}. {HOW}", self.pipeline, self.words.join(", ")))
            .table(self.material_table())
            .heading("The pipeline's own operating points")
            .table(rows_table(&self.points));
        if let Some(row) = self.own() {
            page = page.warning(&format!("False accepts: {}.", row.figures.claim()));
        }
        if !self.speech.is_empty() {
            page = page
                .heading("False accepts in speech")
                .paragraph("At the pipeline's first operating point, all labels together. p: an exact test of the rate \
                            against that of the other groups, with Holm's correction.")
                .table(rates_table(&self.speech));
        }
        page = self.sounds(page, Kind::Missed, "Misses");
        page = self.sounds(page, Kind::FalseAccept, "False accepts");
        page = page
            .heading("Sweep of the threshold")
            .figure(self.trade_off()?, "Misses against false accepts per hour, one point per threshold. Thresholds \
                                        without a false accept do not fit on the logarithmic axis: see the table.")
            .figure(self.bounds()?, "Upper bounds of misses and of false accepts per hour, over the threshold.")
            .table(rows_table(&self.sweep));
        if self.words.len() > 1 {
            page = page.heading("Each label alone").table(rows_table(&self.by_label));
        }
        Ok(page)
    }

    /// Some of the misses, or of the false accepts, to be heard.
    fn sounds(&self, page: Page, kind: Kind, heading: &str) -> Page {
        let wrong: Vec<&Incident> = self.incidents.iter().filter(|i| i.kind == kind).collect();
        let Some(row) = self.own().filter(|_| !wrong.is_empty()) else { return page };
        let all = if kind == Kind::Missed { row.figures.missed } else { row.figures.false_accepts };
        let sounds: Vec<Sound> = wrong.iter().map(|incident| incident.sound()).collect();
        let shown = if sounds.len() < all { format!("{} of {all}", sounds.len()) } else { "All".to_owned() };
        page.heading(heading)
            .paragraph(&format!(
                "{shown} at the pipeline's first operating point, each with what the model heard."
            ))
            .sounds(&sounds)
    }

    fn material_table(&self) -> Table {
        let table = Table::new(["material", "hours", "words"]);
        self.material.iter().fold(table, |table, (name, hours, words)| {
            table.row([name.clone(), format!("{hours:.3}"), words.to_string()])
        })
    }

    /// The DET curve of streams.
    fn trade_off(&self) -> Result<String> {
        let axes = (Axis::new("false accepts per hour").logarithmic(), Axis::new("words missed"));
        let point = |r: &Row| r.figures.frr.map(|frr| (r.figures.faph, frr));
        let mut chart = Chart::new(axes.0, axes.1);
        if self.words.len() > 1 {
            chart = chart
                .with(Series::line("all labels", undominated(self.sweep.iter().filter_map(point).collect())));
        }
        for word in &self.words {
            let rows = self.by_label.iter().filter(|r| r.label.as_ref() == Some(word));
            chart = chart.with(Series::line(word, undominated(rows.filter_map(point).collect())));
        }
        chart.with(Series::points("as the pipeline is", self.own().and_then(point))).svg()
    }

    fn bounds(&self) -> Result<String> {
        let rows = || self.sweep.iter().filter_map(|r| r.on.map(|on| (on, &r.figures)));
        let chart = Chart::new(
            Axis::new("threshold"),
            Axis::new("words missed (share), false accepts per hour").logarithmic(),
        )
        .with(Series::line("false accepts per hour", rows().map(|(on, f)| (on, f.faph))))
        .with(Series::dashes("their upper bound", rows().map(|(on, f)| (on, f.faph_upper))).like(0))
        .with(Series::line("words missed", rows().filter_map(|(on, f)| f.frr.map(|frr| (on, frr)))))
        .with(Series::dashes("its upper bound", rows().map(|(on, f)| (on, f.frr_interval.high))).like(2));
        chart.svg()
    }
}

/// Points to which no other is equal or better in both figures. At low thresholds a trigger that never lets go misses
/// words and accepts little: nobody would choose it.
fn undominated(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let beats = |a: &(f64, f64), b: &(f64, f64)| a.0 <= b.0 && a.1 <= b.1 && a != b;
    points.iter().filter(|point| !points.iter().any(|other| beats(other, point))).copied().collect()
}

fn rates_table(speech: &[Rates]) -> Table {
    let header = ["group", "recordings", "hours", "FA", "FA/h", "95 %", "at most", "p"];
    let rows = speech.iter().flat_map(|rates| rates.groups.iter().map(move |group| (&rates.column, group)));
    rows.fold(Table::new(header), |table, (column, r)| {
        let name = if column == "corpus" { r.value.clone() } else { format!("{column} {}", r.value) };
        let mark = if r.differs { " (differs)" } else { "" };
        table.row([
            name,
            r.recordings.to_string(),
            format!("{:.3}", r.hours),
            r.false_accepts.to_string(),
            format!("{:.2}", r.faph),
            format!("{:.2}–{:.2}", r.interval.low, r.interval.high),
            format!("{:.2}/h", r.upper),
            r.p.map_or(String::new(), |p| p_value(p) + mark),
        ])
    })
}

fn rows_table(rows: &[Row]) -> Table {
    let labelled = rows.iter().any(|r| r.label.is_some());
    let mut header =
        vec!["threshold", "missed", "FRR", "95 %", "FA", "FA/h", "95 %", "at most", "latency", "90 %"];
    if labelled {
        header.insert(0, "label");
    }
    let parts: Vec<String> =
        rows.first().map_or(Vec::new(), |r| r.figures.parts.iter().map(|p| p.part.clone()).collect());
    let header = header.into_iter().map(str::to_owned).chain(parts.iter().map(|p| format!("FA {p}")));
    rows.iter().fold(Table::new(header), |table, row| {
        let mut cells = cells(&row.figures);
        cells.insert(0, row.on.map_or("own".to_owned(), |on| format!("{on:.3}")));
        if labelled {
            cells.insert(0, row.label.clone().unwrap_or_else(|| "all".to_owned()));
        }
        table.row(cells)
    })
}

fn cells(f: &Figures) -> Vec<String> {
    let delay =
        |ms: fn(&Latency) -> f64| f.latency.as_ref().map_or(String::new(), |l| format!("{:.0} ms", ms(l)));
    let mut cells = vec![
        format!("{}/{}", f.missed, f.said),
        f.frr.map_or(String::new(), percent),
        if f.said > 0 { percents(f.frr_interval) } else { String::new() },
        f.false_accepts.to_string(),
        format!("{:.2}", f.faph),
        format!("{:.2}–{:.2}", f.faph_interval.low, f.faph_interval.high),
        format!("{:.1}/h", f.faph_upper),
        delay(|l| l.median_ms),
        delay(|l| l.p90_ms),
    ];
    cells.extend(f.parts.iter().map(|p| p.false_accepts.to_string()));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worse_in_both_figures_is_no_trade() {
        let points = vec![(9.0, 0.5), (30.0, 0.0), (12.0, 0.1), (3.0, 0.4), (0.0, 1.0)];
        assert_eq!(undominated(points), [(30.0, 0.0), (12.0, 0.1), (3.0, 0.4), (0.0, 1.0)]);
    }
}
