//! The part of a plan that one place runs: its own stages, and links in the place of the others.

use std::sync::{Arc, OnceLock};

use crc::{CRC_64_XZ, Crc};
use serde_json::json;

use super::{Cut, Edge, Plan, PlannedStage, RingPlan};
use crate::design::{Cost, Design, DesignError};
use crate::error::PlanError;
use crate::facts::Effect;
use crate::file::{OnFault, Pipeline};
use crate::firmware::{Code, EmitSite};
use crate::item::Element;
use crate::node::Node;
use crate::port::{Density, Port};
use crate::registry::Registry;
use crate::session::Door;
use crate::stage::StageFault;

/// The kind of a stage that stands for another place.
const KIND: &str = "link";

/// The link of a part with another place. One lane of the part stands for it.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkPlan {
    /// The place whose part it belongs to.
    pub here: String,
    /// The other place.
    pub place: String,
    /// Index of its lane.
    pub lane: usize,
    /// What both places must agree about: the edges between them, and all that stands before those.
    pub pipeline: u64,
    /// Its edges.
    pub edges: Vec<LinkEdge>,
}

/// An edge of a link.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkEdge {
    /// The number that frames bear.
    pub edge: u8,
    /// Index of the stage that stands for the other place: a sink for what goes there, a source for what comes.
    pub stage: usize,
    /// Whether its blocks come or go.
    pub direction: Direction,
    /// What it carries.
    pub port: Port,
    /// Blocks that the sender holds.
    pub depth: usize,
    /// Whether it leads to a join at the other place.
    pub(crate) joins: bool,
}

/// Whether the blocks of a link's edge come or go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the other place.
    In,
    /// To the other place.
    Out,
}

/// What stands for a stage at another place that writes: a source of its blocks.
struct Comes(Port);

impl Design for Comes {
    fn output(&self) -> Option<Port> {
        Some(self.0.clone())
    }

    fn is_device(&self) -> bool {
        true
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        Ok(Box::new(Door::source(self.0.element)))
    }
}

/// What stands for stages at another place that read.
struct Goes {
    edge: u8,
    port: Port,
    /// Bytes that hold what is not yet acknowledged.
    memory: usize,
}

impl Design for Goes {
    fn output(&self) -> Option<Port> {
        None
    }

    fn is_device(&self) -> bool {
        true
    }

    /// What holds the link's blocks on a board.
    fn cost(&self) -> Cost {
        Cost { state: self.memory, ..Cost::default() }
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        Ok(Box::new(Door::sink(self.port.element)))
    }

    /// The firmware gives what carries blocks away, as `crate::Uplink<ITEM, EDGE>`.
    fn emit(&self, site: &EmitSite<'_>) -> Result<Code, DesignError> {
        let of = match self.port.element {
            Element::Event => "Event",
            plain => plain.name(),
        };
        let mut code = Code::new(site);
        if self.port.element == Element::Event {
            code.uses("kws_engine::Event");
        }
        code.uses("crate::Uplink");
        code.held = self.memory;
        // Of what comes now and then, nobody knows how much a gap has taken.
        let period = if self.port.density == Density::Dense { self.port.period } else { u64::MAX };
        Ok(code.is(format!("Uplink<{of}, {}>", self.edge), format!("Uplink::new({period})")))
    }
}

impl Plan {
    /// Plans a pipeline as one place must know it, and takes the part that it runs: what ends at other places, a sink, need
    /// not be known here.
    ///
    /// # Errors
    /// As [`new`](Plan::new), and when there is no such place.
    pub fn at(pipeline: &Pipeline, registry: &Registry, place: &str) -> Result<Plan, PlanError> {
        let (seen, registry) = pipeline.seen_from(registry, place)?;
        let whole = Plan::new(&seen, &registry)?;
        Ok(whole.part(place).unwrap_or(whole))
    }

