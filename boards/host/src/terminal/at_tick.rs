//! Lets the pins of a stage know the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kws_engine::{Node, around};

/// The tick of the block that a stage works on, for its pins: a board's have no need of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Now(Arc<AtomicU64>);

impl Now {
    pub(super) fn tick(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stage whose pins know the time.
pub(super) fn at_tick(stage: Box<dyn Node>, now: Now) -> Box<dyn Node> {
    around(stage, move |stage, inputs, output| {
        now.0.store(inputs.at, Ordering::Relaxed);
        stage.fire(inputs, output)
    })
}
