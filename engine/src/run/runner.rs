//! Builds a plan's lanes and runs them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver as Channel, Sender as ChannelSender, bounded};

use super::lane::{Control, GAPS, Intake, Lane};
use super::meter::{GapReport, RingMeter, RingStats, RunStats, StageMeter, StageStats};
use super::ring::{self, Sender};
use super::seat::{Clock, Counts, Inlet, Inlets, Lost, Seat, SeatKind, SeatState};
use super::time::Time;
use super::wake::Waker;
use super::wire::Wire;
use crate::buffer::Buffer;
use crate::item::Element;
use crate::node::{Firing, Node};
use crate::plan::{Plan, PlannedStage};
use crate::stage::Fault;

const MERGES: &str = "let one merge read all of the streams";
const JOINS: &str = "only the first input of a join may; put it first or join before the merge";

/// How to run a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// Sources deliver at their own rate instead of as fast as they can.
    pub paced: bool,
    /// Every firing is timed.
    pub timed: bool,
    /// Everything runs in one lane.
    pub one_lane: bool,
}

/// What a run tells while it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A hole in a stream.
    Gap(GapReport),
    /// A stage cannot go on; the run is ending.
    Fault {
        /// The stage's name.
        stage: String,
        /// Why.
        fault: Fault,
    },
    /// A lane has ended.
    Ended {
        /// Its name.
        lane: String,
    },
}

/// The stage that ended a run, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageFault {
    /// The stage's name.
    pub stage: String,
    /// Why.
    pub fault: Fault,
}

impl std::fmt::Display for StageFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "stage `{}` failed: {}", self.stage, self.fault)
    }
}

impl std::error::Error for StageFault {}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The first stage that failed, if one did.
    pub fault: Option<StageFault>,
    /// Gaps, in the order in which they were reported.
    pub gaps: Vec<GapReport>,
    /// What everything did.
    pub stats: RunStats,
}

/// A run under way.
pub struct Running {
    threads: Vec<JoinHandle<()>>,
    reports: Channel<Report>,
    meters: Arc<Meters>,
    control: Arc<Control>,
    open: usize,
    gaps: Vec<GapReport>,
    fault: Option<StageFault>,
}

/// The right to stop a run, from any thread.
#[derive(Clone)]
pub struct Stopper(Arc<Control>);

impl Stopper {
    /// Lets sources end; what they have sent is still worked off.
    pub fn stop(&self) {
        self.0.stop();
    }
}

/// What is counted, and for whom.
struct Meters {
    stages: Vec<(String, String, Arc<StageMeter>)>,
    rings: Vec<(String, String, usize, Arc<RingMeter>)>,
    start: Instant,
}

impl Plan {
    /// Builds the stages and starts a thread for every lane.
    ///
    /// # Errors
    /// When a stage cannot be built.
    pub fn start(&self, options: RunOptions) -> Result<Running, StageFault> {
        self.start_with(options, |_, node| node)
    }

    /// As [`start`](Self::start), with a look at every stage built: `dress` may wrap it or put another in its place.
    ///
    /// # Errors
    /// When a stage cannot be built.
    pub fn start_with(
        &self,
        options: RunOptions,
        dress: impl FnMut(&PlannedStage, Box<dyn Node>) -> Box<dyn Node>,
    ) -> Result<Running, StageFault> {
        let (lanes, mut running) = self.assemble(options, dress)?;
        for lane in lanes {
            let name = format!("lane {}", lane.name);
            let spawned = std::thread::Builder::new().name(name).spawn(move || drive(lane));
            let fault =
                |error| StageFault { stage: "lane".to_owned(), fault: Fault::because(format!("{error}")) };
            running.threads.push(spawned.map_err(fault)?);
        }
        Ok(running)
    }

