//! A lane as Rust source.

mod layout;
mod pipeline;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::lane::Placed;
use crate::item::Element;
use crate::node::Firing;

/// The file: what changes, the stages, the tick; at the end, since they are long, the tables.
pub(super) fn source(lane: &[Placed<'_>], from: &str, board: &str) -> String {
    let mut text = format!("// Written by the build from `{from}` for `{board}`.\n\n");
    text.push_str(&uses(lane));
    text.push_str(&layout::memory(lane));
    text.push_str(&pipeline::structure(lane));
    text.push_str(&pipeline::methods(lane));
    for placed in lane.iter().filter(|placed| !placed.code.items.is_empty()) {
        text.push_str(&tables(placed));
    }
    text
}

/// `use` declarations of types and expressions, one for each module.
fn uses(lane: &[Placed<'_>]) -> String {
    let mut modules: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut engine = vec!["kws_engine::Flow", "kws_engine::tick::Failed", "kws_engine::tick::Gap"];
    engine.extend(["kws_engine::tick::News", "kws_engine::tick::Seat"]);
    if lane.iter().any(|placed| element(placed) == Some(Element::Event)) {
        engine.push("kws_engine::Event");
    }
    if lane.iter().any(joins) {
        engine.push("kws_engine::tick::Latest");
    }
    let paths = lane.iter().flat_map(|placed| placed.code.uses.iter().map(String::as_str));
    for path in paths.chain(engine) {
        let (module, name) = path.rsplit_once("::").filter(|_| !path.ends_with('}')).unwrap_or((path, ""));
        modules.entry(module).or_default().insert(name);
    }
    let mut text = String::new();
    for (module, names) in modules {
        let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        let _ = match names.as_slice() {
            [] => writeln!(text, "use {module};"),
            [name] => writeln!(text, "use {module}::{name};"),
            names => writeln!(text, "use {module}::{{{}}};", names.join(", ")),
        };
    }
    text
}

/// The tables of one stage.
fn tables(placed: &Placed<'_>) -> String {
    let mut text = format!("\n/// Tables of `{}`.\npub mod {} {{\n", placed.stage.name, placed.ident);
    for path in placed.code.item_uses.iter().collect::<BTreeSet<_>>() {
        let _ = writeln!(text, "    #[allow(unused_imports)]\n    use {path};");
    }
    for (index, item) in placed.code.items.iter().enumerate() {
        if index > 0 || !placed.code.item_uses.is_empty() {
            text.push('\n');
        }
        let _ = writeln!(text, "    /// {}\n    pub static {}: {} =", item.about, item.name, item.of);
        let _ = writeln!(text, "{};", wrapped(&item.value, 8));
    }
    text.push_str("}\n");
    text
}

/// What a stage writes.
fn element(placed: &Placed<'_>) -> Option<Element> {
    placed.stage.output.as_ref().map(|port| port.element)
}

/// Whether a stage keeps the latest blocks of inputs after its first.
fn joins(placed: &Placed<'_>) -> bool {
    placed.firing == Firing::First && placed.inputs.len() > 1
}

/// The name of an element's type, and its zero.
fn zero(element: Element) -> (&'static str, &'static str) {
    match element {
        Element::I8 => ("i8", "0"),
        Element::U8 => ("u8", "0"),
        Element::I16 => ("i16", "0"),
        Element::F32 => ("f32", "0.0"),
        Element::Event => ("Event", "Event::ZEROS"),
    }
}

/// Longest line.
const WIDTH: usize = 110;

/// An expression at an indent, broken after commas where its lines would become too long.
fn wrapped(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut out = String::new();
    for line in text.lines() {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&margin);
        let mut column = indent;
        for part in line.split_inclusive(", ").map(str::trim_end) {
            if column > indent && column + 1 + part.len() > WIDTH {
                out.push('\n');
                out.push_str(&margin);
                column = indent;
            }
            if column > indent {
                out.push(' ');
                column += 1;
            }
            out.push_str(part);
            column += part.len();
        }
    }
    out
}
