//! A plan as Mermaid text.

use std::io::{self, Write};

use kws_engine::Plan;

use super::port_lines;

/// Lanes are boxes around their stages; a thick arrow is a ring between two lanes.
pub(super) fn write(plan: &Plan, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "flowchart TD")?;
    for (lane, name) in plan.lanes.iter().enumerate() {
        writeln!(to, "  subgraph lane{lane}[\"lane {}\"]", escaped(name))?;
        for (index, stage) in plan.stages.iter().enumerate().filter(|(_, stage)| stage.lane == lane) {
            let text = if stage.name == stage.kind {
                escaped(&stage.name)
            } else {
                format!("{}<br/>{}", escaped(&stage.name), escaped(&stage.kind))
            };
            writeln!(to, "    s{index}[\"{text}\"]")?;
        }
        writeln!(to, "  end")?;
    }
    for edge in &plan.edges {
        let label = plan.stages[edge.from].output.as_ref().map(port_lines).unwrap_or_default().join("<br/>");
        let arrow = if edge.ring.is_some() { "==>" } else { "-->" };
        writeln!(to, "  s{} {arrow}|\"{}\"| s{}", edge.from, label, edge.to)?;
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