    /// Runs to the end on the calling thread, in one lane, with a look at every stage built as in
    /// [`start_with`](Self::start_with): for tests and for whoever computes features.
    ///
    /// # Errors
    /// When a stage cannot be built or fails.
    pub fn run_here(
        &self,
        dress: impl FnMut(&PlannedStage, Box<dyn Node>) -> Box<dyn Node>,
    ) -> Result<Outcome, StageFault> {
        let options = RunOptions { one_lane: true, ..RunOptions::default() };
        let (lanes, running) = self.assemble(options, dress)?;
        lanes.into_iter().for_each(drive);
        let outcome = running.wait();
        match outcome.fault {
            Some(fault) => Err(fault),
            None => Ok(outcome),
        }
    }

    fn assemble(
        &self,
        options: RunOptions,
        mut dress: impl FnMut(&PlannedStage, Box<dyn Node>) -> Box<dyn Node>,
    ) -> Result<(Vec<Lane>, Running), StageFault> {
        let mut nodes = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            let fault = |fault| StageFault { stage: stage.name.clone(), fault };
            let node = dress(stage, stage.design.build().map_err(fault)?);
            self.check_elements(stage, node.as_ref()).map_err(fault)?;
            nodes.push(node);
        }
        self.check_order(&nodes)?;
        let count = if options.one_lane { 1 } else { self.lanes.len() };
        let wakers: Vec<Arc<Waker>> = (0..count).map(|_| Arc::new(Waker::default())).collect();
        let control = Arc::new(Control::new(wakers.clone()));
        // Beside gaps, which every lane may exceed by one, each stage faults once and each lane faults and ends once:
        // there is always room for that, so that no lane waits for whoever reads.
        let (sender, reports) = bounded(GAPS + self.stages.len() + 3 * count);
        let assembly = Assembly { plan: self, options, control: control.clone(), wakers, reports: sender };
        let (lanes, meters) = assembly.lanes(nodes);
        let open = lanes.len();
        let meters = Arc::new(meters);
        let running =
            Running { threads: Vec::new(), reports, meters, control, open, gaps: Vec::new(), fault: None };
        Ok((lanes, running))
    }

    /// A merge may send several blocks of one moment. A join reads them as its first input only, and another merge not
    /// at all: to tell which of them come first it would have to wait for what may itself wait for it.
    fn check_order(&self, nodes: &[Box<dyn Node>]) -> Result<(), StageFault> {
        let mut from_merge: Vec<bool> = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let inputs: Vec<usize> = self.inputs(index).map(|edge| edge.from).collect();
            let merges = node.firing() == Firing::Each && inputs.len() > 1;
            let ordered = if merges { &inputs[..] } else { inputs.get(1..).unwrap_or(&[]) };
            if let Some(&from) = ordered.iter().find(|&&from| from_merge[from]) {
                let (name, help) = (&self.stages[from].name, if merges { MERGES } else { JOINS });
                let fault = Fault::because(format!("it reads `{name}`, which comes from a merge; {help}"));
                return Err(StageFault { stage: self.stages[index].name.clone(), fault });
            }
            from_merge.push(merges || inputs.first().is_some_and(|&from| from_merge[from]));
        }
        Ok(())
    }

    /// What a built stage reads and writes must be what its design said.
    fn check_elements(&self, stage: &PlannedStage, node: &dyn Node) -> Result<(), Fault> {
        let index = self.stages.iter().position(|other| std::ptr::eq(other, stage)).unwrap_or(0);
        let ports = self.inputs(index).filter_map(|edge| self.stages[edge.from].output.as_ref());
        let found: Vec<_> = ports.map(|port| port.element).collect();
        let reads = node.reads();
        let fits = match node.firing() {
            Firing::Each => found.iter().all(|element| reads.contains(element)),
            // A join may be used without its last inputs.
            Firing::Source | Firing::First => {
                reads.starts_with(&found) && found.is_empty() == reads.is_empty()
            }
        };
        let names = |elements: &[Element]| {
            let names: Vec<&str> = elements.iter().map(|element| element.name()).collect();
            if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
        };
        let writes = node.writes();
        let wrote = stage.output.as_ref().map(|port| port.element);
        if fits && writes == wrote {
            return Ok(());
        }
        let text = format!(
            "it reads {} and writes {}, but its ports carry {} and {}",
            names(reads),
            names(writes.as_slice()),
            names(&found),
            names(wrote.as_slice())
        );
        Err(Fault::because(text))
    }
}

