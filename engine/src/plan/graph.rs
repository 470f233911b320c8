//! Who reads whom, and an order in which everything is written before it is read.

use crate::error::PlanError;
use crate::file::{Pipeline, StageSpec};
use crate::registry::Registry;

/// For every stage of the file the indices of the stages that it reads.
pub(super) fn inputs(pipeline: &Pipeline, registry: &Registry) -> Result<Vec<Vec<usize>>, PlanError> {
    pipeline.stages.iter().map(|stage| inputs_of(stage, pipeline, registry)).collect()
}

/// The indices of the stages that a stage reads.
pub(super) fn inputs_of(
    stage: &StageSpec,
    pipeline: &Pipeline,
    registry: &Registry,
) -> Result<Vec<usize>, PlanError> {
    let Some(entry) = registry.kind(&stage.kind) else {
        let error = PlanError::at(&stage.origins.kind, format!("unknown kind `{}`", stage.kind));
        return Err(error.meant(&stage.kind, registry.kinds().map(|kind| kind.name)));
    };
    let said = !stage.origins.inputs.is_empty();
    if *entry.inputs.end() == 0 {
        if said {
            let message = format!("`{}` is a source (`{}`) and reads nothing", stage.name, stage.kind);
            return Err(PlanError::at(&stage.origins.inputs[0], message).help("remove `input`"));
        }
        return Ok(Vec::new());
    }
    if stage.inputs.is_empty() && !entry.inputs.contains(&0) {
        let message =
            format!("`{}` (`{}`) has no input, because no stage is above it", stage.name, stage.kind);
        let error = PlanError::at(&stage.origins.kind, message);
        return Err(error.help("add a source above it, or set `input` to the stage that it reads"));
    }
    if !entry.inputs.contains(&stage.inputs.len()) {
        let (low, high) = (entry.inputs.start(), entry.inputs.end());
        let expected = match (low, high) {
            (low, high) if low == high => low.to_string(),
            (low, &usize::MAX) => format!("at least {low}"),
            (low, high) => format!("{low} to {high}"),
        };
        let origin = stage.origins.inputs.first().unwrap_or(&stage.origins.kind);
        let found = stage.inputs.len();
        let plural = if found == 1 { "input" } else { "inputs" };
        let message =
            format!("`{}` (`{}`) has {found} {plural}, expected {expected}", stage.name, stage.kind);
        return Err(
            PlanError::at(origin, message).help("`inputs = [\"a\", \"b\"]` names the stages that it reads")
        );
    }
    let names = || pipeline.stages.iter().map(|other| other.name.as_str()).filter(|name| *name != stage.name);
    let find = |(index, name): (usize, &String)| {
        let found = pipeline.stages.iter().position(|other| other.name == *name);
        found.ok_or_else(|| {
            let origin = stage.origins.inputs.get(index).unwrap_or(&stage.origins.kind);
            PlanError::at(origin, format!("`{}` reads `{name}`, but no such stage exists", stage.name))
                .meant(name, names())
        })
    };
    stage.inputs.iter().enumerate().map(find).collect()
}

/// The stages in an order in which everything is written before it is read, the file's own order where it is free.
pub(super) fn order(pipeline: &Pipeline, inputs: &[Vec<usize>]) -> Result<Vec<usize>, PlanError> {
    let mut order: Vec<usize> = Vec::with_capacity(inputs.len());
    let mut placed = vec![false; inputs.len()];
    while order.len() < inputs.len() {
        let next = (0..inputs.len())
            .find(|&stage| !placed[stage] && inputs[stage].iter().all(|&input| placed[input]));
        let Some(next) = next else { return Err(cycle(pipeline, inputs, &placed)) };
        placed[next] = true;
        order.push(next);
    }
    Ok(order)
}

/// Follows the unplaced stages backwards until one comes again.
fn cycle(pipeline: &Pipeline, inputs: &[Vec<usize>], placed: &[bool]) -> PlanError {
    let mut path: Vec<usize> = Vec::new();
    let mut at = placed.iter().position(|placed| !placed).unwrap_or(0);
    while !path.contains(&at) {
        path.push(at);
        at = inputs[at].iter().copied().find(|&input| !placed[input]).unwrap_or(at);
    }
    path.drain(..path.iter().position(|&stage| stage == at).unwrap_or(0));
    path.push(at);
    let names: Vec<String> =
        path.iter().rev().map(|&stage| format!("`{}`", pipeline.stages[stage].name)).collect();
    let stage = &pipeline.stages[at];
    let origin = stage.origins.inputs.first().unwrap_or(&stage.origins.kind);
    let error = PlanError::at(origin, format!("the stages form a cycle: {}", names.join(" → ")));
    error.help("make one of them read another stage")
}
