//! `--check`: what would run and what it costs.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use kws_engine::{Plan, PlannedStage, Port};
use serde_json::{Value, json};

use super::arguments::Format;
use super::table::{Side, Table};
use super::units;

const TITLE: Style = Style::new().bold();
const NOTICE: Style = AnsiColor::Yellow.on_default();

/// Writes the plan as text or as one JSON document.
pub(crate) fn write(plan: &Plan, description: &str, format: Format, to: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Json => writeln!(to, "{:#}", as_json(plan)),
        Format::Text => as_text(plan, description, to),
    }
}

fn as_text(plan: &Plan, description: &str, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{TITLE}{}{TITLE:#}", plan.name)?;
    if !description.is_empty() {
        writeln!(to, "{}", description.trim_end())?;
    }
    for notice in &plan.notices {
        writeln!(to, "{NOTICE}notice:{NOTICE:#} {notice}")?;
    }
    for warning in warnings(plan) {
        writeln!(to, "{NOTICE}warning:{NOTICE:#} {warning}")?;
    }
    writeln!(to)?;
    lane_table(plan).write(to, "  ")?;
    let rings = ring_table(plan);
    if !rings.is_empty() {
        writeln!(to)?;
        rings.write(to, "  ")?;
    }
    writeln!(to)?;
    for stage in &plan.stages {
        if let Some(remark) = stage.remark() {
            writeln!(to, "{}: {remark}", stage.name)?;
        }
    }
    totals(plan, to)
}

/// What would be done for nothing.
fn warnings(plan: &Plan) -> Vec<String> {
    if !plan.has_sink() {
        return vec!["no stage shows or keeps what the pipeline finds; add one, such as `print`".to_owned()];
    }
    let unread =
        |stage: &PlannedStage| format!("no stage reads `{}`; let one read it, or remove it", stage.name);
    plan.unread().map(unread).collect()
}

/// The stages, lane by lane.
fn lane_table(plan: &Plan) -> Table {
    use Side::{Left, Right};
    let mut table = Table::new(
        2,
        &[
            ("lane", Left),
            ("stage", Left),
            ("kind", Left),
            ("reads", Left),
            ("writes (scale, zero point)", Left),
            ("blocks/s", Right),
            ("delay", Right),
            ("MACs/s", Right),
            ("block", Right),
            ("state", Right),
            ("tables", Right),
        ],
    );
    let mut order: Vec<(usize, &PlannedStage)> = plan.stages.iter().enumerate().collect();
    order.sort_by_key(|(_, stage)| stage.lane);
    let mut lane = None;
    for (index, stage) in order {
        let opens = lane.replace(stage.lane) != Some(stage.lane);
        let reads: Vec<&str> = plan.inputs(index).map(|edge| plan.stages[edge.from].name.as_str()).collect();
        let port = stage.output.as_ref();
        table.row([
            some(opens, || plan.lanes[stage.lane].clone()),
            stage.name.clone(),
            stage.kind.clone(),
            reads.join(", "),
            port.map_or_else(|| "-".to_owned(), what),
            port.map_or_else(String::new, |port| units::count(port.rate())),
            port.map_or_else(String::new, |port| units::millis(port.seconds(port.delay))),
            some(stage.cost.macs > 0, || macs(plan, index)),
            port.map_or_else(String::new, |port| units::bytes(port.bytes())),
            some(stage.cost.state > 0, || units::bytes(stage.cost.state)),
            some(stage.cost.tables > 0, || units::bytes(stage.cost.tables)),
        ]);
    }
    table
}

fn some(is: bool, text: impl FnOnce() -> String) -> String {
    if is { text() } else { String::new() }
}

/// Role, element, shape and quantisation; the rate has a column of its own.
fn what(port: &Port) -> String {
    let shape: Vec<String> = port.shape.iter().map(usize::to_string).collect();
    let quant = port.quant.map(|quant| format!(" ({:.5}, {})", quant.scale, quant.zero_point));
    format!("{} {}[{}]{}", port.role, port.element, shape.join("×"), quant.unwrap_or_default())
}

/// A stage's operations per second of stream, or those of one firing where it fires now and then.
fn macs(plan: &Plan, index: usize) -> String {
    if plan.is_sparse(index) {
        return format!("{} each", units::count(plan.stages[index].cost.macs as f64));
    }
    units::count(plan.macs_per_second_of(index))
}

fn ring_table(plan: &Plan) -> Table {
    use Side::{Left, Right};
    let mut table = Table::new(
        2,
        &[
            ("ring from", Left),
            ("to", Left),
            ("on full", Left),
            ("blocks", Right),
            ("holds", Right),
            ("memory", Right),
        ],
    );
    for edge in &plan.edges {
        let Some(ring) = edge.ring else { continue };
        let Some(port) = &plan.stages[edge.from].output else { continue };
        table.row([
            plan.stages[edge.from].name.clone(),
            plan.stages[edge.to].name.clone(),
            ring.on_full.name().to_owned(),
            ring.depth.to_string(),
            units::millis(port.seconds(ring.depth as u64 * port.period)),
            units::bytes(ring.depth * port.bytes()),
        ]);
    }
    table
}

/// Bytes of all stages' state and of all their tables.
fn state_and_tables(plan: &Plan) -> (usize, usize) {
    let sum = |part: fn(&PlannedStage) -> usize| plan.stages.iter().map(part).sum();
    (sum(|stage| stage.cost.state), sum(|stage| stage.cost.tables))
}

fn totals(plan: &Plan, to: &mut impl Write) -> io::Result<()> {
    let (state, tables) = state_and_tables(plan);
    let (buffers, rings) = (plan.buffer_bytes(), plan.ring_bytes());
    write!(to, "{} MACs per second of stream", units::count(plan.macs_per_second()))?;
    match plan.macs_per_event() {
        0 => writeln!(to)?,
        macs => writeln!(to, ", and {} for each event", units::count(macs as f64))?,
    }
    writeln!(
        to,
        "{} of memory: blocks {}, state {}, tables {}, rings {}",
        units::bytes(buffers + state + tables + rings),
        units::bytes(buffers),
        units::bytes(state),
        units::bytes(tables),
        units::bytes(rings)
    )
}

fn as_json(plan: &Plan) -> Value {
    let (state, tables) = state_and_tables(plan);
    let stage = |index: usize| {
        let stage = &plan.stages[index];
        let output = stage.output.as_ref();
        json!({
            "name": stage.name,
            "kind": stage.kind,
            "lane": plan.lanes[stage.lane],
            "inputs": plan.inputs(index).map(|edge| plan.stages[edge.from].name.as_str()).collect::<Vec<_>>(),
            "params": stage.params,
            "output": output,
            "blocks_per_second": output.map(Port::rate),
            "delay_ms": output.map(|port| port.seconds(port.delay) * 1000.0),
            "macs_per_firing": stage.cost.macs,
            "macs_per_second": plan.macs_per_second_of(index),
            "block_bytes": output.map(Port::bytes),
            "state_bytes": stage.cost.state,
            "table_bytes": stage.cost.tables,
            "remark": stage.remark(),
        })
    };
    let edge = |edge: &kws_engine::Edge| {
        let block = plan.stages[edge.from].output.as_ref().map_or(0, Port::bytes);
        let ring = edge.ring.map(
            |ring| json!({"on_full": ring.on_full.name(), "depth": ring.depth, "bytes": ring.depth * block}),
        );
        json!({"from": plan.stages[edge.from].name, "to": plan.stages[edge.to].name, "input": edge.input, "ring": ring})
    };
    json!({
        "name": plan.name,
        "lanes": plan.lanes,
        "stages": (0..plan.stages.len()).map(stage).collect::<Vec<_>>(),
        "edges": plan.edges.iter().map(edge).collect::<Vec<_>>(),
        "macs_per_second": plan.macs_per_second(),
        "macs_per_event": plan.macs_per_event(),
        "bytes": {"blocks": plan.buffer_bytes(), "state": state, "tables": tables, "rings": plan.ring_bytes()},
        "notices": plan.notices,
        "warnings": warnings(plan),
    })
}
