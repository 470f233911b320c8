//! The stages of a lane, and what a tick does.

use std::fmt::Write as _;

use super::super::code::{Given, Start};
use super::super::format::format;
use super::super::lane::Placed;
use super::layout::{Field, all_fields, latest_name};
use super::{Part, joins, type_name};
use crate::file::Policy;
use crate::node::Firing;

/// The struct of all stages, and the blocks between them.
pub(super) fn structure(part: Part<'_>) -> String {
    let (name, _) = part.names();
    let mut text = ring(part);
    let whose = if part.lane == 0 { "The stages" } else { "The stages of the second lane" };
    let _ = write!(
        text,
        "\n/// {whose} in the order in which they fire, and the blocks between them.\n\
         #[allow(clippy::type_complexity, reason = \"a stage's type says what it is made of\")]\n\
         pub struct {name}<'m> {{\n"
    );
    for placed in part.stages() {
        let of = format!("Slot<{}>", placed.code.of);
        let _ = writeln!(text, "    {}: {},", placed.ident, format(&of, 4, placed.ident.len() + 7));
    }
    for Field { name, of, .. } in all_fields(part).iter().filter(|field| field.between) {
        let _ = writeln!(text, "    {name}: &'m mut {of},");
    }
    if let Some(ring) = parcels(part) {
        let end = if part.lane == 0 { "Outgoing" } else { "Incoming" };
        let _ = writeln!(text, "    ring: {end}<'m, {ring}>,");
    }
    text.push_str("}\n");
    text
}

/// The type of what passes between two lanes.
fn ring(part: Part<'_>) -> String {
    let Some((ring, passing)) = parcels(part).zip(part.passing()).filter(|_| part.lane == 0) else {
        return String::new();
    };
    format!(
        "\n/// What passes to the second lane: blocks of `{}`. Its ends go to `Pipeline::new` and `Second::new`.\n\
         pub type Ring = kws_engine::tick::Ring<{ring}>;\n",
        passing.stage.name
    )
}

/// Element, items of a block and blocks of the ring between two lanes.
fn parcels(part: Part<'_>) -> Option<String> {
    let (crossing, passing) = part.crossing.zip(part.passing())?;
    let port = passing.stage.output.as_ref()?;
    Some(format!("{}, {}, {}", type_name(port.element), port.len(), crossing.depth))
}

/// The devices of all stages of a lane, each once.
fn devices(part: Part<'_>) -> Vec<&Given> {
    let mut devices: Vec<&Given> = Vec::new();
    for given in part.stages().flat_map(|placed| &placed.code.given) {
        if !devices.contains(&given) {
            devices.push(given);
        }
    }
    devices
}

pub(super) fn methods(part: Part<'_>) -> String {
    let mut text = format!("\nimpl<'m> {}<'m> {{\n", part.names().0);
    text.push_str(&constructor(part));
    text.push_str(&start(part));
    text.push_str(&if part.lane == 0 { tick(part) } else { second_tick(part) });
    text.push_str(&pass(part));
    text.push_str(&gaps(part));
    text.push_str("}\n");
    text
}

