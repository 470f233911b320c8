//! A plan as an image.

use std::io::{self, Write};

use kws_engine::{Plan, PlannedStage};

use super::layout::{Layout, layout};
use super::port_lines;

/// Height of a line of text, and what a stage's box has above and below its lines.
const LINE: f64 = 15.0;
const PAD: f64 = 9.0;
/// From the lower side of a layer's highest box to the next layer.
const BELOW: f64 = 40.0;
/// Between the legend and the first layer.
const LEGEND: f64 = 24.0;
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
    let widths: Vec<f64> = plan.stages.iter().map(|stage| size(stage).0).collect();
    let edges: Vec<(usize, usize)> = plan.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let layout = layout(&widths, &edges, GAP);
    let legend = plan.lanes.iter().map(|lane| letters(&format!("lane {lane}")) + 40.0).sum::<f64>();
    let width = layout.width.max(legend) + 2.0 * MARGIN;
    let rows = rows(plan, &layout);
    let height = rows.last().map_or(0.0, |row| row.1) + MARGIN;
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
    arrows(plan, &layout, &rows, to)?;
    for (stage, &(x, layer)) in plan.stages.iter().zip(&layout.nodes) {
        stage_box(stage, x + MARGIN, rows[layer].0, to)?;
    }
    writeln!(to, "</svg>")
}

fn letters(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

/// What a stage's box says, and how each line looks.
fn lines(stage: &PlannedStage) -> Vec<(String, &'static str)> {
    let mut lines = vec![(stage.name.clone(), "font-weight=\"600\"")];
    if stage.kind != stage.name {
        lines.push((stage.kind.clone(), "fill=\"#555\""));
    }
    let port = stage.output.as_ref().map(port_lines);
    lines.extend(port.into_iter().flatten().map(|line| (line, "font-size=\"11\" fill=\"#555\"")));
    lines
}

fn size(stage: &PlannedStage) -> (f64, f64) {
    let lines = lines(stage);
    let widest = lines.iter().map(|(text, _)| letters(text)).fold(0.0, f64::max);
    (widest + 2.0 * PAD, lines.len() as f64 * LINE + 2.0 * PAD)
}

/// Upper and lower side of every layer.
fn rows(plan: &Plan, layout: &Layout) -> Vec<(f64, f64)> {
    let mut top = MARGIN + LEGEND;
    let height = |layer: usize| {
        let here = plan.stages.iter().zip(&layout.nodes).filter(|(_, node)| node.1 == layer);
        here.map(|(stage, _)| size(stage).1).fold(0.0, f64::max)
    };
    let mut row = |layer: usize| {
        let bottom = top + height(layer);
        (std::mem::replace(&mut top, bottom + BELOW), bottom)
    };
    (0..layout.layers).map(&mut row).collect()
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

fn arrows(plan: &Plan, layout: &Layout, rows: &[(f64, f64)], to: &mut impl Write) -> io::Result<()> {
    for (edge, route) in plan.edges.iter().zip(&layout.routes) {
        let width = if edge.ring.is_some() { 2.6 } else { 1.2 };
        let start = rows[route[0].1].0 + size(&plan.stages[edge.from]).1;
        let path = path(route, start, rows);
        writeln!(
            to,
            "<path d=\"{path}\" fill=\"none\" stroke=\"#555\" stroke-width=\"{width}\" marker-end=\"url(#arrow)\"/>"
        )?;
    }
    Ok(())
}

/// A curve that leaves and enters boxes upright and passes straight through the layers between.
fn path(route: &[(f64, usize)], start: f64, rows: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (step, pair) in route.windows(2).enumerate() {
        let [(x0, layer), (x1, next)] = *pair else { continue };
        let (x0, x1) = (x0 + MARGIN, x1 + MARGIN);
        let (y0, y1) = (rows[layer].1, rows[next].0);
        path += &if step == 0 { format!("M{x0:.1} {start:.1} V{y0:.1}") } else { format!(" V{y0:.1}") };
        let bend = (y1 - y0) * 0.5;
        path += &format!(" C{x0:.1} {:.1} {x1:.1} {:.1} {x1:.1} {y1:.1}", y0 + bend, y1 - bend);
    }
    path
}

fn stage_box(stage: &PlannedStage, x: f64, top: f64, to: &mut impl Write) -> io::Result<()> {
    let (width, height) = size(stage);
    let (fill, line) = COLOURS[stage.lane % COLOURS.len()];
    let left = x - width / 2.0;
    writeln!(
        to,
        "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"7\" fill=\"{fill}\" \
         stroke=\"{line}\"/>"
    )?;
    for (row, (text, look)) in lines(stage).iter().enumerate() {
        let y = top + PAD + (row as f64 + 0.75) * LINE;
        writeln!(
            to,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" {look}>{}</text>",
            escaped(text)
        )?;
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::super::kinds::{pipeline, registry};
    use super::*;

    #[test]
    fn every_stage_and_edge_is_drawn() {
        let text = "
            [[stage]]\nkind = \"tone\"
            [[stage]]\nkind = \"half\"
            [[stage]]\nname = \"wake & go\"\nkind = \"spot\"
            [[stage]]\nname = \"quiet\"\nkind = \"spot\"\ninput = \"half\"
            [[stage]]\nkind = \"print\"\ninputs = [\"wake & go\", \"quiet\", \"tone\"]";
        let plan = Plan::new(&pipeline(text), &registry()).unwrap();
        let mut image = Vec::new();
        write(&plan, &mut image).unwrap();
        let image = String::from_utf8(image).unwrap();
        if let Ok(path) = std::env::var("KWS_SHOW_SVG") {
            std::fs::write(path, &image).unwrap();
        }
        assert_eq!(image.matches("marker-end").count(), 6);
        assert_eq!(image.matches("font-weight").count(), 5);
        assert!(image.contains("wake &amp; go"));
    }
}
