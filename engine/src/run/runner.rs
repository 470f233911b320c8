//! Builds a plan's lanes and runs them.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver as Channel, bounded};

use super::clock::Clock;
use super::control::{Control, RunOptions, Stopper};
use super::link::{Carrier, LinkEnd};
use super::meter::{Counters, Meters, RingMeter, RunStats, StageMeter};
use super::origin::Origin;
use super::report::{GAPS, GapReport, Outcome, Report, RunError, tell};
use super::thread::{Thread, drive, looks};
use crate::lane::assembly::{Assembly, RingEnds};
use crate::lane::sweep::{Lane, Parts};
use crate::lane::wake::Waker;
use crate::node::Node;
use crate::plan::{LinkPlan, Plan, PlannedStage};
use crate::recovery::{Change, Watch, Watches};
use crate::stage::StageFault;

/// A run under way.
pub struct Running {
    threads: Vec<JoinHandle<()>>,
    reports: Channel<Report>,
    meters: Arc<Meters>,
    control: Arc<Control>,
    open: usize,
    gaps: Vec<GapReport>,
    fault: Option<RunError>,
}

impl Plan {
    /// Builds the stages and starts a thread for every lane.
    ///
    /// # Errors
    /// When a stage cannot be built.
    pub fn start(&self, options: RunOptions) -> Result<Running, RunError> {
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
    ) -> Result<Running, RunError> {
        self.start_on(&Clock::system(), |_| {}, options, dress)
    }

    /// As [`start_with`](Self::start_with), by any clock, which `woken` tells what to wake when time passes.
    pub(super) fn start_on(
        &self,
        clock: &Clock,
        woken: impl FnOnce(&[Arc<Waker>]),
        options: RunOptions,
        dress: impl FnMut(&PlannedStage, Box<dyn Node>) -> Box<dyn Node>,
    ) -> Result<Running, RunError> {
        self.start_all(clock, woken, options, dress, |link| Err(unlinked(&link.place)))
    }

