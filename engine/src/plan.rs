//! From a pipeline file to a plan: every port known, every edge checked, every stage in a lane, before any data moves.

mod behind;
mod diagnose;
mod graph;
pub(crate) mod memory;
mod part;
mod places;
mod resolve;

pub use part::{Direction, LinkEdge, LinkPlan};
pub use places::{Cut, Place};

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::assets::Assets;
use crate::design::{Cost, Design};
use crate::error::PlanError;
use crate::facts::Effect;
use crate::file::{OnFault, Pipeline, Policy};
use crate::knob::Knob;
use crate::node::Node;
use crate::port::{Density, Port};
use crate::registry::Registry;
use crate::session::Facts;
use crate::stage::StageFault;

/// A pipeline that can run: the schedule, and facts about it.
pub struct Plan {
    /// The pipeline's name.
    pub name: String,
    /// The folder that relative paths start from.
    pub dir: PathBuf,
    /// Stages in the order of the schedule.
    pub stages: Vec<PlannedStage>,
    /// Edges, ordered by their reader.
    pub edges: Vec<Edge>,
    /// Names of the lanes, in the order of their first stage.
    pub lanes: Vec<String>,
    /// What the person who runs it should read first.
    pub notices: Vec<String>,
    /// Numbers of its stages that may be changed while it runs.
    pub knobs: Vec<Knob>,
    /// Where its stages run: the places of the file, or one without a name.
    pub places: Vec<Place>,
    /// The edges that lead from one place to another.
    pub cuts: Vec<Cut>,
    /// Of a [part](Plan::part), its links with other places.
    pub links: Vec<LinkPlan>,
    /// For each of the designs' notices, which come first, the stage that gave it.
    pub(crate) noticed: Vec<String>,
    /// What its sessions share.
    pub(crate) facts: OnceLock<Arc<[Facts]>>,
}

/// A stage of a plan.
#[derive(Clone)]
pub struct PlannedStage {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Its parameters, defaults filled in.
    pub params: Value,
    /// Index of its lane.
    pub lane: usize,
    /// Index of its place.
    pub place: usize,
    /// What it writes; `None` for a sink.
    pub output: Option<Port>,
    /// What it costs.
    pub cost: Cost,
    /// Files that it was designed from, such as its model and what is said of it: those that it read by
    /// [`Site::assets`](crate::Site::assets).
    pub files: Vec<PathBuf>,
    /// What happens when it fails.
    pub on_fault: OnFault,
    /// Whether its stream happens now: that of a device, not of a recording.
    pub live: bool,
    /// What it does beside writing blocks.
    pub effect: Effect,
    pub(crate) design: Arc<dyn Design>,
}

impl PlannedStage {
    /// What a person who looks at the plan may want to know of it beside its port and its cost.
    pub fn remark(&self) -> Option<String> {
        self.design.remark()
    }

    /// How long the stream of a source is, in seconds, where that is known before it is played.
    pub fn seconds(&self) -> Option<f64> {
        self.design.seconds()
    }

    /// Makes the stage, for whoever fires it by hand instead of running the plan.
    ///
    /// # Errors
    /// When something outside the pipeline is missing: a file, a device.
    pub fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        self.design.build()
    }
}

/// A connection of two stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Index of the stage that writes.
    pub from: usize,
    /// Index of the stage that reads.
    pub to: usize,
    /// Which of the reader's inputs it is.
    pub input: usize,
    /// The ring, where the two run in different lanes.
    pub ring: Option<RingPlan>,
}

/// A ring of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingPlan {
    /// What happens when it is full.
    pub on_full: Policy,
    /// Blocks that it holds.
    pub depth: usize,
}

impl Plan {
    /// Plans a pipeline with the kinds of a registry.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place in the file.
    pub fn new(pipeline: &Pipeline, registry: &Registry) -> Result<Self, PlanError> {
        Plan::from_assets(pipeline, registry, &Assets::disk())
    }

    /// As [`new`](Plan::new), with the files that the pipeline names from the program's own memory.
    ///
    /// # Errors
    /// As [`new`](Plan::new).
    pub fn from_assets(pipeline: &Pipeline, registry: &Registry, assets: &Assets) -> Result<Self, PlanError> {
        resolve::plan(pipeline, registry, assets).map_err(|error| pipeline.locate(error))
    }

