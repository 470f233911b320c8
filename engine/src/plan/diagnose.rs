//! Everything that is wrong with a pipeline, for whoever wants to mend it in one go.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::{Graph, TRIES, check_params};
use super::{Plan, graph};
use crate::assets::Assets;
use crate::design::Gathered;
use crate::error::{Origin, PlanError};
use crate::file::Pipeline;
use crate::registry::{Entry, Registry};

impl Plan {
    /// All that is wrong with a pipeline, in the order of the file; nothing if it can be planned. A stage that reads one
    /// which cannot be planned is not looked at: what is wrong with it may follow from that.
    pub fn diagnose(pipeline: &Pipeline, registry: &Registry) -> Vec<PlanError> {
        let Err(first) = Plan::new(pipeline, registry) else { return Vec::new() };
        let mut errors: Vec<PlanError> =
            errors(pipeline, registry).into_iter().map(|error| pipeline.locate(error)).collect();
        if !errors.contains(&first) {
            errors.push(first);
        }
        errors.sort_by_key(|error| match &error.origin {
            Origin::File(span) => span.start,
            Origin::Override(_) | Origin::Nowhere => 0,
        });
        errors
    }
}

fn errors(pipeline: &Pipeline, registry: &Registry) -> Vec<PlanError> {
    let (mut errors, mut broken) = (Vec::new(), BTreeSet::new());
    let mut inputs = Vec::with_capacity(pipeline.stages.len());
    for (index, stage) in pipeline.stages.iter().enumerate() {
        inputs.push(graph::inputs_of(stage, pipeline, registry).unwrap_or_else(|error| {
            errors.push(error);
            broken.insert(index);
            Vec::new()
        }));
        if let Some(Err(error)) = registry.kind(&stage.kind).map(|entry| check_params(stage, entry)) {
            errors.push(error);
            broken.insert(index);
        }
    }
    let order = match graph::order(pipeline, &inputs) {
        Ok(order) => order,
        Err(error) => {
            errors.push(error);
            return errors;
        }
    };
    // A kind that is not known stands for a stage that is broken, and is not asked.
    let any = registry.kinds().next();
    let entries: Vec<&Entry> =
        pipeline.stages.iter().filter_map(|stage| registry.kind(&stage.kind).or(any)).collect();
    if entries.len() == pipeline.stages.len() {
        let graph =
            Graph { pipeline, entries: &entries, inputs: &inputs, order: &order, assets: &Assets::disk() };
        errors.extend(designed(&graph, &broken));
    }
    errors
}

/// What the stages themselves refuse, but those that are broken and those behind them.
fn designed(graph: &Graph<'_>, broken: &BTreeSet<usize>) -> Vec<PlanError> {
    let mut blocks = BTreeMap::new();
    for _ in 0..=TRIES {
        let (mut errors, mut broken, mut planned) = (Vec::new(), broken.clone(), BTreeMap::new());
        let mut other = None;
        for &index in graph.order {
            if broken.contains(&index) || graph.inputs[index].iter().any(|input| broken.contains(input)) {
                broken.insert(index);
                continue;
            }
            match graph.design(index, &planned, &blocks, &Gathered::default()) {
                Ok(stage) => {
                    planned.insert(index, stage);
                }
                Err(unresolved) => {
                    other = other.or(unresolved.source);
                    errors.push(*unresolved.error);
                    broken.insert(index);
                }
            }
        }
        // Another block of a source may mend one of them.
        match other {
            Some((source, block, _)) => {
                blocks.insert(source, block);
            }
            None => return errors,
        }
    }
    Vec::new()
}
