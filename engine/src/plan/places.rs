//! Where stages run, and the edges that lead from one place to another.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Edge, Plan, RingPlan};
use crate::design::{Cost, Design, DesignError, Kind, Simple, Site};
use crate::error::{Origin, PlanError};
use crate::file::{Pipeline, PlaceSpec, Policy, StageSpec};
use crate::port::{Port, Role};
use crate::registry::{Entry, Registry};
use crate::stage::StageFault;

/// A place of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// The board that it is; none for a computer.
    pub board: Option<String>,
    /// Whether samples and images must not leave it.
    pub private: bool,
}

/// The stream of one stage that another place reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The number that frames bear.
    pub edge: u8,
    /// Index of the stage that writes.
    pub from: usize,
    /// Index of the place that reads.
    pub to: usize,
    /// What happens to a block that finds no room at the sender, by its first reader.
    pub on_full: Policy,
    /// Blocks that the sender holds, by the reader that asks for most.
    pub depth: usize,
}

impl Cut {
    /// Bytes that its sender takes to hold what is not yet acknowledged.
    pub fn memory(&self, port: &Port) -> usize {
        kws_link::Outbox::room_for(self.depth, port.bytes())
    }
}

/// The most edges from one place to another.
const MOST_EDGES: usize = 8;

/// Puts every stage in its place, and cuts the edges between places.
pub(super) fn settle(pipeline: &Pipeline, plan: &mut Plan) -> Result<(), PlanError> {
    let place = |spec: &PlaceSpec| {
        let PlaceSpec { name, board, private, .. } = spec.clone();
        Place { name, board, private }
    };
    plan.places = pipeline.places.iter().map(place).collect();
    if plan.places.is_empty() {
        plan.places.push(Place::default());
    }
    for index in 0..plan.stages.len() {
        let before = plan.inputs(index).next().map_or(0, |edge| plan.stages[edge.from].place);
        let spec = pipeline.stage(&plan.stages[index].name);
        plan.stages[index].place = spec.map_or(Ok(None), |spec| named(spec, pipeline))?.unwrap_or(before);
    }
    if let Some(empty) = (1..plan.places.len()).find(|&place| plan.stages.iter().all(|s| s.place != place)) {
        let spec = &pipeline.places[empty];
        let error = PlanError::at(&spec.origin, format!("no stage runs at the place `{}`", spec.name));
        return Err(error.help(format!("set `place = \"{}\"` on a stage, or remove the place", spec.name)));
    }
    for index in 0..plan.edges.len() {
        let (from, to) = (plan.edges[index].from, plan.edges[index].to);
        if plan.stages[from].place != plan.stages[to].place
            && let Some(spec) = pipeline.stage(&plan.stages[to].name)
        {
            plan.edges[index].ring = Some(RingPlan { on_full: spec.on_full, depth: spec.depth });
        }
    }
    plan.cuts = cuts(plan);
    check(pipeline, plan)
}

/// The index of the place that a stage names.
fn named(spec: &StageSpec, pipeline: &Pipeline) -> Result<Option<usize>, PlanError> {
    let Some(name) = &spec.place else { return Ok(None) };
    let found = pipeline.places.iter().position(|place| place.name == *name);
    found.map(Some).ok_or_else(|| {
        let error = PlanError::at(
            &spec.origins.place,
            format!("`{}` runs at `{name}`, but no such place exists", spec.name),
        );
        match pipeline.places.is_empty() {
            true => error.help(format!("add a table `[[place]]` with `name = \"{name}\"`")),
            false => error.meant(name, pipeline.places.iter().map(|place| place.name.as_str())),
        }
    })
}

impl Pipeline {
    /// The pipeline as one place must know it, with the kinds that it then needs: what ends at another place, a sink, need not
    /// be known here, nor be able to start.
    ///
    /// # Errors
    /// When there is no such place.
    pub fn seen_from(&self, registry: &Registry, place: &str) -> Result<(Pipeline, Registry), PlanError> {
        let known = || self.places.iter().map(|place| place.name.as_str());
        if known().all(|other| other != place) {
            let error = PlanError::at(&Origin::Nowhere, format!("no place is named `{place}`"));
            let error = match self.places.is_empty() {
                true => error.help("the file has no `[[place]]`: all of it runs in one program"),
                false => error.meant(place, known()),
            };
            return Err(self.locate(error));
        }
        Ok(self.without_sinks(registry, |other| other != place))
    }

