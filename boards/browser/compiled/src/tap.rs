//! Blocks of a stage, for a page that asks for them.

use std::marker::PhantomData;

use kws_engine::{Block, Flow, Item, Stage, StageFault};

use crate::outbox;

/// Keeps the blocks that it reads.
pub(crate) struct Tap<T> {
    stage: &'static str,
    clock: u32,
    /// Ticks that the page had lost when the last block came.
    lost: u64,
    item: PhantomData<T>,
}

impl<T> Tap<T> {
    /// Of what a stage writes.
    pub(crate) const fn new(stage: &'static str, clock: u32) -> Self {
        Tap { stage, clock, lost: 0, item: PhantomData }
    }
}

impl<T: Item> Stage for Tap<T> {
    type In = T;
    type Out = ();

    fn process(&mut self, block: Block<'_, T>, (): ()) -> Result<Flow, StageFault> {
        outbox::with(|outbox| {
            let lost = outbox.lost - std::mem::replace(&mut self.lost, outbox.lost);
            if outbox.taps.iter().any(|tap| tap == self.stage) {
                let mut bytes = Vec::new();
                for number in [block.at as f64, block.at as f64 / f64::from(self.clock), lost as f64] {
                    bytes.extend(number.to_le_bytes());
                }
                bytes.extend(self.stage.as_bytes());
                bytes.push(0);
                block.iter().for_each(|item| item.to_wire(&mut |byte| bytes.push(byte)));
                outbox.blocks.push_back(bytes);
            }
        });
        Ok(Flow::Skip)
    }
}
