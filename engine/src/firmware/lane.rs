//! The stages of a plan as one lane of firmware.

use std::collections::BTreeSet;

use super::cross::{Crossing, lanes};
use super::{Board, Code, EmitSite};
use crate::design::DesignError;
use crate::error::PlanError;
use crate::file::{OnFault, Pipeline};
use crate::node::Firing;
use crate::plan::{Plan, PlannedStage};
use crate::port::Port;
use crate::recovery::FIRST;

/// A stage as it stands in the lane.
pub(super) struct Placed<'a> {
    pub(super) stage: &'a PlannedStage,
    /// Its name as Rust has names.
    pub(super) ident: String,
    pub(super) code: Code,
    /// Places of the stages that it reads.
    pub(super) inputs: Vec<usize>,
    pub(super) firing: Firing,
    /// Which lane it stands in: 0, or 1 for the second.
    pub(super) lane: usize,
    /// Whether nobody reads it.
    pub(super) leaf: bool,
}

/// All stages of a pipeline on a board, and what passes between its lanes where there are two.
pub(super) struct Lanes<'a> {
    /// The stages, in the order of the plan.
    pub(super) stages: Vec<Placed<'a>>,
    pub(super) crossing: Option<Crossing>,
}

/// All stages in the order of the plan, each with its code.
///
/// # Errors
/// When one is not supported on the board, or the graph has none as one lane or two.
pub(super) fn place<'a>(pipeline: &Pipeline, plan: &'a Plan, board: &Board) -> Result<Lanes<'a>, PlanError> {
    let (lanes, crossing) = lanes(pipeline, plan)?;
    let mut taken = BTreeSet::new();
    let mut placed: Vec<Placed<'a>> = Vec::new();
    for (index, stage) in plan.stages.iter().enumerate() {
        let ident = free(ident(&stage.name), &mut taken);
        let refused = |refusal: DesignError| refused(pipeline, stage, refusal);
        let inputs: Vec<usize> = plan.inputs(index).map(|edge| edge.from).collect();
        let ports: Vec<Port> = inputs.iter().filter_map(|&from| plan.stages[from].output.clone()).collect();
        let from: Vec<String> = inputs.iter().map(|&from| plan.stages[from].name.clone()).collect();
        check(stage, &ports).map_err(refused)?;
        let site = EmitSite::new(&stage.name, &ident, board, &ports, &from);
        let code = stage.design.emit(&site).map_err(|refusal| refused(on(board, refusal)))?;
        let code = recovering(code, stage, ports.first());
        let otherwise = if inputs.is_empty() { Firing::Source } else { Firing::First };
        let firing = code.firing.unwrap_or(otherwise);
        if firing == Firing::Source && placed.iter().any(|other| other.firing == Firing::Source) {
            let refusal = DesignError::new("firmware supports only one source");
            return Err(refused(refusal.help("keep one source, or read the other inside a stage")));
        }
        if firing == Firing::Each && stage.output.is_some() {
            return Err(refused(DesignError::new("firmware does not support a merge that has an output")));
        }
        let leaf = plan.outputs(index).next().is_none();
        placed.push(Placed { stage, ident, code, inputs, firing, lane: lanes[index], leaf });
    }
    Ok(Lanes { stages: placed, crossing })
}

pub(super) fn refused(pipeline: &Pipeline, stage: &PlannedStage, refusal: DesignError) -> PlanError {
    match pipeline.stage(&stage.name) {
        Some(spec) => pipeline.locate(spec.refused(refusal)),
        None => PlanError::at(&crate::error::Origin::Nowhere, refusal.message),
    }
}

/// A stage's code, made to go on when it fails if the plan says so.
fn recovering(mut code: Code, stage: &PlannedStage, input: Option<&Port>) -> Code {
    if stage.on_fault == OnFault::End {
        return code;
    }
    code.uses("kws_engine::Restarting");
    // A source waits by its firings, which its blocks pace.
    let pace = |port: &Port| (port.rate() as u64 / FIRST).max(1);
    let first = input.map(|port| u64::from(port.clock) / FIRST).or(stage.output.as_ref().map(pace));
    let (of, value) = (std::mem::take(&mut code.of), std::mem::take(&mut code.value));
    code.is(format!("Restarting<{of}>"), format!("Restarting::new({value}, {})", first.unwrap_or(1).max(1)))
}

/// Adds the board to what a stage refuses.
fn on(board: &Board, refusal: DesignError) -> DesignError {
    DesignError { message: format!("{} (board `{}`)", refusal.message, board.name), ..refusal }
}

/// What a lane cannot do.
fn check(stage: &PlannedStage, inputs: &[Port]) -> Result<(), DesignError> {
    let clock = stage.output.as_ref().map(|port| port.clock);
    match inputs.iter().find(|input| clock.is_some_and(|clock| clock != input.clock)) {
        Some(input) => Err(DesignError::new(format!(
            "reads {} ticks/s and writes {}, which firmware does not support",
            input.clock,
            clock.unwrap_or_default()
        ))),
        None => Ok(()),
    }
}

/// Names that mean something else in what is written.
const RESERVED: [&str; 58] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "kws_engine",
    "kws_stages",
    "let",
    "loop",
    "macro",
    "match",
    "memory",
    "mod",
    "move",
    "mut",
    "output",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "tell",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
];

/// A stage's name as Rust has names: lower case, digits and underscores.
fn ident(name: &str) -> String {
    let sound = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let mut ident: String = name.chars().map(sound).collect();
    if ident.starts_with(|c: char| c.is_ascii_digit()) || ident.is_empty() {
        ident.insert(0, '_');
    }
    if RESERVED.contains(&ident.as_str()) || ident.chars().all(|c| c == '_') {
        ident.push_str("_stage");
    }
    ident
}

/// The name, or the first of its numbers that is still free.
fn free(ident: String, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{ident}_{number}"));
    let name = std::iter::once(ident.clone()).chain(numbered).find(|name| !taken.contains(name));
    let name = name.unwrap_or(ident);
    taken.insert(name.clone());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_those_of_rust() {
        assert_eq!(ident("yes-no 2"), "yes_no_2");
        assert_eq!(ident("2nd"), "_2nd");
        assert_eq!(ident("loop"), "loop_stage");
        assert_eq!(ident("Mic"), "mic");
        let mut taken = BTreeSet::new();
        assert_eq!(free(ident("a"), &mut taken), "a");
        assert_eq!(free(ident("A"), &mut taken), "a_2");
    }
}
