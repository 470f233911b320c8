//! Line charts.

use anyhow::Result;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

use super::axis::{Axis, tick};
use super::style::{COLOURS, INK, colour, grid, image, text, width};

/// What a series looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Line,
    Dashes,
    Points,
}

/// Points that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    name: String,
    points: Vec<(f64, f64)>,
    look: Look,
    colour: Option<usize>,
}

impl Series {
    /// A line through points, in their order.
    #[must_use]
    pub fn line(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { name: name.into(), points: points.into_iter().collect(), look: Look::Line, colour: None }
    }

    /// A dashed line: for what is there to compare with.
    #[must_use]
    pub fn dashes(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { look: Look::Dashes, ..Self::line(name, points) }
    }

    /// Points without a line.
    #[must_use]
    pub fn points(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { look: Look::Points, ..Self::line(name, points) }
    }
}

impl Series {
    /// Gives it the colour of the `index`th series of its chart, to which it belongs.
    #[must_use]
    pub fn like(self, index: usize) -> Self {
        Self { colour: Some(index), ..self }
    }

    fn colour(&self, index: usize) -> RGBColor {
        colour(self.colour.unwrap_or(index))
    }
}

/// A chart of lines and points, with a legend at its right where there are several series.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    x: Axis,
    y: Axis,
    series: Vec<Series>,
}

/// Pixels.
const SIZE: (u32, u32) = (720, 400);

impl Chart {
    /// An empty chart.
    #[must_use]
    pub fn new(x: Axis, y: Axis) -> Self {
        Self { x, y, series: Vec::new() }
    }

    /// Adds a series.
    #[must_use]
    pub fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Draws it.
    ///
    /// # Errors
    /// When an axis has ends that are none.
    pub fn svg(&self) -> Result<String> {
        let longest = self.series.iter().map(|s| width(&s.name, 13)).max().unwrap_or(0);
        let legend = if self.series.len() > 1 { (longest + 44).min(280) } else { 8 };
        image((SIZE.0 + legend as u32, SIZE.1), |area| {
            let (plot, side) = area.split_horizontally(SIZE.0);
            if self.series.len() > 1 {
                self.legend(&side)?;
            }
            let x = self.x.ends(self.series.iter().flat_map(|s| s.points.iter().map(|p| p.0)));
            let y = self.y.ends(self.series.iter().flat_map(|s| s.points.iter().map(|p| p.1)));
            match (self.x.logarithmic, self.y.logarithmic) {
                (false, false) => self.plot(&plot, x, y),
                (true, false) => self.plot(&plot, x.log_scale(), y),
                (false, true) => self.plot(&plot, x, y.log_scale()),
                (true, true) => self.plot(&plot, x.log_scale(), y.log_scale()),
            }
        })
    }

    fn plot<X, Y>(&self, area: &DrawingArea<SVGBackend<'_>, Shift>, x: X, y: Y) -> Result<()>
    where
        X: AsRangedCoord<Value = f64>,
        Y: AsRangedCoord<Value = f64>,
        X::CoordDescType: ValueFormatter<f64>,
        Y::CoordDescType: ValueFormatter<f64>,
    {
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .margin_right(24)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(x, y)?;
        chart
            .configure_mesh()
            .axis_style(INK)
            .bold_line_style(grid())
            .light_line_style(TRANSPARENT)
            .label_style(text(12))
            .axis_desc_style(text(14))
            .x_desc(&self.x.label)
            .y_desc(&self.y.label)
            .x_label_formatter(&|v| tick(*v))
            .y_label_formatter(&|v| tick(*v))
            .draw()?;
        for (index, series) in self.series.iter().enumerate() {
            let shown = series.points.iter().copied().filter(|&(x, y)| self.x.shows(x) && self.y.shows(y));
            let style = series.colour(index).stroke_width(2);
            match look(index, series) {
                Look::Line => chart.draw_series(LineSeries::new(shown, style))?,
                Look::Dashes => chart.draw_series(DashedLineSeries::new(shown, 6, 4, style))?,
                Look::Points => {
                    chart.draw_series(shown.map(|p| Circle::new(p, 4, series.colour(index).filled())))?
                }
            };
        }
        Ok(())
    }

    fn legend(&self, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<()> {
        for (index, series) in self.series.iter().enumerate() {
            let y = 20 + 20 * index as i32;
            let line = vec![(2, y), (28, y)];
            let style = series.colour(index).stroke_width(2);
            match look(index, series) {
                Look::Line => area.draw(&PathElement::new(line, style))?,
                Look::Dashes => {
                    area.draw(&PathElement::new(vec![(2, y), (12, y)], style))?;
                    area.draw(&PathElement::new(vec![(18, y), (28, y)], style))?;
                }
                Look::Points => area.draw(&Circle::new((15, y), 4, series.colour(index).filled()))?,
            }
            area.draw(&Text::new(series.name.clone(), (36, y - 5), text(13)))?;
        }
        Ok(())
    }
}

/// Lines whose colour has been used before are dashed.
fn look(index: usize, series: &Series) -> Look {
    if series.look == Look::Line && index >= COLOURS { Look::Dashes } else { series.look }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_what_its_axes_can_show() {
        let chart = Chart::new(Axis::new("FA/h").logarithmic(), Axis::new("FRR <%>").within(0.0..1.0))
            .with(Series::line("yes & no", [(0.0, 0.5), (0.1, 0.4), (10.0, 0.1)]))
            .with(Series::points("chosen", [(1.0, 0.2), (f64::NAN, 0.2), (1.0, 7.0)]));
        let svg = chart.svg().unwrap();
        assert_eq!(svg.matches("<circle").count(), 2, "one point and its legend");
        assert!(svg.contains("yes &amp; no") && svg.contains("FRR &lt;%&gt;"));
        assert!(svg.contains("currentColor"));
    }

    #[test]
    fn an_empty_chart_is_drawn() {
        let axis = Axis::new("x");
        assert!(Chart::new(axis.clone().logarithmic(), axis).svg().unwrap().starts_with("<svg"));
    }
}
