//! A stage that goes on when it fails, its types known only at run time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::watch::Watch;
use super::{FIRST, Recovery};
use crate::buffer::Buffer;
use crate::file::OnFault;
use crate::node::{Firing, Inputs, Node, Signature};
use crate::plan::{Plan, PlannedStage};
use crate::run::{Clock, RunError};
use crate::stage::{Flow, StageFault};

/// How long a source that is down waits in one firing.
const NAP: Duration = Duration::from_millis(100);

const NANOS: u64 = 1_000_000_000;

/// What is reported of a stage that goes on.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// It has failed, at this tick, and is down.
    Down(StageFault, u64),
    /// It works again, at this tick, after so many that it has missed.
    Up(u64, u64),
}

/// Hears of changes.
pub(crate) type Tell = Box<dyn FnMut(Change) + Send>;

/// What others see of each stage of a plan: of those alone that go on when they fail.
pub(crate) type Watches = Vec<Option<Arc<Watch>>>;

/// A stage that goes on when it fails or panics.
struct Recovering {
    node: Box<dyn Node>,
    /// A source waits by the clock; others wait in the time of their stream.
    is_source: bool,
    recovery: Recovery,
    /// Ticks in a second of what it reads; of a source of what it writes.
    clock: u32,
    time: Clock,
    /// Where it failed: by the clock that it waits by, and the tick.
    fell: (u64, u64),
    watch: Arc<Watch>,
    tell: Tell,
}

impl Recovering {
    fn new(node: Box<dyn Node>, clock: u32, time: Clock, watch: Arc<Watch>, tell: Tell) -> Self {
        let is_source = node.signature().firing == Firing::Source;
        let unit = if is_source { NANOS } else { u64::from(clock) };
        let recovery = Recovery::new((unit / FIRST).max(1));
        Recovering { node, is_source, recovery, clock, time, fell: (0, 0), watch, tell }
    }

    /// It has failed: its readers see an idle stretch.
    #[cold]
    fn failed(&mut self, now: u64, at: u64, fault: StageFault) -> Flow {
        self.recovery.fail(now);
        if self.watch.fail(&fault) {
            self.fell = (now, at);
            (self.tell)(Change::Down(fault, at));
        }
        Flow::Idle
    }

    /// Tries to begin anew, if that is due. What the firing did, unless the stage works now.
    #[cold]
    fn retry(&mut self, now: u64, at: u64) -> Option<Flow> {
        let left = self.recovery.left(now);
        if left > 0 {
            if self.is_source {
                self.time.nap(NAP.min(Duration::from_nanos(left)));
            }
            return Some(Flow::Idle);
        }
        if let Err(fault) = caught(|| self.node.recover()) {
            return Some(self.failed(now, at, fault));
        }
        self.recovery.recover(now);
        self.watch.recover();
        let missed = now - self.fell.0;
        if !self.is_source {
            (self.tell)(Change::Up(at, at.saturating_sub(self.fell.1)));
            return None;
        }
        let lost = (u128::from(missed) * u128::from(self.clock) / u128::from(NANOS)).max(1) as u64;
        (self.tell)(Change::Up(at, lost));
        Some(Flow::Lost(lost))
    }
}

impl Plan {
    /// Makes those stages go on when they fail of which the plan says so, and starts all: the nodes, and what others see of
    /// each.
    ///
    /// # Errors
    /// When a stage cannot start that does not go on.
    pub(crate) fn started(
        &self,
        nodes: Vec<Box<dyn Node>>,
        time: &Clock,
        tell: impl Fn(&PlannedStage) -> Tell,
    ) -> Result<(Vec<Box<dyn Node>>, Watches), RunError> {
        let (mut started, mut watches) = (Vec::with_capacity(nodes.len()), Vec::with_capacity(nodes.len()));
        for (index, mut node) in nodes.into_iter().enumerate() {
            let stage = &self.stages[index];
            let mut watched = None;
            if stage.on_fault != OnFault::End {
                let clock = self.first_input(index).or(stage.output.as_ref()).map_or(1, |port| port.clock);
                let watch = watched.insert(Arc::new(Watch::default())).clone();
                node = Box::new(Recovering::new(node, clock, time.clone(), watch, tell(stage)));
            }
            node.start().map_err(|fault| RunError { stage: stage.name.clone(), fault })?;
            started.push(node);
            watches.push(watched);
        }
        Ok((started, watches))
    }
}

/// The outcome of what may panic.
fn caught<T>(work: impl FnOnce() -> Result<T, StageFault>) -> Result<T, StageFault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(StageFault::panicked(panic.as_ref())))
}

impl Node for Recovering {
    fn signature(&self) -> Signature {
        self.node.signature()
    }

    /// A stage that cannot start is down, and is tried again as one that fails later.
    fn start(&mut self) -> Result<(), StageFault> {
        let now = if self.is_source { self.time.now() } else { 0 };
        if let Err(fault) = caught(|| self.node.start()) {
            let _ = self.failed(now, 0, fault);
        }
        Ok(())
    }

    fn fire(&mut self, inputs: Inputs<'_>, output: &mut Buffer) -> Result<Flow, StageFault> {
        let at = inputs.at;
        let now = |this: &Self| if this.is_source { this.time.now() } else { at };
        if self.recovery.is_down()
            && let Some(flow) = self.retry(now(self), at)
        {
            return Ok(flow);
        }
        match caught(|| self.node.fire(inputs, output)) {
            Ok(flow) => Ok(flow),
            Err(fault) => Ok(self.failed(now(self), at, fault)),
        }
    }

    fn reset(&mut self) {
        if !self.recovery.is_down() {
            self.node.reset();
        }
    }

    fn reset_beside(&mut self) {
        if !self.recovery.is_down() {
            self.node.reset_beside();
        }
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        self.node.recover()
    }

    fn restart(&mut self) {
        self.node.restart();
        self.recovery = Recovery::new(self.recovery.first);
        self.watch.restart();
    }

    /// What cannot be completed is reported, and lost like what it would have written while it was down.
    fn finish(&mut self) -> Result<(), StageFault> {
        if let Err(fault) = caught(|| self.node.finish())
            && self.watch.fail(&fault)
        {
            (self.tell)(Change::Down(fault, self.fell.1));
        }
        Ok(())
    }
}
