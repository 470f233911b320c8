//! The part of a plan behind one of its stages.

use std::sync::{Arc, OnceLock};

use super::{Edge, Plan, PlannedStage};
use crate::design::{Cost, Design};
use crate::node::Node;
use crate::port::Port;
use crate::stage::StageFault;

/// What stands for a stage whose blocks somebody else has: a source of such blocks.
struct Known(Port);

impl Design for Known {
    fn output(&self) -> Option<Port> {
        Some(self.0.clone())
    }

    fn is_device(&self) -> bool {
        true
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        Err(StageFault::new("its blocks are known, and it is not built: push them into a session"))
    }
}

impl Plan {
    /// The part of the plan behind a stage, which becomes a source: what a [`Session`](crate::Session) is made of whose
    /// program already has that stage's blocks. `None` where there is no such stage that writes, or where a stage
    /// behind it also reads something else.
    pub fn behind(&self, stage: &str) -> Option<Plan> {
        let first = self.stages.iter().position(|other| other.name == stage && other.output.is_some())?;
        let mut places: Vec<Option<usize>> = vec![None; self.stages.len()];
        let mut count = 0;
        for index in first..self.stages.len() {
            let read = self.inputs(index).count();
            let known = self.inputs(index).filter(|edge| places[edge.from].is_some()).count();
            if index == first || known > 0 {
                if index != first && known < read {
                    return None;
                }
                places[index] = Some(count);
                count += 1;
            }
        }
        let place = |index: usize| places.get(index).copied().flatten();
        let edge = |edge: &Edge| Some(Edge { from: place(edge.from)?, to: place(edge.to)?, ..edge.clone() });
        let edges = self.edges.iter().filter_map(edge).filter(|edge| edge.to > 0).collect();
        let stages = self.stages.iter().enumerate().filter(|(index, _)| place(*index).is_some());
        let mut stages: Vec<PlannedStage> = stages.map(|(_, stage)| stage.clone()).collect();
        let known = stages.first_mut()?;
        known.design = Arc::new(Known(known.output.clone()?));
        known.cost = Cost::default();
        let (name, dir, lanes) = (self.name.clone(), self.dir.clone(), self.lanes.clone());
        let (notices, knobs) = (Vec::new(), self.knobs.clone());
        let (places, cuts, links, noticed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let facts = OnceLock::new();
        Some(Plan { name, dir, stages, edges, lanes, notices, noticed, places, cuts, links, knobs, facts })
    }
}
