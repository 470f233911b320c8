//! Figures of a cascade for people.

use super::report::CascadeReport;
use crate::evaluate::stream::figures::Latency;
use crate::evaluate::{percent, percents};
use crate::page::{Page, Table};

const HOW: &str = "Misses are of all words that were said, false accepts of the whole stream, after each step. Of a step whose \
                   finds another one judges, any word stands for any other: the clip is judged, not the label. Latency: from the end \
                   of a word to when its detection is out, with what a serial line takes at its rate; other networks add their own. \
                   95 % intervals: Clopper-Pearson for misses, exact Poisson for false accepts.";

const ENERGY: &str = "Awake is estimated from the operations of the stages, energy from the currents of `boards.toml`: round \
                      figures, measured on nothing.";

/// Recordings that are named as left out.
const SHOWN: usize = 5;

impl CascadeReport {
    /// The report for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "`{}` detects {}\n\n{}",
            self.pipeline,
            self.words.join(", "),
            self.material_table().text()
        );
        text += &format!("\nafter each step\n{}", self.step_table().text());
        if !self.links.is_empty() {
            text += &format!("\nsent\n{}", self.link_table().text());
        }
        if self.places.iter().any(|place| place.board.is_some()) {
            text += &format!("\nboards\n{}", self.place_table().text());
        }
        for (what, why) in self.excluded.iter().take(SHOWN) {
            text += &format!("skipped: `{what}`: {why}\n");
        }
        if self.excluded.len() > SHOWN {
            text += &format!("skipped {} more recordings\n", self.excluded.len() - SHOWN);
        }
        text + &self.throughput.map_or(String::new(), |throughput| format!("\n{}\n", throughput.text()))
    }

    /// Adds the report to a page.
    #[must_use]
    pub fn page(&self, page: Page) -> Page {
        let mut page = page
            .heading("Cascade")
            .paragraph(&format!("`{}` detects {}. {HOW}", self.pipeline, self.words.join(", ")))
            .table(self.material_table())
            .heading("After each step")
            .table(self.step_table());
        if !self.links.is_empty() {
            page = page.heading("Sent").table(self.link_table());
        }
        if self.places.iter().any(|place| place.board.is_some()) {
            page = page.heading("Boards").paragraph(ENERGY).table(self.place_table());
        }
        page
    }

    fn material_table(&self) -> Table {
        let table = Table::new(["material", "hours", "words"]);
        self.material.iter().fold(table, |table, (name, hours, words)| {
            table.row([name.clone(), format!("{hours:.3}"), words.to_string()])
        })
    }

    fn step_table(&self) -> Table {
        let header = [
            "step", "place", "hears", "finds", "missed", "FRR", "95 %", "FA", "FA/h", "95 %", "at most",
            "latency", "90 %",
        ];
        let parts = self.steps.first().map_or(&[][..], |step| &step.figures.parts);
        let parts = parts.iter().map(|part| format!("FA {}", part.part));
        let header = header.into_iter().map(str::to_owned).chain(parts);
        self.steps.iter().fold(Table::new(header), |table, step| {
            let f = &step.figures;
            let delay = |ms: fn(&Latency) -> f64| {
                f.latency.as_ref().map_or(String::new(), |l| format!("{:.0} ms", ms(l)))
            };
            let cells = [
                step.step.clone(),
                step.place.clone(),
                percent(step.hears),
                format!("{:.1}/h", step.detections_per_hour),
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
            table.row(cells.into_iter().chain(f.parts.iter().map(|part| part.false_accepts.to_string())))
        })
    }

    fn link_table(&self) -> Table {
        let table = Table::new(["from", "to", "stage", "carries", "blocks/h", "bytes/h"]);
        self.links.iter().fold(table, |table, link| {
            table.row([
                link.from.clone(),
                link.to.clone(),
                link.stage.clone(),
                link.role.clone(),
                format!("{:.1}", link.blocks_per_hour),
                format!("{:.0}", link.bytes_per_hour),
            ])
        })
    }

    fn place_table(&self) -> Table {
        let table = Table::new(["place", "board", "awake", "sends", "J a day", "mA"]);
        self.places.iter().filter(|place| place.board.is_some()).fold(table, |table, place| {
            table.row([
                place.place.clone(),
                place.board.clone().unwrap_or_default(),
                place.awake.map_or_else(String::new, percent),
                format!("{:.0} bytes/h", place.bytes_per_hour),
                place.joules_a_day.map_or_else(String::new, |joules| format!("{joules:.0}")),
                place.milliamperes.map_or_else(String::new, |ma| format!("{ma:.2}")),
            ])
        })
    }
}
