//! Which lane of a board each stage stands in, and what passes between two lanes.

use super::lane::refused;
use crate::design::DesignError;
use crate::error::PlanError;
use crate::file::{Pipeline, Policy};
use crate::plan::Plan;

/// The lane of stages that the file puts nowhere.
const MAIN_LANE: &str = "main";

/// What passes from the first lane to the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Crossing {
    /// The stage that writes it.
    pub(super) from: usize,
    /// The first of those that read it.
    pub(super) to: usize,
    /// Blocks that may wait.
    pub(super) depth: usize,
    /// What happens to one that finds no room.
    pub(super) full: Policy,
}

/// The lane of each stage, 0 or 1, and what passes between the two.
///
/// A lane of its own for the source and for each sink is for threads, which may wait for devices. On a board they stand
/// with those that they feed or read, unless the file says otherwise.
///
/// # Errors
/// When there are more than two lanes, or when more than one stage's blocks pass between them.
pub(super) fn lanes(pipeline: &Pipeline, plan: &Plan) -> Result<(Vec<usize>, Option<Crossing>), PlanError> {
    let names: Vec<&str> = (0..plan.stages.len()).map(|stage| name(pipeline, plan, stage)).collect();
    let refuse = |stage: usize, message: String, help: &str| {
        Err(refused(pipeline, &plan.stages[stage], DesignError::new(message).help(help)))
    };
    let first = names.first().copied().unwrap_or(MAIN_LANE);
    let second = names.iter().copied().find(|name| *name != first);
    if let Some(stage) = names.iter().position(|name| *name != first && Some(*name) != second) {
        let message = format!("is in a third lane, `{}`, but firmware has at most two", names[stage]);
        return refuse(stage, message, "remove `lane`, or use one of the other two");
    }
    let lanes: Vec<usize> = names.iter().map(|name| usize::from(*name != first)).collect();
    let mut crossing: Option<Crossing> = None;
    for edge in plan.edges.iter().filter(|edge| lanes[edge.from] != lanes[edge.to]) {
        let from = &plan.stages[edge.from].name;
        if lanes[edge.to] == 0 {
            let message = format!("reads `{from}`, which is in the second lane");
            return refuse(edge.to, message, "put it in that lane too, with `lane`");
        }
        if let Some(other) = crossing.as_ref().filter(|other| other.from != edge.from) {
            let message = format!(
                "reads `{from}` from another lane, but the lane `{1}` already gets its blocks through `{0}`",
                plan.stages[other.from].name, names[edge.to]
            );
            return refuse(edge.to, message, "start the lane at another stage, so that one ring feeds it");
        }
        let spec = pipeline.stage(&plan.stages[edge.to].name);
        let (depth, full) = spec.map_or((1, Policy::Block), |spec| (spec.depth, spec.on_full));
        if full == Policy::DropOldest {
            let message = "drops the oldest blocks of a full ring, which firmware does not support";
            return refuse(edge.to, message.to_owned(), "set `on_full` to `drop_newest`, `block` or `fail`");
        }
        crossing.get_or_insert(Crossing { from: edge.from, to: edge.to, depth, full });
    }
    Ok((lanes, crossing))
}

/// The name of a stage's lane.
fn name<'a>(pipeline: &'a Pipeline, plan: &Plan, stage: usize) -> &'a str {
    if let Some(lane) = pipeline.stage(&plan.stages[stage].name).and_then(|spec| spec.lane.as_deref()) {
        return lane;
    }
    let source = plan.inputs(stage).next().is_none();
    let sink = plan.stages[stage].output.is_none();
    match (plan.outputs(stage).next(), plan.inputs(stage).next()) {
        (Some(reader), _) if source => name(pipeline, plan, reader.to),
        (_, Some(writer)) if sink && plan.inputs(writer.from).next().is_some() => {
            name(pipeline, plan, writer.from)
        }
        _ => MAIN_LANE,
    }
}