fn constructor(part: Part<'_>) -> String {
    let (name, memory) = part.names();
    let end = if part.lane == 0 { "RingWriter" } else { "RingReader" };
    let ring = parcels(part).map(|ring| format!(", ring: {end}<'m, {ring}>")).unwrap_or_default();
    let devices = devices(part);
    let parameters: String = devices.iter().map(|given| format!(", {}: {}", given.name, given.of)).collect();
    let mut text = format!(
        "    /// The lane before its first tick, with its memory and the devices that it works with.\n    \
         pub const fn new(memory: &'m mut {memory}{ring}{parameters}) -> Self {{\n        {name} {{\n"
    );
    for placed in part.stages() {
        let Placed { stage, ident, code, .. } = placed;
        // A join or a merge could not tell two blocks of one tick apart.
        let rises = placed.firing == Firing::Source && leads_to_join(placed, part.all);
        let new = if rises { "rising" } else { "new" };
        let value = format!("Slot::{new}({:?}, {})", stage.name, code.value);
        let _ = writeln!(text, "            {ident}: {},", format(&value, 12, 15 + ident.len()));
    }
    for Field { name, .. } in all_fields(part).iter().filter(|field| field.between) {
        let _ = writeln!(text, "            {name}: &mut memory.{name},");
    }
    if let Some((crossing, passing)) = part.crossing.zip(part.passing()) {
        let period = passing.stage.output.as_ref().map_or(0, |port| port.period);
        let end = match (part.lane, crossing.full) {
            (0, Policy::Fail) => format!("Outgoing::new({:?}, WhenFull::Fail, ring)", passing.stage.name),
            (0, Policy::DropNewest) => {
                format!("Outgoing::new({:?}, WhenFull::Drop, ring)", passing.stage.name)
            }
            (0, _) => format!("Outgoing::new({:?}, WhenFull::Wait, ring)", passing.stage.name),
            _ => format!("Incoming::new({:?}, {period}, ring)", part.all[crossing.to].stage.name),
        };
        let _ = writeln!(text, "            ring: {end},");
    }
    text.push_str("        }\n    }\n\n");
    text
}

/// Whether what a stage writes comes to a stage of several inputs.
fn leads_to_join(placed: &Placed<'_>, all: &[Placed<'_>]) -> bool {
    let reads = |reader: &&Placed<'_>| reader.inputs.iter().any(|&input| std::ptr::eq(&all[input], placed));
    all.iter().filter(reads).any(|reader| reader.inputs.len() > 1 || leads_to_join(reader, all))
}

fn start(part: Part<'_>) -> String {
    let mut text =
        "    /// Gives what zeros are not its first value: called once, before the first tick.\n    \
                    pub fn start(&mut self) {\n"
            .to_owned();
    for placed in part.stages().filter(|placed| placed.code.start == Start::Reset) {
        let _ = writeln!(text, "        self.{}.start();", placed.ident);
    }
    text.push_str("    }\n\n");
    text
}

/// What begins a tick of the lane of the source, and what ends it.
fn tick(part: Part<'_>) -> String {
    let Some(source) = part.stages().find(|placed| placed.firing == Firing::Source) else {
        return String::new();
    };
    let (ident, name) = (&source.ident, &source.stage.name);
    let period = source.stage.output.as_ref().map_or(0, |port| port.period);
    let wait = match part.crossing {
        Some(_) => "        if !self.ring.has_room() {\n            return Ok(Flow::Skip);\n        }\n",
        None => "",
    };
    format!(
        "    /// Fires `{name}`, and then all that its block makes fire: {period} ticks of the stream, or, where it \
         says\n    /// [`Flow::Skip`], none yet.\n    ///\n    /// # Errors\n    /// The first stage that cannot go on.\n    \
         pub fn tick(&mut self) -> Result<Flow, TickError> {{\n{wait}        \
         let {ident} = self.{ident}.draw({period}, self.{ident}_out)?;\n        self.pass({ident})\n    }}\n\n    \
         /// Ends the stream: sinks complete what they have begun.\n    ///\n    /// # Errors\n    \
         /// The first stage that cannot.\n    pub fn finish(&mut self) -> Result<(), TickError> {{\n        \
         let {ident} = self.{ident}.end()?;\n        self.pass({ident}).map(|_| ())\n    }}\n\n"
    )
}

