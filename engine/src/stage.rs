//! The stage trait: the same on a computer and on a microcontroller.

use crate::block::Block;
use crate::item::Item;

/// One step of a pipeline.
///
/// **The one rule:** a firing consumes its whole input block and writes either nothing or one whole output block.
/// A stage neither allocates nor locks in [`process`](Stage::process), and takes no clock: time is
/// [`Block::at`], so that a replay is exact.
///
/// ```
/// use kws_engine::{Block, StageFault, Flow, Stage};
///
/// /// Mean of each block.
/// struct Mean;
///
/// impl Stage for Mean {
///     type In = f32;
///     type Out = f32;
///     fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
///         output[0] = input.iter().sum::<f32>() / input.len() as f32;
///         Ok(Flow::Emit)
///     }
/// }
/// ```
pub trait Stage {
    /// What it reads: `()` for a source, an item type, a tuple of them for a join, or [`Any`] for a merge.
    type In: Ports;
    /// What it writes: `()` for a sink, or an item type.
    type Out: Ports;

    /// Whether it does something beside writing blocks, as one that keeps a file of what passes: such a stage works on
    /// when nobody reads what it writes any more, so that what it does depends on the stream alone.
    const ACTS: bool = false;

    /// Opens what the stage holds outside, such as a file or a connection: called once on a computer, before the first block.
    /// [`Opened`](crate::Opened) does so for a stage that is made from what it holds.
    ///
    /// # Errors
    /// A [`StageFault`] keeps the run from starting, unless the pipeline lets the stage go on (`on_fault`): then it is tried
    /// again later, by [`recover`](Stage::recover).
    fn start(&mut self) -> Result<(), StageFault> {
        Ok(())
    }

    /// Takes one block and writes at most one block.
    ///
    /// A source that waits for hardware waits here, but for no longer than about 100 ms, then says [`Flow::Skip`].
    ///
    /// # Errors
    /// A [`StageFault`] ends the run, unless the pipeline lets the stage go on (`on_fault`); the engine adds the stage's
    /// name.
    fn process(
        &mut self,
        input: Read<'_, Self::In>,
        output: Write<'_, Self::Out>,
    ) -> Result<Flow, StageFault>;

    /// Forgets the past, after a gap in the stream. Keeps parameters.
    fn reset(&mut self) {}

    /// A gap came by an input after the first. Forgets the past as after any gap, unless the stage says otherwise: what
    /// only the first input fills need not be forgotten then.
    fn reset_beside(&mut self) {
        self.reset();
    }

    /// Begins another stream: forgets also what a gap does not end, such as how long ago an event was. Keeps parameters.
    fn restart(&mut self) {
        self.reset();
    }

    /// Starts over after a failure, where the pipeline lets the stage go on (`on_fault`): by default as on another
    /// stream. A stage that holds something outside, such as a file or a connection, opens it again here.
    ///
    /// # Errors
    /// When that fails: it is tried again later.
    fn recover(&mut self) -> Result<(), StageFault> {
        self.restart();
        Ok(())
    }

    /// Called once after the last block: a sink completes its file here.
    ///
    /// # Errors
    /// As [`process`](Stage::process).
    fn finish(&mut self) -> Result<(), StageFault> {
        Ok(())
    }
}

/// What a firing did.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Nothing was written.
    Skip,
    /// One whole output block was written.
    Emit,
    /// A source wrote one whole block that bears this tick: a replay, whose blocks need not be evenly spaced.
    /// Ticks never go back, and rise where a join or a merge follows.
    EmitAt(u64),
    /// Nothing was written, and this many ticks of the stream are lost here: an overrun of a source. What is emitted
    /// next comes after a gap, which resets the stages that it passes.
    Lost(u64),
    /// Nothing was written, because the block that was read is withheld: a gate that is closed. What is emitted next comes
    /// after as long a gap as the stream was idle, which resets the stages that it passes.
    Idle,
    /// The stream is over; nothing was written.
    End,
}

