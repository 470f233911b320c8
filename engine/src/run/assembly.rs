//! Connects a plan's stages: slots, edge buffers and rings, lane by lane.

use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Sender as Channel;

use super::control::{Control, RunOptions};
use super::edge_buffer::EdgeBuffer;
use super::lane::{Intake, Lane};
use super::meter::{Counts, Meters, RingMeter, StageMeter};
use super::report::Report;
use super::ring::{self, Sender};
use super::slot::{Clock, Inlet, Inlets, Lost, Slot, SlotKind, SlotState};
use super::time::Time;
use super::wake::Waker;
use crate::buffer::Buffer;
use crate::node::{Firing, Node};
use crate::plan::Plan;

/// What a plan's lanes are made from.
pub(super) struct Assembly<'a> {
    pub(super) plan: &'a Plan,
    pub(super) options: RunOptions,
    pub(super) control: Arc<Control>,
    pub(super) wakers: Vec<Arc<Waker>>,
    pub(super) reports: Channel<Report>,
}

impl Assembly<'_> {
    fn lane_of(&self, stage: usize) -> usize {
        if self.options.one_lane { 0 } else { self.plan.stages[stage].lane }
    }

    pub(super) fn lanes(&self, nodes: Vec<Box<dyn Node>>) -> (Vec<Lane>, Meters) {
        let start = Instant::now();
        let mut meters = Meters { stages: Vec::new(), rings: Vec::new(), start };
        let mut lanes: Vec<Lane> = (0..self.wakers.len()).map(|lane| self.empty_lane(lane, start)).collect();
        // The edge buffer that each stage writes to, in its own lane.
        let mut outlets: Vec<Option<usize>> = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.into_iter().enumerate() {
            let lane = self.lane_of(index);
            let stage = &self.plan.stages[index];
            let meter = Arc::new(StageMeter::new(self.options.timed));
            meters.stages.push((stage.name.clone(), lanes[lane].name.clone(), meter.clone()));
            let outlet = stage.output.as_ref().map(|port| {
                let here = self.plan.outputs(index).filter(|edge| self.lane_of(edge.to) == lane).count();
                lanes[lane].edges.push(EdgeBuffer::new(Buffer::zeroed(port.element, port.len()), here));
                lanes[lane].edges.len() - 1
            });
            outlets.push(outlet);
            let inlets = self.inlets(index, &outlets, &mut lanes, &mut meters);
            let slot = self.slot(index, node, inlets, outlet, meter);
            lanes[lane].slots.push(slot);
        }
        (lanes, meters)
    }

    fn empty_lane(&self, lane: usize, start: Instant) -> Lane {
        Lane {
            name: self.plan.lanes.get(lane).cloned().unwrap_or_default(),
            edges: Vec::new(),
            slots: Vec::new(),
            intakes: Vec::new(),
            waker: self.wakers[lane].clone(),
            control: self.control.clone(),
            reports: self.reports.clone(),
            paced: self.options.paced,
            timed: self.options.timed,
            start,
            nothing: Buffer::empty(),
            firing: None,
            due: None,
        }
    }

    /// Connects a stage's inputs: to an edge buffer of its lane, or through a ring to one that the ring fills.
    fn inlets(
        &self,
        index: usize,
        outlets: &[Option<usize>],
        lanes: &mut [Lane],
        meters: &mut Meters,
    ) -> Vec<Inlet> {
        let lane = self.lane_of(index);
        let mut inlets = Vec::new();
        for planned in self.plan.inputs(index) {
            let Some(port) = &self.plan.stages[planned.from].output else { continue };
            let from = self.lane_of(planned.from);
            let edge = if from == lane {
                outlets[planned.from].unwrap_or_default()
            } else {
                let plan =
                    planned.ring.unwrap_or(crate::plan::RingPlan { on_full: Default::default(), depth: 8 });
                let template = Buffer::zeroed(port.element, port.len());
                let (sender, receiver) = ring::ring(
                    plan.depth,
                    &template,
                    plan.on_full,
                    self.wakers[from].clone(),
                    self.wakers[lane].clone(),
                );
                let meter = Arc::new(RingMeter::default());
                let names =
                    (self.plan.stages[planned.from].name.clone(), self.plan.stages[index].name.clone());
                meters.rings.push((names.0, names.1.clone(), plan.depth, meter.clone()));
                self.give_sender(planned.from, sender, &mut lanes[from]);
                lanes[lane].edges.push(EdgeBuffer::new(template, 1));
                let edge = lanes[lane].edges.len() - 1;
                let measured = self.options.timed;
                let intake = Intake { receiver, edge, reader: names.1, period: port.period, meter, measured };
                lanes[lane].intakes.push(Some(intake));
                edge
            };
            inlets.push(Inlet { edge, seen: 0, clock: port.clock, progress: Time::START });
        }
        inlets
    }

    fn give_sender(&self, stage: usize, mut sender: Sender, lane: &mut Lane) {
        if let Some(slot) = lane.slots.iter_mut().find(|slot| slot.stage == stage) {
            if slot.tells_progress {
                sender.owe_progress();
            }
            slot.senders.push(sender);
        }
    }

    fn slot(
        &self,
        index: usize,
        node: Box<dyn Node>,
        inlets: Vec<Inlet>,
        outlet: Option<usize>,
        meter: Arc<StageMeter>,
    ) -> Slot {
        let stage = &self.plan.stages[index];
        let kind = match (node.firing(), &stage.output) {
            (Firing::Source, Some(port)) => {
                SlotKind::Source(Clock { at: 0, period: port.period, rate: port.clock })
            }
            (Firing::Each, _) => SlotKind::Each,
            _ => SlotKind::First,
        };
        // A sink keeps the time of what it reads.
        let first = inlets.first().map(|inlet| inlet.clock);
        let rate = stage.output.as_ref().map(|port| port.clock).or(first).unwrap_or(1);
        let (one, tells_progress) = (inlets.len() == 1, self.plan.leads_to_join(index));
        Slot {
            stage: index,
            name: stage.name.clone(),
            latest: vec![None; inlets.len().max(node.reads().len()).saturating_sub(1)],
            node,
            kind,
            inlets: Inlets::new(inlets),
            outlet,
            senders: Vec::new(),
            plain: one
                && first == Some(rate)
                && !tells_progress
                && self.plan.outputs(index).all(|edge| self.lane_of(edge.to) == self.lane_of(index)),
            read: self.plan.outputs(index).next().is_some(),
            tells_progress,
            lost: Lost::default(),
            rate,
            tick: 0,
            stamped: Time::START,
            reported: Time::START,
            unsettled: false,
            state: SlotState::Running,
            counts: Counts::default(),
            meter,
        }
    }
}
