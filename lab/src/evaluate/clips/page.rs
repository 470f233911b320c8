//! Figures over clips or images for people: tables on the terminal, and their part of an HTML page.

use anyhow::Result;

use super::curve::Curve;
use super::groups::Column;
use super::report::ClipReport;
use crate::evaluate::{p_value, percent, percents};
use crate::medium::Medium;
use crate::page::{Axis, Bars, Chart, Heat, Page, Series, Table};

/// What every interval here takes for granted.
fn independent(medium: Medium) -> &'static str {
    match medium {
        Medium::Clips => {
            "95 % intervals, treating clips as independent; clips of one speaker are similar, so with few speakers \
             the truth may lie further off."
        }
        Medium::Images => {
            "95 % intervals, treating images as independent; images of one scene are similar, so with few \
             scenes the truth may lie further off."
        }
    }
}

impl ClipReport {
    /// The report for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n\n{}\n", self.headline(), self.figures().text());
        text += &format!("{}\n{}", self.labels_table().text(), self.confusion_table().text());
        let many = self.medium.many();
        for column in &self.by_column {
            text += &format!("\nby {}\n{}", column.name, column_table(column, many).text());
        }
        for warning in self.warnings() {
            text += &format!("\nwarning: {warning}");
        }
        for (path, why) in &self.excluded {
            text += &format!("\nexcluded `{}`: {why}", path.display());
        }
        text + "\n"
    }

    /// Adds the report to a page.
    ///
    /// # Errors
    /// When a chart cannot be drawn.
    pub fn page(&self, page: Page) -> Result<Page> {
        let (many, truth, answer) = (self.medium.many(), self.medium.truth(), self.medium.answer());
        let mut page = page.heading(self.medium.title()).paragraph(&format!("{}.", self.headline()));
        for warning in self.warnings() {
            page = page.warning(&warning);
        }
        page = page
            .table(self.figures())
            .paragraph(independent(self.medium))
            .figure(
                Heat::new(&self.labels, &self.confusion).titled(truth, answer).svg()?,
                &format!("Confusion matrix: {many} by {truth} and {answer}."),
            )
            .table(self.labels_table())
            .figure(
                self.roc()?,
                &format!(
                    "ROC curves: the share of each label's {many} that are found, against the share of the other {many} \
                     that are accepted. Dashed: the float model, if there is one."
                ),
            )
            .figure(
                self.det()?,
                "The same as detection error trade-off, on logarithmic axes; shares of zero are \
                                  omitted.",
            );
        for column in &self.by_column {
            page = page
                .heading(&format!("By {}", column.name))
                .figure(column_bars(column)?, "Top-1 of each group with its 95 % interval.")
                .table(column_table(column, many));
        }
        if !self.excluded.is_empty() {
            let list = self.excluded.iter().map(|(path, why)| format!("{}: {why}", path.display()));
            page = page.heading("Unusable files").list(list);
        }
        Ok(page)
    }

    fn headline(&self) -> String {
        let split = self.split.as_ref().map_or("all splits".to_owned(), |s| format!("split `{s}`"));
        let whose = match self.medium {
            Medium::Clips => format!(" of {} known speakers", self.speakers),
            Medium::Images => String::new(),
        };
        format!("`{}` on {} {}{whose}, {split}", self.model, self.clips, self.medium.many())
    }

    fn figures(&self) -> Table {
        let mut table = Table::new(["", "top-1", "95 %", "balanced"]).row([
            "int8".to_owned(),
            percent(self.top1),
            percents(self.top1_interval),
            percent(self.balanced),
        ]);
        if let (Some(top1), Some(interval)) = (self.float_top1, self.float_top1_interval) {
            table = table.row(["float".to_owned(), percent(top1), percents(interval), String::new()]);
        }
        table
    }

    fn labels_table(&self) -> Table {
        let header =
            ["label", self.medium.many(), "recall", "95 %", "precision", "AUC", "95 %", "equal error"];
        self.by_label.iter().fold(Table::new(header), |table, l| {
            let of_curve = |f: fn(&Curve) -> String| l.curve.as_ref().map_or("".to_owned(), f);
            table.row([
                l.label.clone(),
                l.clips.to_string(),
                percent(l.recall),
                percents(l.recall_interval),
                percent(l.precision),
                of_curve(|c| format!("{:.4}", c.auc)),
                of_curve(|c| format!("{:.3}–{:.3}", c.auc_interval.low, c.auc_interval.high)),
                of_curve(|c| percent(c.equal_error)),
            ])
        })
    }

    fn confusion_table(&self) -> Table {
        let corner = format!("{}, {}", self.medium.truth(), self.medium.answer());
        let header = std::iter::once(corner.as_str()).chain(self.labels.iter().map(String::as_str));
        self.labels.iter().zip(&self.confusion).fold(Table::new(header), |table, (label, row)| {
            table.row(std::iter::once(label.clone()).chain(row.iter().map(usize::to_string)))
        })
    }

    fn roc(&self) -> Result<String> {
        let points = |c: &Curve| -> Vec<(f64, f64)> {
            c.points.iter().map(|p| (p.false_accepts, 1.0 - p.false_rejects)).collect()
        };
        let axis = |label: &str, range| Axis::new(label).within(range);
        let many = self.medium.many();
        let (accepted, found) = (format!("other {many} accepted"), format!("{many} found"));
        let chart = Chart::new(axis(&accepted, 0.0..1.0), axis(&found, 0.0..1.0));
        self.curves(chart, points).svg()
    }

    fn det(&self) -> Result<String> {
        let points = |c: &Curve| -> Vec<(f64, f64)> {
            c.points.iter().map(|p| (p.false_accepts, p.false_rejects)).collect()
        };
        let axis = |label: &str| Axis::new(label).logarithmic();
        let many = self.medium.many();
        let (accepted, missed) = (format!("other {many} accepted"), format!("{many} missed"));
        self.curves(Chart::new(axis(&accepted), axis(&missed)), points).svg()
    }

    /// A line for each label, the float twins' after them.
    fn curves(&self, mut chart: Chart, points: impl Fn(&Curve) -> Vec<(f64, f64)>) -> Chart {
        for l in &self.by_label {
            chart = match &l.curve {
                Some(curve) => chart.with(Series::line(&l.label, points(curve))),
                None => chart,
            };
        }
        if self.by_label.len() > 4 {
            return chart;
        }
        for (index, l) in self.by_label.iter().enumerate() {
            chart = match &l.float_curve {
                Some(curve) => {
                    chart.with(Series::dashes(format!("{}, float", l.label), points(curve)).like(index))
                }
                None => chart,
            };
        }
        chart
    }
}

fn column_table(column: &Column, many: &str) -> Table {
    let header = ["group", many, "top-1", "95 %", "p (corrected)", ""];
    let table = column.groups.iter().fold(Table::new(header), |table, g| {
        table.row([
            g.value.clone(),
            g.clips.to_string(),
            percent(g.top1),
            percents(g.interval),
            g.p.map_or(String::new(), p_value),
            if g.differs { "differs".to_owned() } else { String::new() },
        ])
    });
    match column.chi_square {
        Some(p) => table.row([
            "all alike (chi-square)".to_owned(),
            String::new(),
            String::new(),
            String::new(),
            p_value(p),
        ]),
        None => table,
    }
}

fn column_bars(column: &Column) -> Result<String> {
    let groups = &column.groups;
    Bars::new(
        Axis::new("top-1").within(0.0..1.0),
        groups.iter().map(|g| format!("{} ({})", g.value, g.clips)),
    )
    .with("top-1", groups.iter().map(|g| g.top1))
    .whiskers(groups.iter().map(|g| (g.interval.low, g.interval.high)))
    .svg()
}
