//! The memory that is lent to the stages.

use std::fmt::Write as _;

use super::super::code::zero;
use super::super::lane::Placed;
use super::{joins, type_name};

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
        fields.extend(placed.inputs[1..].iter().filter_map(|&input| latest(placed, &lane[input])));
    }
    if let Some(port) = &placed.stage.output {
        let (of, first, len) = (type_name(port.element), zero(port.element), port.len());
        fields.push(Field {
            about: format!("What `{stage}` writes: {port}."),
            name: format!("{}_out", placed.ident),
            of: format!("[{of}; {len}]"),
            first: format!("[{first}; {len}]"),
            bytes: port.bytes(),
            between: true,
        });
    }
    fields
}

/// All fields, stage by stage.
pub(super) fn all_fields(lane: &[Placed<'_>]) -> Vec<Field> {
    lane.iter().flat_map(|placed| fields(lane, placed)).collect()
}

/// The name of what a join keeps of an input.
pub(super) fn latest_name(placed: &Placed<'_>, input: &Placed<'_>) -> String {
    format!("{}_of_{}", placed.ident, input.ident)
}

fn latest(placed: &Placed<'_>, input: &Placed<'_>) -> Option<Field> {
    let port = input.stage.output.as_ref()?;
    let (of, first) = (type_name(port.element), zero(port.element));
    Some(Field {
        about: format!("The latest of `{}` that `{}` reads.", input.stage.name, placed.stage.name),
        name: latest_name(placed, input),
        of: format!("Latest<{of}, {}>", port.len()),
        first: format!("Latest::new({first})"),
        bytes: port.bytes() + 24,
        between: true,
    })
}

/// The struct of all fields and its first value.
pub(super) fn memory(lane: &[Placed<'_>]) -> String {
    let fields = all_fields(lane);
    let mut text =
        "\n/// What changes while the pipeline runs. All of it is zero at first, so that it takes no flash.\n\
         pub struct Memory {\n"
            .to_owned();
    for Field { about, name, of, .. } in &fields {
        let _ = writeln!(text, "    /// {about}\n    {name}: {of},");
    }
    text.push_str(
        "}\n\n#[allow(clippy::new_without_default, reason = \"memory is a static\")]\nimpl Memory {\n    \
         /// Before the first tick.\n    pub const fn new() -> Self {\n        Memory {\n",
    );
    for Field { name, first, .. } in &fields {
        let _ = writeln!(text, "            {name}: {first},");
    }
    text.push_str("        }\n    }\n}\n");
    text
}