    /// As [`start_with`](Self::start_with), for a [part](Plan::part) of a pipeline: `carry` gets each of its links, on the
    /// calling thread, and says what carries it: a function that runs on a thread of its own until the link is over.
    ///
    /// # Errors
    /// As [`start_with`](Self::start_with), and when `carry` has nothing that carries a link.
    pub fn start_linked<C: FnOnce(LinkEnd) + Send + 'static>(
        &self,
        options: RunOptions,
        dress: impl FnMut(&PlannedStage, Box<dyn Node>) -> Box<dyn Node>,
        carry: impl FnMut(&LinkPlan) -> Result<C, RunError>,
    ) -> Result<Running, RunError> {
        let boxed = |carry: C| -> Carrier { Box::new(carry) };
        let mut carry = carry;
        self.start_all(&Clock::system(), |_| {}, options, dress, |link| carry(link).map(boxed))
    }

    fn start_all(
        &self,
        clock: &Clock,
        woken: impl FnOnce(&[Arc<Waker>]),
        options: RunOptions,
        dress: impl FnMut(&PlannedStage, Box<dyn Node>) -> Box<dyn Node>,
        mut carry: impl FnMut(&LinkPlan) -> Result<Carrier, RunError>,
    ) -> Result<Running, RunError> {
        // What cannot be carried is found out before anything starts.
        let carriers = self.links.iter().map(&mut carry).collect::<Result<Vec<_>, _>>()?;
        let (lanes, mut running) = self.assemble(clock, options, dress)?;
        woken(running.control.wakers());
        let mut carriers: Vec<_> = self.links.iter().zip(carriers).collect();
        for (index, lane) in lanes.into_iter().enumerate() {
            let name = format!("lane {}", lane.driver.name);
            let link = carriers.iter().position(|(link, _)| link.lane == index);
            let thread = std::thread::Builder::new().name(name);
            let spawned = match link.map(|at| carriers.swap_remove(at)) {
                Some((link, carrier)) => {
                    let end = LinkEnd::new(link, lane);
                    thread.spawn(move || end.carry(carrier))
                }
                None => thread.spawn(move || drive(lane)),
            };
            let fault =
                |error| RunError { stage: "lane".to_owned(), fault: StageFault::because(format!("{error}")) };
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
    ) -> Result<Outcome, RunError> {
        let options = RunOptions { one_lane: true, ..RunOptions::default() };
        let (lanes, running) = self.assemble(&Clock::system(), options, dress)?;
        lanes.into_iter().for_each(drive);
        let outcome = running.wait();
        match outcome.fault {
            Some(fault) => Err(fault),
            None => Ok(outcome),
        }
    }

    fn assemble(
        &self,
        clock: &Clock,
        options: RunOptions,
        mut dress: impl FnMut(&PlannedStage, Box<dyn Node>) -> Box<dyn Node>,
    ) -> Result<(Vec<Lane<Thread>>, Running), RunError> {
        let mut nodes = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            let fault = |fault| RunError { stage: stage.name.clone(), fault };
            nodes.push(dress(stage, stage.design.build().map_err(fault)?));
        }
        self.check_nodes(&nodes)?;
        if let Some(link) = self.links.first().filter(|_| options.one_lane) {
            return Err(unlinked(&link.place));
        }
        let count = if options.one_lane { 1 } else { self.lanes.len() };
        let lane_of = |stage: &PlannedStage| if options.one_lane { 0 } else { stage.lane };
        let lanes = self.stages.iter().map(lane_of).collect();
        let wakers: Vec<Arc<Waker>> = (0..count).map(|_| Arc::new(Waker::default())).collect();
        let control = Arc::new(Control::new(wakers.clone()));
        // Beside gaps, which every lane may exceed by one, each stage faults once and each lane faults and ends once:
        // there is always room for that, so that no lane waits for whoever reads.
        let (sender, reports) = bounded(GAPS + self.stages.len() + 3 * count);
        let (nodes, watches) = self.started(nodes, clock, |stage| {
            let (reports, stage) = (sender.clone(), stage.name.clone());
            Box::new(move |change| tell(&reports, report(&stage, change)))
        })?;
        let (parts, rings) = Assembly { plan: self, lanes, wakers: wakers.clone() }.lanes(nodes);
        let origins = self.origins();
        let meters = self.meters(clock, options, watches, &rings);
        let looks = looks(count);
        let thread = |(index, parts): (usize, Parts)| {
            let of = |slot: &crate::lane::slot::Slot| meters.stages[slot.stage].2.clone();
            let driver = Thread {
                name: self.lanes.get(index).cloned().unwrap_or_default(),
                waker: wakers[index].clone(),
                control: control.clone(),
                reports: sender.clone(),
                meters: parts.slots.iter().map(of).collect(),
                origins: parts.slots.iter().map(|slot| origins[slot.stage].clone()).collect(),
                rings: meters.ring_meters.clone(),
                paced: options.paced,
                timed: options.timed,
                looks,
                clock: clock.clone(),
                due: None,
            };
            Lane::new(parts, driver)
        };
        let lanes: Vec<Lane<Thread>> = parts.into_iter().enumerate().map(thread).collect();
        let (open, meters) = (lanes.len(), Arc::new(meters));
        let running =
            Running { threads: Vec::new(), reports, meters, control, open, gaps: Vec::new(), fault: None };
        Ok((lanes, running))
    }

    /// For each stage, when the stream of the device began that it comes from, if it does.
    fn origins(&self) -> Vec<Option<Arc<Origin>>> {
        let mut origins: Vec<Option<Arc<Origin>>> = Vec::with_capacity(self.stages.len());
        for (index, stage) in self.stages.iter().enumerate() {
            let inherited = self.inputs(index).find_map(|edge| origins[edge.from].clone());
            let new = || stage.live.then(|| Arc::new(Origin::new()));
            origins.push(inherited.or_else(new));
        }
        origins
    }

    /// What counts the stages and rings of a run.
    fn meters(&self, clock: &Clock, options: RunOptions, watches: Watches, rings: &[RingEnds]) -> Meters {
        let stage = |(stage, watch): (&PlannedStage, Option<Arc<Watch>>)| {
            let lane = if options.one_lane { 0 } else { stage.lane };
            let lane = self.lanes.get(lane).cloned().unwrap_or_default();
            (stage.name.clone(), lane, Arc::new(StageMeter::new(options.timed, watch)))
        };
        let name = |stage: usize| self.stages[stage].name.clone();
        Meters {
            stages: self.stages.iter().zip(watches).map(stage).collect(),
            rings: rings.iter().map(|ring| (name(ring.from), name(ring.to), ring.depth)).collect(),
            ring_meters: rings.iter().map(|_| RingMeter::default()).collect(),
            clock: clock.clone(),
        }
    }
}

/// Nothing carries a link.
fn unlinked(place: &str) -> RunError {
    let fault = StageFault::because(format!("nothing carries the link with the place `{place}`"));
    RunError { stage: "link".to_owned(), fault }
}

/// What a run tells of a stage that goes on.
fn report(stage: &str, change: Change) -> Report {
    let stage = stage.to_owned();
    match change {
        Change::Down(fault, at) => Report::Down { stage, fault, at },
        Change::Up(at, lost) => Report::Up { stage, at, lost },
    }
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
            Report::StageFault { stage, fault } => {
                self.fault.get_or_insert(RunError { stage, fault });
            }
            Report::Down { .. } | Report::Up { .. } => {}
            Report::Ended { .. } => self.open -= 1,
        }
        self.open == 0
    }

    /// What another thread reads of what everything has done so far.
    pub fn counters(&self) -> Counters {
        Counters(self.meters.clone())
    }

    /// What everything has done so far.
    pub fn stats(&self) -> RunStats {
        self.meters.read()
    }

    #[cfg(feature = "testing")]
    pub(super) fn lanes_sleep(&self) -> bool {
        self.control.lanes_sleep()
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
