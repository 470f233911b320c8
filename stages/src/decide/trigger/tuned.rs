//! A trigger whose sensitivity can be changed while it runs.

use kws_engine::firmware::{self, Code};
use kws_engine::{Block, DesignError, Event, Flow, Knob, Stage, StageFault};

use super::curve::Curve;
use super::{Posterior, Run, Trigger, Watch};
use crate::resolved::Emit;

/// A trigger that looks at its knobs before each firing.
#[derive(Clone)]
pub(super) struct Tuned<I> {
    trigger: Trigger<I, Vec<Watch>, Vec<Run>>,
    /// One for each watch.
    dials: Vec<Dial>,
}

/// What moves a watch's scores.
#[derive(Clone)]
pub(super) struct Dial {
    pub(super) knob: Knob,
    pub(super) curve: Curve,
    /// Where the knob stood when the scores were last computed.
    seen: f32,
}

impl Dial {
    /// A dial that has moved nothing yet.
    pub(super) fn new(knob: Knob, curve: Curve) -> Self {
        let seen = knob.value();
        Dial { knob, curve, seen }
    }

    fn follow(&mut self, watch: &mut Watch) {
        let value = self.knob.value();
        if value != self.seen {
            let (on, off) = self.curve.at(f64::from(value));
            (watch.on, watch.off, self.seen) = (on as f32, off as f32, value);
        }
    }
}

impl<I> Tuned<I> {
    /// A trigger with a dial for each of its watches.
    pub(super) fn new(trigger: Trigger<I, Vec<Watch>, Vec<Run>>, dials: Vec<Dial>) -> Self {
        Tuned { trigger, dials }
    }
}

impl<I: Posterior> Stage for Tuned<I> {
    type In = I;
    type Out = Event;

    fn process(&mut self, input: Block<'_, I>, output: &mut [Event]) -> Result<Flow, StageFault> {
        let watches = self.trigger.watches.iter_mut();
        self.dials.iter_mut().zip(watches).for_each(|(dial, watch)| dial.follow(watch));
        self.trigger.process(input, output)
    }

    fn reset(&mut self) {
        self.trigger.reset();
    }

    fn restart(&mut self) {
        self.trigger.restart();
    }
}

impl<I: Posterior> Emit for Tuned<I> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        self.trigger.emit(site)
    }
}
