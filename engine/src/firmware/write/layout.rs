//! The memory that is lent to the stages.

use std::fmt::Write as _;

use super::super::lane::Placed;
use super::super::words::zero;
use super::{Part, joins, type_name};

/// A field of the memory.
pub(in super::super) struct Field {
    about: String,
    pub(super) name: String,
    pub(super) of: String,
    first: String,
    pub(in super::super) bytes: usize,
    /// Whether the pipeline itself holds a reference to it: a block between stages, not a stage's own memory.
    pub(in super::super) between: bool,
}

/// The fields of one stage: its own memory, what it keeps of its inputs, the block that it writes.
pub(in super::super) fn fields(lane: &[Placed<'_>], placed: &Placed<'_>) -> Vec<Field> {
    let stage = &placed.stage.name;
    let own = placed.code.memory.iter().map(|lent| Field {
        about: format!("`{stage}`: {}", lent.about),
        name: lent.name.clone(),
        of: lent.of.clone(),
        first: lent.value.clone(),
        bytes: lent.bytes,
        between: false,
    });
    let mut fields: Vec<Field> = own.collect();
    if joins(placed) {
        let kept = (1..placed.inputs.len()).filter_map(|which| latest(lane, placed, which));
        fields.extend(kept);
    }
    fields.extend(block(placed));
    fields
}

/// The block that a stage writes.
fn block(placed: &Placed<'_>) -> Option<Field> {
    let port = placed.stage.output.as_ref()?;
    let (of, first, len) = (type_name(port.element), zero(port.element), port.len());
    Some(Field {
        about: format!("What `{}` writes: {port}.", placed.stage.name),
        name: format!("{}_out", placed.ident),
        of: format!("[{of}; {len}]"),
        first: format!("[{first}; {len}]"),
        bytes: port.bytes(),
        between: true,
    })
}

/// All fields of a lane, stage by stage; in the second, first of all the block that comes from the other.
pub(super) fn all_fields(part: Part<'_>) -> Vec<Field> {
    let passing = part.passing().filter(|_| part.lane == 1);
    let come = passing.into_iter().filter_map(block);
    come.chain(part.stages().flat_map(|placed| fields(part.all, placed))).collect()
}

/// The name of what a join keeps of an input, which may be one of several from the same stage.
pub(super) fn latest_name(lane: &[Placed<'_>], placed: &Placed<'_>, which: usize) -> String {
    let from = placed.inputs[which];
    let again = if placed.inputs[1..which].contains(&from) { format!("_{which}") } else { String::new() };
    format!("{}_of_{}{again}", placed.ident, lane[from].ident)
}

fn latest(lane: &[Placed<'_>], placed: &Placed<'_>, which: usize) -> Option<Field> {
    let input = &lane[placed.inputs[which]];
    let port = input.stage.output.as_ref()?;
    let (of, first) = (type_name(port.element), zero(port.element));
    Some(Field {
        about: format!("The latest of `{}` that `{}` reads.", input.stage.name, placed.stage.name),
        name: latest_name(lane, placed, which),
        of: format!("Latest<{of}, {}>", port.len()),
        first: format!("Latest::new({first})"),
        bytes: port.bytes() + 24,
        between: true,
    })
}

/// The struct of all fields and its first value.
pub(super) fn memory(part: Part<'_>) -> String {
    let (fields, (_, name)) = (all_fields(part), part.names());
    let whose = if part.lane == 0 { "the pipeline" } else { "the second lane" };
    let mut text = format!(
        "\n/// What changes while {whose} runs. All of it is zero at first, so that it takes no flash.\n\
         pub struct {name} {{\n"
    );
    for Field { about, name, of, .. } in &fields {
        let _ = writeln!(text, "    /// {about}\n    {name}: {of},");
    }
    let _ = write!(
        text,
        "}}\n\n#[allow(clippy::new_without_default, reason = \"memory is a static\")]\nimpl {name} {{\n    \
         /// Before the first tick.\n    pub const fn new() -> Self {{\n        {name} {{\n"
    );
    for Field { name, first, .. } in &fields {
        let _ = writeln!(text, "            {name}: {first},");
    }
    text.push_str("        }\n    }\n}\n");
    text
}
