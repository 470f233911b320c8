//! A stage that now and then takes its time.

use super::Random;
use crate::buffer::Buffer;
use crate::node::{Inputs, Node, Signature};
use crate::stage::{Flow, StageFault};

/// A stage that now and then takes its time, or lets another thread go first: lanes meet in another order in every run.
pub struct Stalling {
    inner: Box<dyn Node>,
    random: Random,
    one_in: u64,
}

impl Stalling {
    /// Stalls in one of so many firings.
    pub fn boxed(inner: Box<dyn Node>, seed: u64, one_in: u64) -> Box<dyn Node> {
        Box::new(Stalling { inner, random: Random::new(seed), one_in })
    }

    fn stall(&mut self) {
        let random = self.random.bits();
        match random % self.one_in {
            0 => (0..random >> 8 & 2047).for_each(|_| std::hint::spin_loop()),
            1 => std::thread::yield_now(),
            _ => {}
        }
    }
}

impl Node for Stalling {
    fn signature(&self) -> Signature {
        self.inner.signature()
    }

    fn start(&mut self) -> Result<(), StageFault> {
        self.inner.start()
    }

    fn fire(&mut self, inputs: Inputs<'_>, output: &mut Buffer) -> Result<Flow, StageFault> {
        self.stall();
        self.inner.fire(inputs, output)
    }

    fn reset(&mut self) {
        self.inner.reset();
    }

    fn reset_beside(&mut self) {
        self.inner.reset_beside();
    }

    fn restart(&mut self) {
        self.inner.restart();
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        self.inner.recover()
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.stall();
        self.inner.finish()
    }
}