    /// What all places must agree about, as one number: the edges between them, and all that stands before those.
    pub(crate) fn agreement(&self) -> u64 {
        let mut counts = vec![false; self.stages.len()];
        for cut in &self.cuts {
            counts[cut.from] = true;
        }
        for edge in self.edges.iter().rev() {
            counts[edge.from] |= counts[edge.to];
        }
        let stage = |index: usize| {
            let stage = &self.stages[index];
            let inputs: Vec<&str> =
                self.inputs(index).map(|edge| self.stages[edge.from].name.as_str()).collect();
            // Each place has its own source: a recording, or another microphone.
            let made = (!inputs.is_empty()).then_some((&stage.kind, &stage.params));
            json!([stage.name, self.places[stage.place].name, stage.output, made, inputs])
        };
        let stages: Vec<_> = (0..counts.len()).filter(|index| counts[*index]).map(stage).collect();
        let cut = |cut: &Cut| json!([cut.edge, self.stages[cut.from].name, self.places[cut.to].name]);
        let cuts: Vec<_> = self.cuts.iter().map(cut).collect();
        Crc::<u64>::new(&CRC_64_XZ).checksum(json!([stages, cuts]).to_string().as_bytes())
    }

    /// The part that a place runs. What other places write that it reads becomes a source, under the name of the stage that
    /// writes it there; what other places read becomes a sink. `None` where there is no such place.
    pub fn part(&self, place: &str) -> Option<Plan> {
        let here = self.place(place)?;
        let mut part = Builder::new(self, here);
        part.comes();
        part.stays();
        part.goes();
        Some(part.finish())
    }

    /// Whether a sink that stands for another place leads to a join there.
    pub(super) fn joins_beyond(&self, stage: usize) -> bool {
        let mut edges = self.links.iter().flat_map(|link| &link.edges);
        edges.any(|edge| edge.stage == stage && edge.direction == Direction::Out && edge.joins)
    }
}

struct Builder<'a> {
    whole: &'a Plan,
    here: usize,
    stages: Vec<PlannedStage>,
    edges: Vec<Edge>,
    lanes: Vec<String>,
    links: Vec<LinkPlan>,
    /// For each stage of the whole its index here.
    at: Vec<Option<usize>>,
}

impl<'a> Builder<'a> {
    fn new(whole: &'a Plan, here: usize) -> Self {
        let at = vec![None; whole.stages.len()];
        Builder {
            whole,
            here,
            stages: Vec::new(),
            edges: Vec::new(),
            lanes: Vec::new(),
            links: Vec::new(),
            at,
        }
    }

    fn cuts(&self, towards: Direction) -> impl Iterator<Item = &'a Cut> + use<'a> {
        let (whole, here) = (self.whole, self.here);
        whole.cuts.iter().filter(move |cut| match towards {
            Direction::In => cut.to == here,
            Direction::Out => whole.stages[cut.from].place == here,
        })
    }

    /// Sources for what comes from other places.
    fn comes(&mut self) {
        for cut in self.cuts(Direction::In) {
            let writer = &self.whole.stages[cut.from];
            let Some(port) = writer.output.clone() else { continue };
            let stand_in = Comes(port.clone());
            self.at[cut.from] = Some(self.stages.len());
            self.link(cut, writer.place, Direction::In, port);
            self.stand(writer.name.clone(), writer.output.clone(), Arc::new(stand_in), writer.place);
        }
    }

    /// The place's own stages, and the edges between them.
    fn stays(&mut self) {
        let (whole, here) = (self.whole, self.here);
        for (index, stage) in whole.stages.iter().enumerate().filter(|(_, s)| s.place == here) {
            let lane = self.lane(&self.whole.lanes[stage.lane]);
            self.at[index] = Some(self.stages.len());
            self.stages.push(PlannedStage { lane, ..stage.clone() });
            for edge in self.whole.inputs(index) {
                let (Some(from), Some(to)) = (self.at[edge.from], self.at[index]) else { continue };
                let crosses = self.stages[from].lane != lane;
                let ring = edge.ring.unwrap_or(RingPlan { on_full: Default::default(), depth: 8 });
                self.edges.push(Edge { from, to, input: edge.input, ring: crosses.then_some(ring) });
            }
        }
    }

