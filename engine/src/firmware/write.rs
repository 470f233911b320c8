//! A lane as Rust source.

mod layout;
mod pipeline;

pub(super) use layout::fields;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Code;
use super::cross::Crossing;
use super::format::format;
use super::lane::{Lanes, Placed};
use crate::item::Element;
use crate::node::Firing;

/// One lane of the file.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// All stages of the pipeline.
    all: &'a [Placed<'a>],
    lane: usize,
    /// What passes to the second lane, where there is one.
    crossing: Option<&'a Crossing>,
}

impl<'a> Part<'a> {
    /// The stages of the lane.
    fn stages(self) -> impl Iterator<Item = &'a Placed<'a>> {
        self.all.iter().filter(move |placed| placed.lane == self.lane)
    }

    /// The stage whose blocks pass from the first lane to the second.
    fn passing(self) -> Option<&'a Placed<'a>> {
        self.crossing.map(|crossing| &self.all[crossing.from])
    }

    /// The name of its struct of stages, and of that of its memory.
    fn names(self) -> (&'static str, &'static str) {
        if self.lane == 0 { ("Pipeline", "Memory") } else { ("Second", "SecondMemory") }
    }
}

/// The file: what changes, the stages, the tick, lane by lane; at the end, since they are long, the tables.
pub(super) fn source(lanes: &Lanes<'_>, from: &str, board: &str) -> String {
    let mut text = format!("// Written by the build from `{from}` for `{board}`.\n\n");
    text.push_str(&uses(lanes));
    let crossing = lanes.crossing.as_ref();
    for lane in 0..=usize::from(crossing.is_some()) {
        let part = Part { all: &lanes.stages, lane, crossing };
        text.push_str(&layout::memory(part));
        text.push_str(&pipeline::structure(part));
        text.push_str(&pipeline::methods(part));
    }
    for placed in lanes.stages.iter().filter(|placed| !placed.code.items.is_empty()) {
        text.push_str(&tables(placed));
    }
    text
}

/// `use` declarations of types and expressions, one for each module.
fn uses(lanes: &Lanes<'_>) -> String {
    let lane = &lanes.stages;
    let mut modules: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut engine = vec!["kws_engine::Flow", "kws_engine::tick::TickError", "kws_engine::tick::Gap"];
    engine.extend(["kws_engine::tick::News", "kws_engine::tick::Slot"]);
    if lane.iter().any(|placed| element(placed) == Some(Element::Event)) {
        engine.push("kws_engine::Event");
    }
    if lane.iter().any(joins) {
        engine.push("kws_engine::tick::Latest");
    }
    if lanes.crossing.is_some() {
        engine.extend([
            "kws_engine::tick::RingReader",
            "kws_engine::tick::Incoming",
            "kws_engine::tick::Outgoing",
        ]);
        engine.extend(["kws_engine::tick::RingWriter", "kws_engine::tick::WhenFull"]);
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
    let Code { items, item_uses, .. } = &placed.code;
    let mut text = format!("\n/// Tables of `{}`.\n", placed.stage.name);
    if !item_uses.is_empty() {
        text.push_str("#[allow(unused_imports, clippy::legacy_numeric_constants, reason = \"names of all that a table may hold\")]\n");
    }
    let _ = writeln!(text, "pub mod {} {{", placed.ident);
    for path in item_uses.iter().collect::<BTreeSet<_>>() {
        let _ = writeln!(text, "    use {path};");
    }
    for (index, item) in items.iter().enumerate() {
        if index > 0 || !item_uses.is_empty() {
            text.push('\n');
        }
        let line = format!("    pub static {}: {} = ", item.name, item.of);
        let _ = writeln!(text, "    /// {}\n{line}{};", item.about, format(&item.value, 4, line.len() + 1));
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

/// The name of an element's type.
fn type_name(element: Element) -> &'static str {
    match element {
        Element::Event => "Event",
        plain => plain.name(),
    }
}