/// The same for the second lane.
fn second_tick(part: Part<'_>) -> String {
    let Some(Placed { ident, stage, .. }) = part.passing() else { return String::new() };
    format!(
        "    /// Takes a block of `{}` from the first lane, if one waits, and fires all that it makes fire; says \
         [`Flow::Skip`]\n    /// if none does.\n    ///\n    /// # Errors\n    /// The first stage that cannot go on.\n    \
         pub fn tick(&mut self) -> Result<Flow, TickError> {{\n        \
         let {ident} = self.ring.take(self.{ident}_out);\n        self.pass({ident})\n    }}\n\n    \
         /// Ends the stream: sinks complete what they have begun.\n    ///\n    /// # Errors\n    \
         /// The first stage that cannot.\n    pub fn finish(&mut self) -> Result<(), TickError> {{\n        \
         self.pass(News::End).map(|_| ())\n    }}\n\n",
        stage.name
    )
}

/// What follows from what begins a tick.
fn pass(part: Part<'_>) -> String {
    let source = part.stages().find(|placed| placed.firing == Firing::Source);
    let Some(Placed { ident, stage, .. }) = source.or(part.passing()) else { return String::new() };
    let name = &stage.name;
    let mut text = format!(
        "    /// Passes on what `{name}` tells.\n    fn pass(&mut self, {ident}: News) -> Result<Flow, TickError> {{\n"
    );
    // A lane that another hears is not over when its own sinks are.
    let sends = part.passing().filter(|_| part.lane == 0);
    let mut leaves = Vec::new();
    for placed in part.stages().filter(|placed| placed.firing != Firing::Source) {
        let call = firing(placed, part.all);
        if placed.leaf && sends.is_some() {
            let _ = writeln!(text, "        {call}?;");
            continue;
        }
        let _ = writeln!(text, "        let {} = {call}?;", placed.ident);
        leaves.extend(placed.leaf.then(|| format!("{}.is_end()", placed.ident)));
    }
    if let Some(Placed { ident, .. }) = sends {
        let _ = writeln!(text, "        self.ring.send({ident}, self.{ident}_out)?;");
    }
    let over = leaves.join(" && ");
    let _ = match over.is_empty() {
        true => writeln!(text, "        Ok({ident}.flow())"),
        false => writeln!(text, "        Ok(if {over} {{ Flow::End }} else {{ {ident}.flow() }})"),
    };
    text.push_str("    }\n\n");
    text
}

/// The call that fires one stage.
fn firing(placed: &Placed<'_>, all: &[Placed<'_>]) -> String {
    let ident = &placed.ident;
    let output = placed.stage.output.as_ref().map_or("()".to_owned(), |_| format!("self.{ident}_out"));
    let inputs: Vec<&Placed<'_>> = placed.inputs.iter().map(|&input| &all[input]).collect();
    let block = |input: &Placed<'_>| format!("({0}, &self.{0}_out[..])", input.ident);
    if placed.firing == Firing::Each {
        let blocks: Vec<String> = inputs.iter().map(|input| block(input)).collect();
        return format!("self.{ident}.merge([{}])", blocks.join(", "));
    }
    if !joins(placed) {
        let from = inputs.first().map_or("", |input| input.ident.as_str());
        return format!("self.{ident}.fire({from}, self.{from}_out, {output})");
    }
    let kept = |which: usize| {
        format!("({0}, &self.{0}_out[..], self.{1})", inputs[which].ident, latest_name(all, placed, which))
    };
    let others: Vec<String> = (1..inputs.len()).map(kept).collect();
    let method = if others.len() == 1 { "join" } else { "join_three" };
    format!("self.{ident}.{method}({}, {}, {output})", block(inputs[0]), others.join(", "))
}

fn gaps(part: Part<'_>) -> String {
    let mut text = "    /// Tells what was lost since it was last asked.\n    \
                    pub fn gaps(&mut self, mut tell: impl FnMut(Gap)) {\n"
        .to_owned();
    if part.lane == 1 {
        text.push_str("        self.ring.gap(&mut tell);\n");
    }
    for placed in part.stages() {
        let _ = writeln!(text, "        self.{}.gap(&mut tell);", placed.ident);
    }
    text.push_str("    }\n");
    text
}
