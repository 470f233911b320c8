//! Builds a plan's lanes and runs them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver as Channel, bounded};

use super::assembly::Assembly;
use super::control::{Control, RunOptions, Stopper};
use super::lane::Lane;
use super::meter::{Meters, RunStats};
use super::report::{GAPS, GapReport, Outcome, Report, RunError};
use super::wake::Waker;
use crate::item::Element;
use crate::node::{Firing, Node};
use crate::plan::{Plan, PlannedStage};
use crate::stage::StageFault;

const MERGES: &str = "make one merge read all of the streams";
const JOINS: &str = "only the first input of a join may; put it first or join before the merge";

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
        let (lanes, mut running) = self.assemble(options, dress)?;
        for lane in lanes {
            let name = format!("lane {}", lane.name);
            let spawned = std::thread::Builder::new().name(name).spawn(move || drive(lane));
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
    ) -> Result<(Vec<Lane>, Running), RunError> {
        let mut nodes = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            let fault = |fault| RunError { stage: stage.name.clone(), fault };
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
    fn check_order(&self, nodes: &[Box<dyn Node>]) -> Result<(), RunError> {
        let mut from_merge: Vec<bool> = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let inputs: Vec<usize> = self.inputs(index).map(|edge| edge.from).collect();
            let merges = node.firing() == Firing::Each && inputs.len() > 1;
            let ordered = if merges { &inputs[..] } else { inputs.get(1..).unwrap_or(&[]) };
            if let Some(&from) = ordered.iter().find(|&&from| from_merge[from]) {
                let (name, help) = (&self.stages[from].name, if merges { MERGES } else { JOINS });
                let fault =
                    StageFault::because(format!("it reads `{name}`, which comes from a merge; {help}"));
                return Err(RunError { stage: self.stages[index].name.clone(), fault });
            }
            from_merge.push(merges || inputs.first().is_some_and(|&from| from_merge[from]));
        }
        Ok(())
    }

    /// What a built stage reads and writes must be what its design said.
    fn check_elements(&self, stage: &PlannedStage, node: &dyn Node) -> Result<(), StageFault> {
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
        Err(StageFault::because(text))
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
            Some(slot) => lane.fail(slot, StageFault::because(format!("it panicked: {text}"))),
            None => {
                let fault =
                    StageFault::because(format!("the engine panicked, which is a bug in kws: {text}"));
                lane.control.stop();
                let _ = lane.reports.send(Report::StageFault { stage: format!("lane {}", lane.name), fault });
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
            Report::StageFault { stage, fault } => {
                self.fault.get_or_insert(RunError { stage, fault });
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