    /// Sinks for what goes to other places.
    fn goes(&mut self) {
        for cut in self.cuts(Direction::Out) {
            let (Some(from), Some(port)) = (self.at[cut.from], self.whole.cut_port(cut)) else { continue };
            let to = self.stages.len();
            let name = format!("{}>{}", self.whole.stages[cut.from].name, self.whole.places[cut.to].name);
            self.link(cut, cut.to, Direction::Out, port.clone());
            let stand_in = Goes { edge: cut.edge, port: port.clone(), memory: cut.memory(port) };
            self.stand(name, None, Arc::new(stand_in), cut.to);
            let ring = RingPlan { on_full: cut.on_full, depth: cut.depth };
            self.edges.push(Edge { from, to, input: 0, ring: Some(ring) });
        }
    }

    /// A stage that stands for one at another place.
    fn stand(&mut self, name: String, output: Option<Port>, design: Arc<dyn Design>, place: usize) {
        let lane = self.lane(&lane_of(&self.whole.places[place].name));
        self.stages.push(PlannedStage {
            name,
            kind: KIND.to_owned(),
            params: serde_json::Value::Null,
            lane,
            place: self.here,
            output,
            cost: design.cost(),
            files: Vec::new(),
            on_fault: OnFault::End,
            live: false,
            effect: Effect::None,
            design,
        });
    }

    /// The edge of a link for the stage that is about to stand for another place.
    fn link(&mut self, cut: &Cut, place: usize, direction: Direction, port: Port) {
        let name = &self.whole.places[place].name;
        let lane = self.lane(&lane_of(name));
        let joins = self.joins(cut);
        let stage = self.stages.len();
        let edge = LinkEdge { edge: cut.edge, stage, direction, port, depth: cut.depth, joins };
        match self.links.iter_mut().find(|link| link.place == *name) {
            Some(link) => link.edges.push(edge),
            None => {
                let (place, pipeline) = (name.clone(), self.whole.agreement());
                let here = self.whole.places[self.here].name.clone();
                self.links.push(LinkPlan { here, place, lane, pipeline, edges: vec![edge] });
            }
        }
    }

    /// Whether a cut leads to a join, at its place or beyond.
    fn joins(&self, cut: &Cut) -> bool {
        let readers = self.whole.outputs(cut.from).filter(|edge| self.whole.stages[edge.to].place == cut.to);
        readers
            .into_iter()
            .any(|edge| self.whole.inputs(edge.to).count() > 1 || self.whole.leads_to_join(edge.to))
    }

    fn lane(&mut self, name: &str) -> usize {
        self.lanes.iter().position(|lane| lane == name).unwrap_or_else(|| {
            self.lanes.push(name.to_owned());
            self.lanes.len() - 1
        })
    }

    fn finish(self) -> Plan {
        let whole = self.whole;
        let is_here =
            |name: &str| whole.stages.iter().any(|stage| stage.name == name && stage.place == self.here);
        let noticed = whole.noticed.iter().zip(&whole.notices);
        let (noticed, notices) = noticed
            .filter(|(stage, _)| is_here(stage))
            .map(|(stage, text)| (stage.clone(), text.clone()))
            .unzip();
        Plan {
            name: whole.name.clone(),
            dir: whole.dir.clone(),
            stages: self.stages,
            edges: self.edges,
            lanes: self.lanes,
            notices,
            noticed,
            places: whole.places.clone(),
            cuts: Vec::new(),
            links: self.links,
            knobs: whole.knobs.iter().filter(|knob| is_here(&knob.stage)).cloned().collect(),
            facts: OnceLock::new(),
        }
    }
}

/// The name of the lane that stands for another place.
fn lane_of(place: &str) -> String {
    format!("link {place}")
}
