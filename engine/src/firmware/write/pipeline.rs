//! The stages, and what a tick does.

use std::fmt::Write as _;

use super::super::code::{Given, Start};
use super::super::format::format;
use super::super::lane::Placed;
use super::joins;
use super::layout::{Field, all_fields, latest_name};
use crate::node::Firing;

/// The struct of all stages, and the blocks between them.
pub(super) fn structure(lane: &[Placed<'_>]) -> String {
    let mut text = "\n/// The stages in the order in which they fire, and the blocks between them.\n\
                    #[allow(clippy::type_complexity, reason = \"a stage's type says what it is made of\")]\n\
                    pub struct Pipeline<'m> {\n"
        .to_owned();
    for placed in lane {
        let of = format!("Seat<{}>", placed.code.of);
        let _ = writeln!(text, "    {}: {},", placed.ident, format(&of, 4, placed.ident.len() + 7));
    }
    for Field { name, of, .. } in all_fields(lane).iter().filter(|field| field.between) {
        let _ = writeln!(text, "    {name}: &'m mut {of},");
    }
    text.push_str("}\n");
    text
}

/// The devices of all stages, each once.
fn devices<'a>(lane: &'a [Placed<'a>]) -> Vec<&'a Given> {
    let mut devices: Vec<&Given> = Vec::new();
    for given in lane.iter().flat_map(|placed| &placed.code.given) {
        if !devices.contains(&given) {
            devices.push(given);
        }
    }
    devices
}

pub(super) fn methods(lane: &[Placed<'_>]) -> String {
    let mut text = "\nimpl<'m> Pipeline<'m> {\n".to_owned();
    text.push_str(&constructor(lane));
    text.push_str(&start(lane));
    text.push_str(&tick(lane));
    text.push_str(&gaps(lane));
    text.push_str("}\n");
    text
}

fn constructor(lane: &[Placed<'_>]) -> String {
    let devices = devices(lane);
    let parameters: String = devices.iter().map(|given| format!(", {}: {}", given.name, given.of)).collect();
    let mut text = format!(
        "    /// The pipeline before its first tick, with its memory and the devices that it works with.\n    \
         pub const fn new(memory: &'m mut Memory{parameters}) -> Self {{\n        Pipeline {{\n"
    );
    for Placed { stage, ident, code, .. } in lane {
        let value = format!("Seat::new({:?}, {})", stage.name, code.value);
        let _ = writeln!(text, "            {ident}: {},", format(&value, 12, 15 + ident.len()));
    }
    for Field { name, .. } in all_fields(lane).iter().filter(|field| field.between) {
        let _ = writeln!(text, "            {name}: &mut memory.{name},");
    }
    text.push_str("        }\n    }\n\n");
    text
}

fn start(lane: &[Placed<'_>]) -> String {
    let mut text =
        "    /// Gives what zeros are not its first value: called once, before the first tick.\n    \
                    pub fn start(&mut self) {\n"
            .to_owned();
    for placed in lane.iter().filter(|placed| placed.code.start == Start::Reset) {
        let _ = writeln!(text, "        self.{}.start();", placed.ident);
    }
    text.push_str("    }\n\n");
    text
}

fn tick(lane: &[Placed<'_>]) -> String {
    let Some(source) = lane.iter().find(|placed| placed.firing == Firing::Source) else {
        return String::new();
    };
    let (ident, period) = (&source.ident, source.stage.output.as_ref().map_or(0, |port| port.period));
    let name = &source.stage.name;
    let mut text = format!(
        "    /// Fires `{name}`, and then all that its block makes fire: {period} ticks of the stream, or, where it \
         says\n    /// [`Flow::Skip`], none yet.\n    ///\n    /// # Errors\n    /// The first stage that cannot go on.\n    \
         pub fn tick(&mut self) -> Result<Flow, Failed> {{\n        \
         let {ident} = self.{ident}.draw({period}, self.{ident}_out)?;\n        self.pass({ident})\n    }}\n\n    \
         /// Ends the stream: sinks complete what they have begun.\n    ///\n    /// # Errors\n    \
         /// The first stage that cannot.\n    pub fn finish(&mut self) -> Result<(), Failed> {{\n        \
         let {ident} = self.{ident}.end()?;\n        self.pass({ident}).map(|_| ())\n    }}\n\n    \
         /// Passes on what `{name}` tells.\n    fn pass(&mut self, {ident}: News) -> Result<Flow, Failed> {{\n"
    );
    for placed in lane.iter().filter(|placed| placed.firing != Firing::Source) {
        let _ = writeln!(text, "        let {} = {}?;", placed.ident, firing(placed, lane));
    }
    let leaves: Vec<String> =
        lane.iter().filter(|placed| placed.leaf).map(|placed| format!("{}.is_end()", placed.ident)).collect();
    let _ = writeln!(
        text,
        "        Ok(if {} {{ Flow::End }} else {{ {ident}.flow() }})\n    }}\n",
        leaves.join(" && ")
    );
    text
}

/// The call that fires one stage.
fn firing(placed: &Placed<'_>, lane: &[Placed<'_>]) -> String {
    let ident = &placed.ident;
    let output = placed.stage.output.as_ref().map_or("()".to_owned(), |_| format!("self.{ident}_out"));
    let inputs: Vec<&Placed<'_>> = placed.inputs.iter().map(|&input| &lane[input]).collect();
    let block = |input: &Placed<'_>| format!("({0}, &self.{0}_out[..])", input.ident);
    if placed.firing == Firing::Each {
        let blocks: Vec<String> = inputs.iter().map(|input| block(input)).collect();
        return format!("self.{ident}.merge([{}])", blocks.join(", "));
    }
    if !joins(placed) {
        let from = inputs.first().map_or("", |input| input.ident.as_str());
        return format!("self.{ident}.fire({from}, self.{from}_out, {output})");
    }
    let kept = |input: &&Placed<'_>| {
        format!("({0}, &self.{0}_out[..], self.{1})", input.ident, latest_name(placed, input))
    };
    let others: Vec<String> = inputs[1..].iter().map(kept).collect();
    let method = if others.len() == 1 { "join" } else { "join_three" };
    format!("self.{ident}.{method}({}, {}, {output})", block(inputs[0]), others.join(", "))
}

fn gaps(lane: &[Placed<'_>]) -> String {
    let mut text = "    /// Tells what was lost since it was last asked.\n    \
                    pub fn gaps(&mut self, mut tell: impl FnMut(Gap)) {\n"
        .to_owned();
    for placed in lane {
        let _ = writeln!(text, "        self.{}.gap(&mut tell);", placed.ident);
    }
    text.push_str("    }\n");
    text
}
