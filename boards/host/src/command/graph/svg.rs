//! A plan as a picture.

use std::io::{self, Write};

use kws_engine::Plan;

use super::layout::{Layout, layout};
use super::port_lines;

/// Height of a stage's box, and from the top of one layer to the top of the next.
const BOX: f64 = 46.0;
const LAYER: f64 = 104.0;
/// Between boxes, and around everything.
const GAP: f64 = 28.0;
const MARGIN: f64 = 24.0;
/// A generous mean of a letter's width at the size used, since fonts differ.
const LETTER: f64 = 7.2;
/// Fill and line of each lane's boxes, in turn.
const COLOURS: [(&str, &str); 6] = [
    ("#e3eefc", "#3b6fb6"),
    ("#e6f5e4", "#468a3c"),
    ("#fdeedd", "#b9711f"),
    ("#f3e7f9", "#8450a5"),
    ("#fde6e8", "#b8434f"),
    ("#e2f4f3", "#2f8681"),
];

/// Boxes are stages, coloured by lane; a thick arrow is a ring between two lanes.
pub(super) fn write(plan: &Plan, to: &mut impl Write) -> io::Result<()> {
    let widths: Vec<f64> = (0..plan.stages.len()).map(|stage| room(plan, stage)).collect();
    let edges: Vec<(usize, usize)> = plan.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let layout = layout(&widths, &edges, GAP);
    let legend = plan.lanes.iter().map(|lane| letters(&format!("lane {lane}")) + 40.0).sum::<f64>();
    let width = layout.width.max(legend) + 2.0 * MARGIN;
    let height = layout.layers as f64 * LAYER + 2.0 * MARGIN;
    writeln!(
        to,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#222\">"
    )?;
    writeln!(to, "<title>{}</title>", escaped(&plan.name))?;
    writeln!(to, "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>")?;
    writeln!(
        to,
        "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"9\" markerHeight=\"9\" \
         markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#555\"/></marker></defs>"
    )?;
    legend_row(plan, to)?;
    arrows(plan, &layout, to)?;
    for stage in 0..plan.stages.len() {
        stage_box(plan, stage, &layout, to)?;
    }
    writeln!(to, "</svg>")
}

fn letters(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

/// The second line of a stage's box.
fn subtitle(plan: &Plan, stage: usize) -> &str {
    let stage = &plan.stages[stage];
    if stage.kind == stage.name { "" } else { &stage.kind }
}

fn box_width(plan: &Plan, stage: usize) -> f64 {
    letters(&plan.stages[stage].name).max(letters(subtitle(plan, stage))) + 28.0
}

/// Width that a stage needs: its box, and to the right of the arrow below it what it writes.
fn room(plan: &Plan, stage: usize) -> f64 {
    let label = plan.stages[stage].output.as_ref().map(port_lines).unwrap_or_default();
    let label = label.iter().map(|line| letters(line)).fold(0.0, f64::max);
    box_width(plan, stage).max(2.0 * (label + 10.0))
}

/// The y of a layer's boxes.
fn top(layer: usize) -> f64 {
    MARGIN + 26.0 + layer as f64 * LAYER
}

fn legend_row(plan: &Plan, to: &mut impl Write) -> io::Result<()> {
    let mut x = MARGIN;
    for (lane, name) in plan.lanes.iter().enumerate() {
        let (fill, line) = COLOURS[lane % COLOURS.len()];
        let text = format!("lane {name}");
        writeln!(
            to,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" rx=\"3\" fill=\"{fill}\" stroke=\"{line}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            MARGIN - 8.0,
            x + 18.0,
            MARGIN + 2.0,
            escaped(&text)
        )?;
        x += letters(&text) + 40.0;
    }
    Ok(())
}

fn arrows(plan: &Plan, layout: &Layout, to: &mut impl Write) -> io::Result<()> {
    for (edge, route) in plan.edges.iter().zip(&layout.routes) {
        let width = if edge.ring.is_some() { 2.6 } else { 1.2 };
        let shifted: Vec<(f64, usize)> = route.iter().map(|&(x, layer)| (x + MARGIN, layer)).collect();
        let path = path(&shifted);
        writeln!(
            to,
            "<path d=\"{path}\" fill=\"none\" stroke=\"#555\" stroke-width=\"{width}\" marker-end=\"url(#arrow)\"/>"
        )?;
    }
    Ok(())
}

/// A curve that leaves and enters boxes upright and passes straight through the layers between.
fn path(route: &[(f64, usize)]) -> String {
    let mut path = String::new();
    for (step, pair) in route.windows(2).enumerate() {
        let [(x0, layer), (x1, next)] = *pair else { continue };
        let (y0, y1) = (top(layer) + BOX, top(next));
        // What passes a layer is straight from the upper side of its boxes to the lower.
        let start = if step == 0 { format!("M{x0:.1} {y0:.1}") } else { format!(" V{y0:.1}") };
        let bend = (y1 - y0) * 0.5;
        path += &format!("{start} C{x0:.1} {:.1} {x1:.1} {:.1} {x1:.1} {y1:.1}", y0 + bend, y1 - bend);
    }
    path
}

fn stage_box(plan: &Plan, index: usize, layout: &Layout, to: &mut impl Write) -> io::Result<()> {
    let stage = &plan.stages[index];
    let (x, layer) = layout.nodes[index];
    let x = x + MARGIN;
    let (width, y) = (box_width(plan, index), top(layer));
    let (fill, line) = COLOURS[stage.lane % COLOURS.len()];
    writeln!(
        to,
        "<rect x=\"{:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BOX}\" rx=\"7\" fill=\"{fill}\" stroke=\"{line}\"/>",
        x - width / 2.0
    )?;
    let subtitle = subtitle(plan, index);
    let name_y = if subtitle.is_empty() { y + 27.0 } else { y + 20.0 };
    let name = escaped(&stage.name);
    writeln!(
        to,
        "<text x=\"{x:.1}\" y=\"{name_y:.1}\" text-anchor=\"middle\" font-weight=\"600\">{name}</text>"
    )?;
    if !subtitle.is_empty() {
        let kind = escaped(subtitle);
        writeln!(
            to,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555\">{kind}</text>",
            y + 36.0
        )?;
    }
    let lines = stage.output.as_ref().map(port_lines).unwrap_or_default();
    for (row, text) in lines.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
        let y = y + BOX + 20.0 + 14.0 * row as f64;
        writeln!(
            to,
            "<text x=\"{:.1}\" y=\"{y:.1}\" font-size=\"11\" fill=\"#444\" stroke=\"#fff\" stroke-width=\"3\" \
             paint-order=\"stroke\">{}</text>",
            x + 8.0,
            escaped(text)
        )?;
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
