//! A gate that passes what came before it opened.

use kws_engine::{Block, Flow, Item, Stage, StageFault};

use super::{Gate, Opener};

/// A [`Gate`] behind a delay: it passes each block some time after it came, if the gate was open at any moment since.
/// So what came just before it opened passes too, and all that came while it was open.
///
/// After a gap the delay fills anew.
#[derive(Clone, Debug)]
pub struct EarlyGate<T, I, B> {
    pub(super) gate: Gate<T, I>,
    /// Blocks of the delay.
    pub(super) blocks: usize,
    /// The newest blocks, `blocks` of them in a ring.
    pub(super) ring: B,
    /// The place of the oldest block, which the next one takes.
    next: usize,
    /// Blocks that have come, until the ring is full.
    count: usize,
    /// Blocks that still pass since the gate was open.
    passing: usize,
}

impl<T, I, B> EarlyGate<T, I, B> {
    /// A gate behind a delay of `blocks` blocks, at least one; `ring` has room for them.
    pub const fn new(gate: Gate<T, I>, blocks: usize, ring: B) -> Self {
        EarlyGate { gate, blocks, ring, next: 0, count: 0, passing: 0 }
    }
}

impl<T: Item, I: Opener, B: AsMut<[T]>> Stage for EarlyGate<T, I, B> {
    type In = (T, I);
    type Out = T;

    fn process(
        &mut self,
        (block, latest): (Block<'_, T>, Option<Block<'_, I>>),
        output: &mut [T],
    ) -> Result<Flow, StageFault> {
        if self.gate.opens(block.at, latest)? {
            self.passing = self.blocks + 1;
        }
        let place = self.next * block.len();
        let Some(oldest) = self.ring.as_mut().get_mut(place..place + block.len()) else {
            return Err(StageFault::new("`gate` received blocks that do not match its memory"));
        };
        let (full, passes) = (self.count == self.blocks, self.passing > 0);
        if full && passes {
            output.copy_from_slice(oldest);
        }
        oldest.copy_from_slice(&block);
        self.next = if self.next + 1 == self.blocks { 0 } else { self.next + 1 };
        self.count = (self.count + 1).min(self.blocks);
        self.passing = self.passing.saturating_sub(1);
        Ok(if full && passes { Flow::Emit } else { Flow::Idle })
    }

    fn reset(&mut self) {
        (self.next, self.count, self.passing) = (0, 0, 0);
    }

    // What is delayed is whole, whatever happened to what opens the gate.
    fn reset_beside(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::{Condition, Scale};

    #[test]
    fn what_came_before_it_opened_passes_and_all_that_came_while_it_was() {
        let condition = Condition { label: 0, on: 0.5, scale: Scale::REAL, within: 0, clocks: [1, 1] };
        let mut gate = EarlyGate::new(Gate::<i16, f32>::new(condition), 2, [0_i16; 2]);
        let mut passed = Vec::new();
        // Open at ticks 5 and 6.
        for at in 1..=12_u64 {
            let score = [if (5..=6).contains(&at) { 0.9 } else { 0.1 }];
            let (block, latest) = (Block { at, items: &[at as i16] }, Some(Block { at, items: &score[..] }));
            let mut output = [0];
            match gate.process((block, latest), &mut output).unwrap() {
                Flow::Emit => passed.push((at, output[0])),
                flow => assert_eq!(flow, Flow::Idle),
            }
        }
        assert_eq!(passed, [(5, 3), (6, 4), (7, 5), (8, 6)]);
    }

    /// The detector that opens the gate may itself have been gated: what the gate delays was whole all the while.
    #[test]
    fn a_gap_of_what_opens_it_leaves_the_delay_as_it_is() {
        let condition = Condition { label: 0, on: 0.5, scale: Scale::REAL, within: 0, clocks: [1, 1] };
        let mut gate = EarlyGate::new(Gate::<i16, f32>::new(condition), 2, [0_i16; 2]);
        let mut output = [0];
        let mut fire = |gate: &mut EarlyGate<i16, f32, [i16; 2]>, at: u64, latest: &[f32]| {
            let latest = (!latest.is_empty()).then_some(Block { at, items: latest });
            let flow = gate.process((Block { at, items: &[at as i16] }, latest), &mut output).unwrap();
            (flow, output[0])
        };
        for at in 1..=2 {
            assert_eq!(fire(&mut gate, at, &[]).0, Flow::Idle);
        }
        gate.reset_beside();
        assert_eq!(fire(&mut gate, 3, &[0.9]), (Flow::Emit, 1));
        gate.reset();
        assert_eq!(fire(&mut gate, 4, &[0.9]).0, Flow::Idle, "a gap of the blocks themselves");
    }
}
