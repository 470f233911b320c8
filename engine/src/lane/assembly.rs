//! Connects a plan's stages: slots, edge buffers and rings, lane by lane.

use std::sync::Arc;

use super::Track;
use super::edge::EdgeBuffer;
use super::intake::Intake;
use super::ring::{self, Sender};
use super::slot::{Counts, Inlet, Inlets, Slot, SlotKind, SlotState};
use super::sweep::Parts;
use super::time::Time;
use super::wake::Waker;
use crate::buffer::Buffer;
use crate::node::{Firing, Latest, Node};
use crate::plan::{Edge, Plan, RingPlan};

/// What a plan's lanes are made from.
pub(crate) struct Assembly<'a> {
    pub(crate) plan: &'a Plan,
    /// For each stage the index of its lane.
    pub(crate) lanes: Vec<usize>,
    /// One for each lane.
    pub(crate) wakers: Vec<Arc<Waker>>,
}

/// A ring between two lanes of an assembly.
pub(crate) struct RingEnds {
    /// Index of the stage that writes.
    pub(crate) from: usize,
    /// Index of the stage that reads.
    pub(crate) to: usize,
    /// Blocks that it holds.
    pub(crate) depth: usize,
}

impl Assembly<'_> {
    /// The lanes of these stages, and the rings between them.
    pub(crate) fn lanes(&self, nodes: Vec<Box<dyn Node>>) -> (Vec<Parts>, Vec<RingEnds>) {
        let mut lanes: Vec<Parts> = self.wakers.iter().map(|_| Parts::default()).collect();
        let mut rings = Vec::new();
        // The edge buffer that each stage writes to, in its own lane.
        let mut outlets: Vec<Option<usize>> = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.into_iter().enumerate() {
            let lane = self.lanes[index];
            let stage = &self.plan.stages[index];
            let outlet = stage.output.as_ref().map(|port| {
                let here = self.plan.outputs(index).filter(|edge| self.lanes[edge.to] == lane).count();
                lanes[lane].edges.push(EdgeBuffer::new(
                    index,
                    Buffer::zeroed(port.element, port.len()),
                    here,
                ));
                lanes[lane].edges.len() - 1
            });
            outlets.push(outlet);
            let inlets = self.inlets(index, &outlets, &mut lanes, &mut rings);
            let slot = self.slot(index, node, inlets, outlet);
            lanes[lane].slots.push(slot);
        }
        (lanes, rings)
    }

    /// Connects a stage's inputs: to an edge buffer of its lane, or through a ring to one that the ring fills.
    fn inlets(
        &self,
        index: usize,
        outlets: &[Option<usize>],
        lanes: &mut [Parts],
        rings: &mut Vec<RingEnds>,
    ) -> Vec<Inlet> {
        let mut inlets = Vec::new();
        for edge in self.plan.inputs(index) {
            let Some(port) = &self.plan.stages[edge.from].output else { continue };
            let here = if self.lanes[edge.from] == self.lanes[index] {
                outlets[edge.from].unwrap_or_default()
            } else {
                self.ring(edge, lanes, rings)
            };
            inlets.push(Inlet::new(here, port.clock));
        }
        inlets
    }

    /// Puts a ring between two lanes; the edge buffer that it fills.
    fn ring(&self, edge: &Edge, lanes: &mut [Parts], rings: &mut Vec<RingEnds>) -> usize {
        let (from, to) = (self.lanes[edge.from], self.lanes[edge.to]);
        let stage = &self.plan.stages[edge.from];
        let port = stage.output.as_ref().expect("an edge begins at a stage that writes");
        let plan = edge.ring.unwrap_or(RingPlan { on_full: Default::default(), depth: 8 });
        let template = Buffer::zeroed(port.element, port.len());
        let wakers = (self.wakers[from].clone(), self.wakers[to].clone());
        let (sender, receiver) = ring::ring(plan.depth, &template, plan.on_full, wakers.0, wakers.1);
        give_sender(edge.from, sender, &mut lanes[from]);
        lanes[to].edges.push(EdgeBuffer::new(edge.from, template, 1));
        let here = lanes[to].edges.len() - 1;
        let reader = self.plan.stages[edge.to].name.clone();
        let intake = Intake { receiver, edge: here, reader, period: port.period, ring: rings.len() };
        lanes[to].intakes.push(Some(intake));
        rings.push(RingEnds { from: edge.from, to: edge.to, depth: plan.depth });
        here
    }

    fn slot(&self, index: usize, node: Box<dyn Node>, inlets: Vec<Inlet>, outlet: Option<usize>) -> Slot {
        let stage = &self.plan.stages[index];
        let signature = node.signature();
        let kind = match (signature.firing, &stage.output) {
            (Firing::Source, Some(port)) => SlotKind::Source { period: port.period },
            (Firing::Each, _) => SlotKind::Each,
            _ => SlotKind::First,
        };
        // A sink keeps the time of what it reads.
        let first = inlets.first().map(|inlet| inlet.clock);
        let rate = stage.output.as_ref().map(|port| port.clock).or(first).unwrap_or(1);
        let (one, tells_progress) = (inlets.len() == 1, self.plan.leads_to_join(index));
        let source = inlets.is_empty();
        let mut latest = Vec::new();
        if kind == SlotKind::First {
            latest.extend(self.plan.inputs(index).skip(1).map(|edge| self.latest(edge)));
            // A join may be used without its last inputs.
            let most = signature.reads.len().saturating_sub(1).max(latest.len());
            latest.resize(most, Latest::new(Buffer::empty()));
        }
        Slot {
            stage: index,
            name: stage.name.clone(),
            latest,
            kind,
            inlets: Inlets::new(inlets),
            outlet,
            senders: Vec::new(),
            plain: one
                && first == Some(rate)
                && !tells_progress
                && self.plan.outputs(index).all(|edge| self.lanes[edge.to] == self.lanes[index]),
            for_readers: self.plan.outputs(index).next().is_some() && !signature.acts,
            node,
            tells_progress,
            track: if source && tells_progress { Track::rising() } else { Track::new() },
            beside: 0,
            rate,
            stamped: Time::START,
            reported: Time::START,
            unsettled: false,
            state: SlotState::Running,
            counts: Counts::default(),
        }
    }

    /// Room for the latest block by an edge.
    fn latest(&self, edge: &Edge) -> Latest {
        let port = self.plan.stages[edge.from].output.as_ref();
        Latest::new(port.map_or(Buffer::empty(), |port| Buffer::zeroed(port.element, port.len())))
    }
}

fn give_sender(stage: usize, mut sender: Sender, lane: &mut Parts) {
    if let Some(slot) = lane.slots.iter_mut().find(|slot| slot.stage == stage) {
        if slot.tells_progress {
            sender.owe_progress();
        }
        slot.senders.push(sender);
    }
}