/// Why a stage cannot go on.
///
/// On the host it is one word large, so that a firing's result travels in registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageFault {
    #[cfg(feature = "std")]
    text: Box<std::borrow::Cow<'static, str>>,
    #[cfg(not(feature = "std"))]
    text: &'static str,
}

impl StageFault {
    /// A fault with a fixed text: what was found, what was expected, what to do.
    #[cfg(feature = "std")]
    pub fn new(text: &'static str) -> Self {
        StageFault { text: Box::new(std::borrow::Cow::Borrowed(text)) }
    }

    /// A fault with a fixed text: what was found, what was expected, what to do.
    #[cfg(not(feature = "std"))]
    pub const fn new(text: &'static str) -> Self {
        StageFault { text }
    }

    /// A fault whose text is made at run time.
    #[cfg(feature = "std")]
    pub fn because(text: impl Into<String>) -> Self {
        StageFault { text: Box::new(std::borrow::Cow::Owned(text.into())) }
    }

    /// The fault of a stage that panicked.
    #[cfg(feature = "std")]
    pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        StageFault::because(format!("it panicked: {}", text.unwrap_or("no message")))
    }
}

impl core::fmt::Display for StageFault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.text)
    }
}

impl core::error::Error for StageFault {}

/// What a stage reads or writes, as a type: `()`, an [`Item`], `(A, B)`, `(A, B, C)` or [`Any`].
pub trait Ports {
    /// What [`Stage::process`] is handed for reading.
    type Read<'a>;
    /// What [`Stage::process`] is handed for writing.
    type Write<'a>;

    /// The tick of the block that fires; none of a source.
    #[doc(hidden)]
    fn at(read: &Self::Read<'_>) -> Option<u64>;
}

/// What a stage with input `P` is handed.
pub type Read<'a, P> = <P as Ports>::Read<'a>;
/// What a stage with output `P` is handed.
pub type Write<'a, P> = <P as Ports>::Write<'a>;

/// Several inputs of one element, read one block at a time in the order of their ticks: a merge.
///
/// The stage reads `(which, block)`, where `which` counts its inputs from 0. Blocks of equal time come in the order
/// in which the inputs are listed.
///
/// What comes from a merge may hold several blocks of one tick. It is read by chains and sinks, and by a join as its first
/// input, but not by another merge: the order would depend on threads, and a run that tries is refused.
pub struct Any<T>(core::marker::PhantomData<T>);

/// Nothing can be written through several inputs: their [`Ports::Write`].
pub enum Never {}

impl Ports for () {
    type Read<'a> = ();
    type Write<'a> = ();

    fn at((): &()) -> Option<u64> {
        None
    }
}

impl<T: Item> Ports for T {
    type Read<'a> = Block<'a, T>;
    type Write<'a> = &'a mut [T];

    fn at(read: &Block<'_, T>) -> Option<u64> {
        Some(read.at)
    }
}

/// A join of two: fires on the first, and reads the second at its latest block whose time is not later; of events it
/// reads the newest of each place.
impl<A: Item, B: Item> Ports for (A, B) {
    type Read<'a> = (Block<'a, A>, Option<Block<'a, B>>);
    type Write<'a> = Never;

    fn at(read: &Self::Read<'_>) -> Option<u64> {
        Some(read.0.at)
    }
}

/// A join of three: fires on the first, and reads the others at their latest blocks whose time is not later.
impl<A: Item, B: Item, C: Item> Ports for (A, B, C) {
    type Read<'a> = (Block<'a, A>, Option<Block<'a, B>>, Option<Block<'a, C>>);
    type Write<'a> = Never;

    fn at(read: &Self::Read<'_>) -> Option<u64> {
        Some(read.0.at)
    }
}

impl<T: Item> Ports for Any<T> {
    type Read<'a> = (usize, Block<'a, T>);
    type Write<'a> = Never;

    fn at(read: &Self::Read<'_>) -> Option<u64> {
        Some(read.1.at)
    }
}