    /// The pipeline with nothing in the place of its sinks, and the kinds that it then needs: for whoever asks what crosses its
    /// links, and has no sinks.
    pub fn sinkless(&self, registry: &Registry) -> (Pipeline, Registry) {
        self.without_sinks(registry, |_| true)
    }

    fn without_sinks(&self, registry: &Registry, leaves: impl Fn(&str) -> bool) -> (Pipeline, Registry) {
        let (mut seen, mut registry) = (self.clone(), registry.clone());
        registry.add::<Elsewhere>();
        let is_read = |name: &String| self.stages.iter().any(|stage| stage.inputs.contains(name));
        // A source that nobody reads is no sink.
        let sources: Vec<&str> = self
            .stages
            .iter()
            .map(|stage| stage.kind.as_str())
            .filter(|kind| registry.kind(kind).is_some_and(Entry::is_source))
            .collect();
        let is_source = |kind: &str| sources.contains(&kind);
        for stage in self.stages.iter().filter(|stage| !is_read(&stage.name) && !is_source(&stage.kind)) {
            if place_of(stage, self, &registry).is_some_and(&leaves) {
                let said = format!("the sink `{}` of another place", stage.name);
                seen.replace(&stage.name, Elsewhere::NAME, &json!({}), &said);
            }
        }
        (seen, registry)
    }

    /// Lets all of it run in one program, whatever places it names.
    pub fn in_one_place(&mut self) {
        self.places.clear();
        self.stages.iter_mut().for_each(|stage| stage.place = None);
    }
}

/// The name of a stage's place, before anything is planned.
fn place_of<'a>(stage: &'a StageSpec, pipeline: &'a Pipeline, registry: &Registry) -> Option<&'a str> {
    let mut at = stage;
    for _ in 0..=pipeline.stages.len() {
        if let Some(place) = &at.place {
            return Some(place);
        }
        let is_source = registry.kind(&at.kind).is_some_and(Entry::is_source);
        match at.inputs.first().filter(|_| !is_source).and_then(|input| pipeline.stage(input)) {
            Some(before) => at = before,
            None => break,
        }
    }
    pipeline.places.first().map(|place| place.name.as_str())
}

/// A sink that another place has.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Elsewhere {}

impl Kind for Elsewhere {
    const NAME: &'static str = "elsewhere";
    const INPUTS: std::ops::RangeInclusive<usize> = 1..=usize::MAX;
    const WHOLE_CLIPS: bool = true;

    fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let unbuilt = || Err(StageFault::new("it belongs to another place"));
        Ok(Simple::boxed(None, Cost::default(), unbuilt))
    }
}

fn cuts(plan: &Plan) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    for (from, stage) in plan.stages.iter().enumerate() {
        for edge in plan.outputs(from).filter(|edge| plan.stages[edge.to].place != stage.place) {
            let to = plan.stages[edge.to].place;
            let (on_full, depth) = edge.ring.map_or((Policy::Block, 8), |ring| (ring.on_full, ring.depth));
            match cuts.iter_mut().find(|cut| (cut.from, cut.to) == (from, to)) {
                Some(cut) => cut.depth = cut.depth.max(depth),
                None => cuts.push(Cut { edge: cuts.len() as u8, from, to, on_full, depth }),
            }
        }
    }
    cuts
}

