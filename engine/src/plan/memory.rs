//! What a plan takes of memory, which is checked before any of it is asked for.

use super::{Plan, PlannedStage};
use crate::error::PlanError;
use crate::file::Pipeline;
use crate::port::Port;

/// Bytes of a megabyte, as files count them.
pub(crate) const MEGABYTE: u64 = 1 << 20;

/// Megabytes that a pipeline may take where its file sets no `max_memory_mb`.
pub(crate) const MEGABYTES: u64 = 1024;

/// What to do about a pipeline that takes too much.
pub(crate) const HELP: &str = "reduce its parameters, or set `max_memory_mb` at the top of the file";

impl Plan {
    /// Bytes of blocks, rings, state and tables. Tables are counted for each stage, though stages may share them.
    pub fn memory(&self) -> u64 {
        let edges = self.edges.iter().map(|edge| self.ring_memory(edge.to));
        let stages = self.stages.iter().map(own);
        edges.chain(stages).fold(0, u64::saturating_add)
    }

    /// Bytes of the rings that lead to a stage.
    fn ring_memory(&self, stage: usize) -> u64 {
        let ring = |edge: &super::Edge| {
            let block = self.stages[edge.from].output.as_ref().map_or(0, Port::bytes);
            edge.ring.map_or(0, |ring| (ring.depth as u64).saturating_mul(block as u64))
        };
        self.inputs(stage).map(ring).fold(0, u64::saturating_add)
    }
}

/// Bytes of a stage's block, state and tables.
fn own(stage: &PlannedStage) -> u64 {
    let block = stage.output.as_ref().map_or(0, Port::bytes);
    [block, stage.cost.state, stage.cost.tables]
        .into_iter()
        .fold(0, |sum, part| sum.saturating_add(part as u64))
}

/// Refuses a plan that takes more than its file allows, at the stage that takes the most of it.
pub(super) fn check(pipeline: &Pipeline, plan: &Plan) -> Result<(), PlanError> {
    let (found, most) = (plan.memory(), pipeline.max_memory_mb);
    if found <= most.saturating_mul(MEGABYTE) {
        return Ok(());
    }
    let part = |index: usize| own(&plan.stages[index]).saturating_add(plan.ring_memory(index));
    let largest = (0..plan.stages.len()).max_by_key(|&index| part(index)).unwrap_or(0);
    let (stage, rings) = (&plan.stages[largest], plan.ring_memory(largest));
    let whose = if rings > own(stage) { "the rings to this stage take" } else { "this stage takes" };
    let message = format!(
        "`{}`: the pipeline needs {} MB of memory, but `max_memory_mb` is {most}; {whose} the most, {} MB",
        stage.name,
        found / MEGABYTE,
        part(largest) / MEGABYTE,
    );
    let origin = pipeline.stage(&stage.name).map(|spec| spec.origins.kind.clone());
    Err(PlanError::at(&origin.unwrap_or(crate::error::Origin::Nowhere), message).help(HELP))
}
