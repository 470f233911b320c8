//! Colours, fonts and the last step from drawing to SVG text.

use anyhow::Result;
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea, RGBColor, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBAColor, TextStyle};

/// Stands for the colour of the surrounding text, which only the page knows.
pub(super) const INK: RGBColor = RGBColor(1, 2, 3);

/// Colours that differ for colour-blind eyes, too (after M. Okabe and K. Ito), light enough for dark ground.
const SERIES: [RGBColor; 8] = [
    RGBColor(58, 135, 200),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(139, 111, 214),
    RGBColor(140, 140, 140),
];

/// How many series have a colour of their own.
pub(super) const COLOURS: usize = SERIES.len();

/// The colour of the `index`th series; they come again after [`COLOURS`].
pub(super) fn colour(index: usize) -> RGBColor {
    SERIES[index % COLOURS]
}

/// Lines behind the data.
pub(super) fn grid() -> RGBAColor {
    INK.mix(0.15)
}

/// Text of a size in pixels, drawn from its upper left corner.
pub(super) fn text(size: i32) -> TextStyle<'static> {
    // The backend divides by the height of a line.
    let em = f64::from(size) * 1.24;
    TextStyle::from(("sans-serif", em).into_font()).color(&INK)
}

/// Text that ends where it is placed, at half its height.
pub(super) fn right(size: i32) -> TextStyle<'static> {
    text(size).pos(Pos::new(HPos::Right, VPos::Center))
}

/// Text whose middle is where it is placed.
pub(super) fn centred(size: i32) -> TextStyle<'static> {
    text(size).pos(Pos::new(HPos::Center, VPos::Center))
}

/// Pixels that a text takes in width, more or less: the SVG backend has no font to measure it with.
pub(super) fn width(text: &str, size: i32) -> i32 {
    (text.chars().count() as f64 * f64::from(size) * 0.56).ceil() as i32
}

/// Has an image of a size in pixels drawn, and gives it as SVG text.
pub(super) fn image(
    size: (u32, u32),
    draw: impl FnOnce(&DrawingArea<SVGBackend<'_>, Shift>) -> Result<()>,
) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area)?;
        area.present()?;
    }
    Ok(svg.replace("#010203", "currentColor"))
}
