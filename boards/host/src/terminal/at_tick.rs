//! Lets the pins of a stage know the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kws_engine::{Flow, Ports, Read, Stage, StageFault, Write};

/// The tick of the block that a stage works on, for its pins: a board's have no need of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Now(Arc<AtomicU64>);

impl Now {
    pub(super) fn tick(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stage whose pins know the time.
pub(super) struct AtTick<S> {
    pub(super) stage: S,
    pub(super) now: Now,
}

impl<S: Stage> Stage for AtTick<S> {
    type In = S::In;
    type Out = S::Out;
    const ACTS: bool = S::ACTS;

    fn start(&mut self) -> Result<(), StageFault> {
        self.stage.start()
    }

    fn process(&mut self, input: Read<'_, S::In>, output: Write<'_, S::Out>) -> Result<Flow, StageFault> {
        if let Some(tick) = <S::In as Ports>::at(&input) {
            self.now.0.store(tick, Ordering::Relaxed);
        }
        self.stage.process(input, output)
    }

    fn reset(&mut self) {
        self.stage.reset();
    }

    fn reset_beside(&mut self) {
        self.stage.reset_beside();
    }

    fn restart(&mut self) {
        self.stage.restart();
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        self.stage.recover()
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.stage.finish()
    }
}
