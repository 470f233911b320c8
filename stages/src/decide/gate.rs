//! Blocks that pass while something else is so.

use core::marker::PhantomData;

use kws_engine::{Block, Event, Flow, Item, Stage, StageFault};

use super::posterior::{Posterior, Scale};

mod early;
#[cfg(feature = "std")]
mod kind;

pub use early::EarlyGate;
#[cfg(feature = "std")]
pub use kind::GateParams;

/// Passes blocks on while a classifier beside says that a label is likely, or for some time after an event: words while
/// a person is seen, images while they are well exposed, sound while there is a voice, commands after a wake word.
///
/// Beside posteriors a block passes when the newest of them, no later than the block and no older than `within_ms`, is
/// at least `on` for `label`. Beside events it passes for `opens_for_ms` after an event of `label` has ended. The two
/// inputs may come from different sources, each with its own clock.
///
/// What is withheld is an idle stretch: what comes next comes after a gap, so that windows fill anew, averages forget
/// and nothing joins what was never adjacent. With `before_ms` the gate looks ahead: it passes every block that much
/// later, and so also what came that long before it opened, which a window behind it needs to fill.
///
/// What it reads and writes: [`GateParams`](super::GateParams).
///
/// # Parameters
/// `label`, `on`, `within_ms`, `opens_for_ms`, `before_ms`.
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
    /// The oldest posterior or event that counts, in ticks of the blocks.
    pub within: u64,
    /// Ticks in a second of the blocks, and of what is beside them.
    pub clocks: [u32; 2],
}

impl Condition {
    /// Whether what was seen at one clock's tick is no older than it may be at another's.
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

    fn posterior<I: Posterior>(&self, now: u64, posterior: Block<'_, I>) -> Result<bool, StageFault> {
        let Some(stored) = posterior.get(usize::from(self.label)) else {
            return Err(StageFault::new("`gate` refers to a label that its input does not have"));
        };
        let score = I::mean(I::plus(I::Sum::default(), *stored), 1, self.scale);
        // What is no number is not at least `on`.
        Ok(score >= self.on && self.recent(now, posterior.at))
    }
}

/// An item that opens a gate.
pub trait Opener: Item {
    /// Whether the latest of these lets a block of tick `now` pass.
    ///
    /// # Errors
    /// When they are not what the condition is about.
    fn opens(condition: &Condition, now: u64, latest: Block<'_, Self>) -> Result<bool, StageFault>;
}

impl Opener for f32 {
    fn opens(condition: &Condition, now: u64, latest: Block<'_, f32>) -> Result<bool, StageFault> {
        condition.posterior(now, latest)
    }
}

impl Opener for i8 {
    fn opens(condition: &Condition, now: u64, latest: Block<'_, i8>) -> Result<bool, StageFault> {
        condition.posterior(now, latest)
    }
}

/// A join keeps the newest event of each place, so that an event of another label does not hide this one.
impl Opener for Event {
    fn opens(condition: &Condition, now: u64, latest: Block<'_, Event>) -> Result<bool, StageFault> {
        let watched = |event: &&Event| event.is_some() && event.label == condition.label;
        Ok(latest.iter().filter(watched).any(|event| condition.recent(now, event.end)))
    }
}

impl<T, I> Gate<T, I> {
    /// A gate that opens on this condition.
    pub const fn new(condition: Condition) -> Self {
        Gate { condition, item: PhantomData }
    }
}

impl<T: Item, I: Opener> Gate<T, I> {
    /// Whether it is open for a block.
    fn opens(&self, now: u64, latest: Option<Block<'_, I>>) -> Result<bool, StageFault> {
        latest.map_or(Ok(false), |latest| I::opens(&self.condition, now, latest))
    }
}

impl<T: Item, I: Opener> Stage for Gate<T, I> {
    type In = (T, I);
    type Out = T;

    fn process(
        &mut self,
        (block, latest): (Block<'_, T>, Option<Block<'_, I>>),
        output: &mut [T],
    ) -> Result<Flow, StageFault> {
        if !self.opens(block.at, latest)? {
            return Ok(Flow::Idle);
        }
        output.copy_from_slice(&block);
        Ok(Flow::Emit)
    }
}