    /// Reads a file and plans it.
    ///
    /// # Errors
    /// When the file cannot be read, is no pipeline, or cannot be planned.
    pub fn read(path: impl AsRef<Path>, registry: &Registry) -> Result<Self, PlanError> {
        Plan::new(&Pipeline::read(path.as_ref())?, registry)
    }

    /// The stages whose blocks nobody reads, and that do nothing else: work for nothing.
    pub fn unread(&self) -> impl Iterator<Item = &PlannedStage> {
        let unread = |index: usize, stage: &PlannedStage| {
            stage.output.is_some() && stage.effect == Effect::None && self.outputs(index).next().is_none()
        };
        self.stages
            .iter()
            .enumerate()
            .filter(move |(index, stage)| unread(*index, stage))
            .map(|(_, stage)| stage)
    }

    /// Whether anything shows or keeps what the pipeline finds.
    pub fn has_sink(&self) -> bool {
        self.stages.iter().any(|stage| stage.output.is_none() || stage.effect != Effect::None)
    }

    /// The stage of this name.
    pub fn stage(&self, name: &str) -> Option<&PlannedStage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// The edges that a stage reads, first input first.
    pub fn inputs(&self, stage: usize) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |edge| edge.to == stage)
    }

    /// The edges that a stage writes.
    pub fn outputs(&self, stage: usize) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |edge| edge.from == stage)
    }

    /// Whether a stage leads to a join, whose readers must hear of progress even when there is no block.
    pub(crate) fn leads_to_join(&self, stage: usize) -> bool {
        let joins = |edge: &Edge| {
            self.inputs(edge.to).count() > 1 || self.leads_to_join(edge.to) || self.joins_beyond(edge.to)
        };
        self.outputs(stage).any(joins)
    }

    /// Bytes of one block's memory for every stage that writes.
    pub fn buffer_bytes(&self) -> usize {
        self.stages.iter().filter_map(|stage| stage.output.as_ref()).map(Port::bytes).sum()
    }

    /// Bytes of blocks in all rings.
    pub fn ring_bytes(&self) -> usize {
        let bytes = |edge: &Edge| {
            let block = self.stages[edge.from].output.as_ref().map_or(0, Port::bytes);
            edge.ring.map_or(0, |ring| ring.depth * block)
        };
        self.edges.iter().map(bytes).sum()
    }

    /// Seconds until the longest source ends; `None` where one cannot tell.
    pub fn seconds(&self) -> Option<f64> {
        let sources = (0..self.stages.len()).filter(|&stage| self.inputs(stage).next().is_none());
        let lengths: Option<Vec<f64>> = sources.map(|stage| self.stages[stage].seconds()).collect();
        lengths?.into_iter().reduce(f64::max)
    }

    /// What a stage's first input carries.
    pub fn first_input(&self, stage: usize) -> Option<&Port> {
        self.inputs(stage).next().and_then(|edge| self.stages[edge.from].output.as_ref())
    }

    /// Whether a stage fires now and then only: on events, or on what they cause.
    pub fn is_sparse(&self, stage: usize) -> bool {
        self.first_input(stage).is_some_and(|port| port.density == Density::Sparse)
    }

    /// A stage's multiply-accumulate operations per second of stream, when all gates are open; none where it fires now
    /// and then only.
    pub fn macs_per_second_of(&self, stage: usize) -> f64 {
        if self.is_sparse(stage) {
            return 0.0;
        }
        // A sink fires as often as its first input brings a block.
        let port = self.stages[stage].output.as_ref().or(self.first_input(stage));
        self.stages[stage].cost.macs as f64 * port.map_or(0.0, Port::rate)
    }

    /// Multiply-accumulate operations per second of stream, without what is done now and then only.
    pub fn macs_per_second(&self) -> f64 {
        (0..self.stages.len()).map(|stage| self.macs_per_second_of(stage)).sum()
    }

    /// Multiply-accumulate operations of all that is done now and then only, once each: what an event costs.
    pub fn macs_per_event(&self) -> u64 {
        let sparse = (0..self.stages.len()).filter(|&stage| self.is_sparse(stage));
        sparse.map(|stage| self.stages[stage].cost.macs).sum()
    }
}
