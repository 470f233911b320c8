//! `--graph`: the plan as a diagram.

mod layout;
mod mermaid;
mod svg;

use std::io::{self, Write};

use clap::ValueEnum;
use kws_engine::{Plan, Port};

use super::units;

/// How a diagram is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Text that Markdown viewers draw
    Mermaid,
    /// An SVG image
    Svg,
}

/// Writes the plan as a diagram.
pub(crate) fn write(plan: &Plan, format: GraphFormat, to: &mut impl Write) -> io::Result<()> {
    match format {
        GraphFormat::Mermaid => mermaid::write(plan, to),
        GraphFormat::Svg => svg::write(plan, to),
    }
}

/// What a port carries in two short lines: meaning and shape, then rate.
fn port_lines(port: &Port) -> [String; 2] {
    let shape: Vec<String> = port.shape.iter().map(usize::to_string).collect();
    [
        format!("{} {}[{}]", port.role, port.element, shape.join("×")),
        format!("every {}", units::millis(port.seconds(port.period))),
    ]
}
