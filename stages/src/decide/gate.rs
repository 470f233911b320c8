//! Blocks that pass while something else is so.

use core::marker::PhantomData;

use kws_engine::{Block, Flow, Item, Stage, StageFault};

use super::posterior::{Posterior, Scale};

/// Passes blocks on while a classifier beside says that a label is likely: words while a person is seen, pictures while
/// they are well exposed, sound while there is a voice.
///
/// A block passes when the newest posterior beside it, no later than the block and no older than `within_ms`, is at
/// least `on` for `label`. The two may come from different sources, each with its own clock.
///
/// # Reads
/// First any blocks, of any element and role; second `posterior` f32 or i8 `[labels]`.
///
/// # Writes
/// The blocks of the first input that pass, unchanged.
///
/// # Parameters
/// `label`, `on`, `within_ms`.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "gate"
/// inputs = ["word", "person"]
/// label = "person"
/// on = 0.6
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Gate<T, I> {
    condition: Condition,
    item: PhantomData<fn(T, I)>,
}

/// What must be so for a block to pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Index of the label.
    pub label: u16,
    /// The least score.
    pub on: f32,
    /// How posteriors are stored.
    pub scale: Scale,
    /// The oldest posterior that counts, in ticks of the blocks.
    pub within: u64,
    /// Ticks in a second of the blocks, and of the posteriors.
    pub clocks: [u32; 2],
}

impl Condition {
    /// Whether a posterior of one clock's tick is no older than it may be at another's.
    fn recent(&self, now: u64, seen: u64) -> bool {
        let [ours, theirs] = self.clocks;
        if ours == theirs {
            return now.saturating_sub(seen) <= self.within;
        }
        // Seconds of both, as whole multiples of a tick of either.
        let now = u128::from(now) * u128::from(theirs);
        let (seen, within) =
            (u128::from(seen) * u128::from(ours), u128::from(self.within) * u128::from(theirs));
        now.saturating_sub(seen) <= within
    }
}

impl<T, I> Gate<T, I> {
    /// A gate that opens on this condition.
    pub const fn new(condition: Condition) -> Self {
        Gate { condition, item: PhantomData }
    }
}

impl<T: Item, I: Posterior> Stage for Gate<T, I> {
    type In = (T, I);
    type Out = T;

    fn process(
        &mut self,
        (block, posterior): (Block<'_, T>, Option<Block<'_, I>>),
        output: &mut [T],
    ) -> Result<Flow, StageFault> {
        let Some(posterior) = posterior else { return Ok(Flow::Skip) };
        let Some(stored) = posterior.get(usize::from(self.condition.label)) else {
            return Err(StageFault::new("`gate` refers to a label that its input does not have"));
        };
        let score = I::mean(I::plus(I::Sum::default(), *stored), 1, self.condition.scale);
        // What is no number is not at least `on`.
        let open = score >= self.condition.on && self.condition.recent(block.at, posterior.at);
        if !open {
            return Ok(Flow::Skip);
        }
        output.copy_from_slice(&block);
        Ok(Flow::Emit)
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::GateParams;