impl Plan {
    /// The index of a place.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.iter().position(|place| place.name == name)
    }

    /// What a cut carries.
    pub fn cut_port(&self, cut: &Cut) -> Option<&Port> {
        self.stages[cut.from].output.as_ref()
    }

    /// Whether blocks may be lost at a cut that no gap of the whole pipeline would lose: a board cannot wait, and a
    /// policy may say so.
    pub fn is_lossy(&self, cut: &Cut) -> bool {
        let board = self.places[self.stages[cut.from].place].board.is_some();
        board || cut.on_full != Policy::Block
    }

    /// The streams that a stage's input comes from: lossy cuts, each by the stage and the place that it leads to, and sources. What
    /// comes of one lossy cut alone depends on nothing else than what has come by it.
    fn roots(&self, from: usize, reader: usize, roots: &mut BTreeSet<Root>) {
        let to = self.stages[reader].place;
        let cut = self.cuts.iter().find(|cut| (cut.from, cut.to) == (from, to));
        if cut.is_some_and(|cut| self.is_lossy(cut)) {
            roots.insert(Root { stage: from, lossy: true, place: to });
            return;
        }
        if self.inputs(from).next().is_none() {
            roots.insert(Root { stage: from, lossy: false, place: to });
        }
        self.inputs(from).for_each(|edge| self.roots(edge.from, from, roots));
    }

    /// Whether a join depends on when blocks are lost on a link: it reads that and something else.
    fn joins_lossy(&self, stage: usize) -> bool {
        let mut roots = BTreeSet::new();
        self.inputs(stage).for_each(|edge| self.roots(edge.from, stage, &mut roots));
        roots.len() > 1 && roots.iter().any(|root| root.lossy)
    }

    /// Whether an input of a stage comes over a lossy cut.
    fn is_lossy_input(&self, stage: usize, from: usize) -> bool {
        let mut roots = BTreeSet::new();
        self.roots(from, stage, &mut roots);
        roots.iter().any(|root| root.lossy)
    }
}

/// Where a stream comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Root {
    stage: usize,
    lossy: bool,
    place: usize,
}

/// What cannot be cut.
fn check(pipeline: &Pipeline, plan: &Plan) -> Result<(), PlanError> {
    for (index, stage) in plan.stages.iter().enumerate() {
        let Some(spec) = pipeline.stage(&stage.name) else { continue };
        for edge in plan.inputs(index) {
            let origin = spec.origins.inputs.get(edge.input).unwrap_or(&spec.origins.kind);
            let writer = &plan.stages[edge.from];
            let (from, to) = (&plan.places[writer.place], &plan.places[stage.place]);
            if writer.place == stage.place {
                continue;
            }
            if let Some(port) = writer.output.as_ref().filter(|port| from.private && is_raw(port)) {
                let message = format!(
                    "`{}` at `{}` reads {} of `{}`, but the place `{}` is private",
                    spec.name, to.name, port.role, writer.name, from.name
                );
                let help =
                    "compute features or decisions there and let those cross, or set `private = false`";
                return Err(PlanError::at(origin, message).help(help));
            }
            if let Some(board) = &to.board {
                let message = format!(
                    "`{}` runs on the board `{board}` and reads `{}` of the place `{}`; a board only sends",
                    spec.name, writer.name, from.name
                );
                return Err(PlanError::at(origin, message).help("run it at a place that is a computer"));
            }
        }
        let lossy = |edge: &&Edge| plan.is_lossy_input(index, edge.from);
        if plan.joins_lossy(index)
            && let Some(edge) = plan.inputs(index).find(lossy)
        {
            let origin = spec.origins.inputs.get(edge.input).unwrap_or(&spec.origins.kind);
            let message = format!(
                "`{}` joins `{}`, which comes over a link that may lose blocks: what it joins would depend on the link",
                spec.name, plan.stages[edge.from].name
            );
            let help = "join before the link, or let each stream have a sink of its own; a link loses nothing where no \
                        board sends and the first stage behind it has `on_full = \"block\"`";
            return Err(PlanError::at(origin, message).help(help));
        }
    }
    too_many(pipeline, plan)
}

/// What a place may be private about.
fn is_raw(port: &Port) -> bool {
    let raw = [Role::SAMPLES, Role::FRAME, Role::IMAGE];
    raw.contains(&port.role) || port.made_by.iter().all(|step| step.is_conditioning)
}

fn too_many(pipeline: &Pipeline, plan: &Plan) -> Result<(), PlanError> {
    for cut in &plan.cuts {
        let from = plan.stages[cut.from].place;
        let same = |other: &&Cut| other.to == cut.to && plan.stages[other.from].place == from;
        let count = plan.cuts.iter().filter(same).count();
        if count > MOST_EDGES {
            let origin = &pipeline.places[cut.to].origin;
            let message = format!(
                "{count} edges lead from `{}` to `{}`, expected at most {MOST_EDGES}",
                plan.places[from].name, plan.places[cut.to].name
            );
            return Err(PlanError::at(origin, message).help("cut the pipeline where fewer edges cross"));
        }
    }
    Ok(())
}
