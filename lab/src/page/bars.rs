//! Bar charts: groups of bars, one of each group in each series.

use anyhow::{Result, ensure};
use plotters::prelude::*;

use super::axis::{Axis, tick};
use super::style::{INK, colour, grid, image, right, text, width};

/// Horizontal bars in groups, so that long names have room; bars may have whiskers.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    axis: Axis,
    groups: Vec<String>,
    series: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    name: String,
    values: Vec<f64>,
    whiskers: Vec<(f64, f64)>,
}

/// Pixels that a bar and the space after a group take.
const BAR: i32 = 16;

impl Bars {
    /// Groups by their names, from top to bottom; `axis` is linear.
    #[must_use]
    pub fn new<S: Into<String>>(axis: Axis, groups: impl IntoIterator<Item = S>) -> Self {
        Self { axis, groups: groups.into_iter().map(Into::into).collect(), series: Vec::new() }
    }

    /// Adds a bar to each group.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        self.series.push(Row {
            name: name.into(),
            values: values.into_iter().collect(),
            whiskers: Vec::new(),
        });
        self
    }

    /// Gives the bars of the last series whiskers from one value to another: intervals.
    #[must_use]
    pub fn whiskers(mut self, ends: impl IntoIterator<Item = (f64, f64)>) -> Self {
        if let Some(last) = self.series.last_mut() {
            last.whiskers = ends.into_iter().collect();
        }
        self
    }

    /// Draws it.
    ///
    /// # Errors
    /// When a series has more or fewer bars than there are groups.
    pub fn svg(&self) -> Result<String> {
        for Row { name, values, .. } in &self.series {
            let (found, expected) = (values.len(), self.groups.len());
            ensure!(found == expected, "series `{name}` has {found} bars, expected {expected}");
        }
        let left = self.groups.iter().map(|g| width(g, 13)).max().unwrap_or(0).clamp(40, 260) + 16;
        let legend = if self.series.len() > 1 { 20 * self.series.len() as i32 } else { 0 };
        let group = BAR * (self.series.len() as i32 + 1);
        let height = group * self.groups.len() as i32;
        image((640 + left as u32, (height + legend + 64) as u32), |area| {
            let all = self
                .series
                .iter()
                .flat_map(|s| s.values.iter().copied().chain(s.whiskers.iter().map(|w| w.1)).chain([0.0]));
            let ends = self.axis.ends(all);
            let mut chart = ChartBuilder::on(area)
                .margin_top(legend + 8)
                .margin_right(28)
                .margin_left(left)
                .x_label_area_size(44)
                .build_cartesian_2d(ends.clone(), 0..height)?;
            chart
                .configure_mesh()
                .disable_y_mesh()
                .disable_y_axis()
                .axis_style(INK)
                .bold_line_style(grid())
                .light_line_style(TRANSPARENT)
                .label_style(text(12))
                .axis_desc_style(text(14))
                .x_desc(&self.axis.label)
                .x_label_formatter(&|v| tick(*v))
                .draw()?;
            for (index, row) in self.series.iter().enumerate() {
                for (g, &value) in row.values.iter().enumerate() {
                    let top = height - group * g as i32 - BAR / 2 - BAR * index as i32;
                    let ends = [(ends.start.max(0.0), top - BAR + 2), (value, top)];
                    chart.draw_series([Rectangle::new(ends, colour(index).filled())])?;
                    if let Some(&(low, high)) = row.whiskers.get(g) {
                        let middle = top - BAR / 2 + 1;
                        let line = vec![(low, middle), (high, middle)];
                        chart.draw_series([PathElement::new(line, INK.stroke_width(2))])?;
                    }
                }
                if self.series.len() > 1 {
                    let y = 6 + 20 * index as i32;
                    area.draw(&Rectangle::new([(left, y), (left + 12, y + 12)], colour(index).filled()))?;
                    area.draw(&Text::new(row.name.clone(), (left + 20, y), text(13)))?;
                }
            }
            for (g, name) in self.groups.iter().enumerate() {
                let y = legend + 8 + group * g as i32 + group / 2;
                area.draw(&Text::new(name.clone(), (left - 8, y), right(13)))?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_has_a_bar_of_each_series() {
        let bars =
            Bars::new(Axis::new("clips"), ["yes", "no"]).with("train", [3.0, 4.0]).with("test", [1.0, 2.0]);
        // Four bars and two samples in the legend.
        assert_eq!(bars.svg().unwrap().matches("<rect").count(), 6);
        let error = bars.with("odd", [1.0]).svg().unwrap_err().to_string();
        assert_eq!(error, "series `odd` has 1 bars, expected 2");
    }
}