struct Assembly<'a> {
    plan: &'a Plan,
    options: RunOptions,
    control: Arc<Control>,
    wakers: Vec<Arc<Waker>>,
    reports: ChannelSender<Report>,
}

impl Assembly<'_> {
    fn lane_of(&self, stage: usize) -> usize {
        if self.options.one_lane { 0 } else { self.plan.stages[stage].lane }
    }

    fn lanes(&self, nodes: Vec<Box<dyn Node>>) -> (Vec<Lane>, Meters) {
        let start = Instant::now();
        let mut meters = Meters { stages: Vec::new(), rings: Vec::new(), start };
        let mut lanes: Vec<Lane> = (0..self.wakers.len()).map(|lane| self.empty_lane(lane, start)).collect();
        // The wire that each stage writes to, in its own lane.
        let mut outlets: Vec<Option<usize>> = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.into_iter().enumerate() {
            let lane = self.lane_of(index);
            let stage = &self.plan.stages[index];
            let meter = Arc::new(StageMeter::new(self.options.timed));
            meters.stages.push((stage.name.clone(), lanes[lane].name.clone(), meter.clone()));
            let outlet = stage.output.as_ref().map(|port| {
                let here = self.plan.outputs(index).filter(|edge| self.lane_of(edge.to) == lane).count();
                lanes[lane].wires.push(Wire::new(Buffer::zeroed(port.element, port.len()), here));
                lanes[lane].wires.len() - 1
            });
            outlets.push(outlet);
            let inlets = self.inlets(index, &outlets, &mut lanes, &mut meters);
            let seat = self.seat(index, node, inlets, outlet, meter);
            lanes[lane].seats.push(seat);
        }
        (lanes, meters)
    }

    fn empty_lane(&self, lane: usize, start: Instant) -> Lane {
        Lane {
            name: self.plan.lanes.get(lane).cloned().unwrap_or_default(),
            wires: Vec::new(),
            seats: Vec::new(),
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

    /// Connects a stage's inputs: to a wire of its lane, or through a ring to one that the ring fills.
    fn inlets(
        &self,
        index: usize,
        outlets: &[Option<usize>],
        lanes: &mut [Lane],
        meters: &mut Meters,
    ) -> Vec<Inlet> {
        let lane = self.lane_of(index);
        let mut inlets = Vec::new();
        for edge in self.plan.inputs(index) {
            let Some(port) = &self.plan.stages[edge.from].output else { continue };
            let from = self.lane_of(edge.from);
            let wire = if from == lane {
                outlets[edge.from].unwrap_or_default()
            } else {
                let plan =
                    edge.ring.unwrap_or(crate::plan::RingPlan { on_full: Default::default(), depth: 8 });
                let template = Buffer::zeroed(port.element, port.len());
                let (sender, receiver) = ring::ring(
                    plan.depth,
                    &template,
                    plan.on_full,
                    self.wakers[from].clone(),
                    self.wakers[lane].clone(),
                );
                let meter = Arc::new(RingMeter::default());
                let names = (self.plan.stages[edge.from].name.clone(), self.plan.stages[index].name.clone());
                meters.rings.push((names.0, names.1.clone(), plan.depth, meter.clone()));
                self.give_sender(edge.from, sender, &mut lanes[from]);
                lanes[lane].wires.push(Wire::new(template, 1));
                let wire = lanes[lane].wires.len() - 1;
                let measured = self.options.timed;
                let intake = Intake { receiver, wire, reader: names.1, period: port.period, meter, measured };
                lanes[lane].intakes.push(Some(intake));
                wire
            };
            inlets.push(Inlet { wire, seen: 0, clock: port.clock, progress: Time::START });
        }
        inlets
    }

    fn give_sender(&self, stage: usize, mut sender: Sender, lane: &mut Lane) {
        if let Some(seat) = lane.seats.iter_mut().find(|seat| seat.stage == stage) {
            if seat.tells_progress {
                sender.owe_progress();
            }
            seat.senders.push(sender);
        }
    }

    fn seat(
        &self,
        index: usize,
        node: Box<dyn Node>,
        inlets: Vec<Inlet>,
        outlet: Option<usize>,
        meter: Arc<StageMeter>,
    ) -> Seat {
        let stage = &self.plan.stages[index];
        let kind = match (node.firing(), &stage.output) {
            (Firing::Source, Some(port)) => {
                SeatKind::Source(Clock { at: 0, period: port.period, rate: port.clock })
            }
            (Firing::Each, _) => SeatKind::Each,
            _ => SeatKind::First,
        };
        // A sink keeps the time of what it reads.
        let first = inlets.first().map(|inlet| inlet.clock);
        let rate = stage.output.as_ref().map(|port| port.clock).or(first).unwrap_or(1);
        let (one, tells_progress) = (inlets.len() == 1, self.plan.leads_to_join(index));
        Seat {
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
            told: Time::START,
            unsettled: false,
            state: SeatState::Running,
            counts: Counts::default(),
            meter,
        }
    }
}

/// Runs a lane to its end. A stage that panics is ended as one that fails, and the rest of the lane works on.
fn drive(mut lane: Lane) {
    while let Err(panic) = catch_unwind(AssertUnwindSafe(|| lane.run())) {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        match lane.firing.take() {
            Some(seat) => lane.fail(seat, Fault::because(format!("it panicked: {text}"))),
            None => {
                let fault = Fault::because(format!("the engine panicked, which is a bug of kws: {text}"));
                lane.control.stop();
                let _ = lane.reports.send(Report::Fault { stage: format!("lane {}", lane.name), fault });
                break;
            }
        }
    }
    let (reports, name) = (lane.reports.clone(), std::mem::take(&mut lane.name));
    drop(lane);
    let _ = reports.send(Report::Ended { lane: name });
}

impl Running {
    /// What lets another thread stop the run.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.control.clone())
    }

    /// The channel of reports, for whoever waits for several things; hand each report to [`note`](Self::note).
    pub fn reports(&self) -> &Channel<Report> {
        &self.reports
    }

    /// Takes note of a report. True once every lane has ended.
    pub fn note(&mut self, report: Report) -> bool {
        match report {
            Report::Gap(gap) => self.gaps.push(gap),
            Report::Fault { stage, fault } => {
                self.fault.get_or_insert(StageFault { stage, fault });
            }
            Report::Ended { .. } => self.open -= 1,
        }
        self.open == 0
    }

    /// What everything has done so far.
    pub fn stats(&self) -> RunStats {
        self.meters.read()
    }

    /// Waits for the end.
    pub fn wait(mut self) -> Outcome {
        while self.open > 0 {
            match self.reports.recv() {
                Ok(report) => self.note(report),
                Err(_) => break,
            };
        }
        let stats = self.stats();
        for thread in self.threads {
            // A lane catches its panics and reports them before it ends.
            let _ = thread.join();
        }
        Outcome { fault: self.fault, gaps: self.gaps, stats }
    }
}

impl Meters {
    fn read(&self) -> RunStats {
        let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let percentiles =
            |times: &Option<super::meter::Histogram>| times.as_ref().map(|times| times.percentiles());
        let stages = self.stages.iter().map(|(stage, lane, meter)| StageStats {
            stage: stage.clone(),
            lane: lane.clone(),
            fired: load(&meter.fired),
            emitted: load(&meter.emitted),
            at: load(&meter.at),
            gaps: load(&meter.gaps),
            lost: load(&meter.lost),
            time: percentiles(&meter.time),
            latency: percentiles(&meter.latency).filter(|latency| latency.count > 0),
        });
        let rings = self.rings.iter().map(|(from, to, depth, meter)| RingStats {
            from: from.clone(),
            to: to.clone(),
            depth: *depth,
            high_water: load(&meter.high_water),
            dropped: load(&meter.dropped),
        });
        RunStats {
            stages: stages.collect(),
            rings: rings.collect(),
            elapsed: self.start.elapsed().as_nanos() as u64,
        }
    }
}
