//! The memory that is lent to the stages.

use std::fmt::Write as _;

use super::super::lane::Placed;
use super::{joins, zero};

/// A field of the memory.
pub(super) struct Field {
    pub(super) about: String,
    pub(super) name: String,
    pub(super) of: String,
    pub(super) first: String,
    /// Whether the pipeline itself holds a reference to it: a block between stages, not a stage's own memory.
    pub(super) between: bool,
}

/// All fields, stage by stage: its own memory, what it keeps of its inputs, the block that it writes.
pub(super) fn fields(lane: &[Placed<'_>]) -> Vec<Field> {
    let mut fields = Vec::new();
    for placed in lane {
        let stage = &placed.stage.name;
        fields.extend(placed.code.memory.iter().map(|lent| Field {
            about: format!("`{stage}`: {}", lent.about),
            name: lent.name.clone(),
            of: lent.of.clone(),
            first: lent.value.clone(),
            between: false,
        }));
        if joins(placed) {
            fields.extend(placed.inputs[1..].iter().filter_map(|&input| latest(placed, &lane[input])));
        }
        if let Some(port) = &placed.stage.output {
            let (of, first) = zero(port.element);
            let len = port.len();
            fields.push(Field {
                about: format!("What `{stage}` writes: {port}."),
                name: format!("{}_out", placed.ident),
                of: format!("[{of}; {len}]"),
                first: format!("[{first}; {len}]"),
                between: true,
            });
        }
    }
    fields
}

/// The name of what a join keeps of an input.
pub(super) fn latest_name(placed: &Placed<'_>, input: &Placed<'_>) -> String {
    format!("{}_of_{}", placed.ident, input.ident)
}

fn latest(placed: &Placed<'_>, input: &Placed<'_>) -> Option<Field> {
    let port = input.stage.output.as_ref()?;
    let (of, first) = zero(port.element);
    Some(Field {
        about: format!("The latest of `{}` that `{}` reads.", input.stage.name, placed.stage.name),
        name: latest_name(placed, input),
        of: format!("Latest<{of}, {}>", port.len()),
        first: format!("Latest::new({first})"),
        between: true,
    })
}

/// The struct of all fields and its first value.
pub(super) fn memory(lane: &[Placed<'_>]) -> String {
    let fields = fields(lane);
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
