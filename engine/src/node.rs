//! A stage whose types are known only at run time: what lanes call.

use crate::block::Block;
use crate::buffer::Buffer;
use crate::event::Event;
use crate::item::{Element, Item};
use crate::stage::{Any, Flow, Ports, Read, Stage, StageFault, Write};

/// A stage with its types erased. Made by [`node`] from any [`Stage`]; nobody else needs to implement it.
pub trait Node: Send {
    /// What its stage's types say of it.
    fn signature(&self) -> Signature;
    /// See [`Stage::start`].
    ///
    /// # Errors
    /// The stage's own fault.
    fn start(&mut self) -> Result<(), StageFault>;
    /// See [`Stage::process`].
    ///
    /// # Errors
    /// The stage's own fault.
    fn fire(&mut self, inputs: Inputs<'_>, output: &mut Buffer) -> Result<Flow, StageFault>;
    /// See [`Stage::reset`].
    fn reset(&mut self);
    /// See [`Stage::reset_beside`].
    fn reset_beside(&mut self);
    /// See [`Stage::restart`].
    fn restart(&mut self);
    /// See [`Stage::recover`].
    ///
    /// # Errors
    /// The stage's own fault.
    fn recover(&mut self) -> Result<(), StageFault>;
    /// See [`Stage::finish`].
    ///
    /// # Errors
    /// The stage's own fault.
    fn finish(&mut self) -> Result<(), StageFault>;
}

/// What a stage's types say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Elements that it reads, one for each input; a merge names its one element once.
    pub reads: &'static [Element],
    /// Which of its inputs make it fire.
    pub firing: Firing,
    /// Element that it writes; `None` for a sink.
    pub writes: Option<Element>,
    /// See [`Stage::ACTS`].
    pub acts: bool,
}

/// Which of a stage's inputs make it fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firing {
    /// It has none: a source fires whenever its output has room.
    Source,
    /// The first; the others are read at their latest block.
    First,
    /// Each, in the order of their ticks.
    Each,
}

/// What one firing of a [`Node`] reads.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The block that fires.
    pub block: &'a Buffer,
    /// The tick that completed it.
    pub at: u64,
    /// Which input it came by.
    pub which: usize,
    /// The latest blocks of the second input and those after it.
    pub latest: &'a [Latest],
}

/// The latest block of a join's input after the first, of events the newest of each place. The buffer that it came by may meanwhile be written to.
#[derive(Clone, Debug)]
pub struct Latest {
    /// The tick that completed it; `None` before the first.
    at: Option<u64>,
    buffer: Buffer,
}

impl Latest {
    /// Before the first block; `buffer` has room for one.
    pub(crate) fn new(buffer: Buffer) -> Self {
        Latest { at: None, buffer }
    }

    /// Takes a block in.
    pub(crate) fn take(&mut self, at: u64, block: &Buffer) {
        match (&mut self.buffer, block) {
            (Buffer::Event(latest), Buffer::Event(block)) if self.at.is_some() => Event::renew(latest, block),
            (latest, block) => latest.copy_from(block),
        }
        self.at = Some(at);
    }

    /// Back to before the first block.
    pub(crate) fn forget(&mut self) {
        self.at = None;
    }
}

/// Wraps a stage for the host's lanes.
pub fn node<S>(stage: S) -> Box<dyn Node>
where
    S: Stage + Send + 'static,
    S::In: HostInput,
    S::Out: HostOutput,
{
    Box::new(Erased(stage))
}

/// Wraps a stage whose types are known only at run time: `fire` is called in place of its firings, and may let it fire. All
/// else goes to the stage as it is.
pub fn around<F>(node: Box<dyn Node>, fire: F) -> Box<dyn Node>
where
    F: FnMut(&mut dyn Node, Inputs<'_>, &mut Buffer) -> Result<Flow, StageFault> + Send + 'static,
{
    Box::new(Around { node, fire })
}

struct Around<F> {
    node: Box<dyn Node>,
    fire: F,
}

impl<F> Node for Around<F>
where
    F: FnMut(&mut dyn Node, Inputs<'_>, &mut Buffer) -> Result<Flow, StageFault> + Send,
{
    fn signature(&self) -> Signature {
        self.node.signature()
    }

    fn start(&mut self) -> Result<(), StageFault> {
        self.node.start()
    }

    fn fire(&mut self, inputs: Inputs<'_>, output: &mut Buffer) -> Result<Flow, StageFault> {
        (self.fire)(&mut *self.node, inputs, output)
    }

    fn reset(&mut self) {
        self.node.reset();
    }

    fn reset_beside(&mut self) {
        self.node.reset_beside();
    }

    fn restart(&mut self) {
        self.node.restart();
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        self.node.recover()
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.node.finish()
    }
}

struct Erased<S>(S);

impl<S> Node for Erased<S>
where
    S: Stage + Send,
    S::In: HostInput,
    S::Out: HostOutput,
{
    fn signature(&self) -> Signature {
        Signature { reads: S::In::ELEMENTS, firing: S::In::FIRING, writes: S::Out::ELEMENT, acts: S::ACTS }
    }

    fn start(&mut self) -> Result<(), StageFault> {
        self.0.start()
    }

    #[inline]
    fn fire(&mut self, inputs: Inputs<'_>, output: &mut Buffer) -> Result<Flow, StageFault> {
        self.0.process(S::In::read(inputs), S::Out::write(output))
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn reset_beside(&mut self) {
        self.0.reset_beside();
    }

    fn restart(&mut self) {
        self.0.restart();
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        self.0.recover()
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.0.finish()
    }
}

/// How the host finds what a stage reads.
pub trait HostInput: Ports {
    /// One element for each input.
    const ELEMENTS: &'static [Element];
    /// Which inputs make it fire.
    const FIRING: Firing;
    /// The typed view of what has come.
    fn read(inputs: Inputs<'_>) -> Read<'_, Self>;
}

/// How the host finds what a stage writes.
pub trait HostOutput: Ports {
    /// Its element; `None` for a sink.
    const ELEMENT: Option<Element>;
    /// The typed view of the block to be written.
    fn write(output: &mut Buffer) -> Write<'_, Self>;
}

/// The planner compares elements before it builds, so that a mismatch here is a bug of the engine.
fn items<T: Item>(buffer: &Buffer) -> &[T] {
    T::items(buffer).expect("the planner gave a stage the element that it reads")
}

fn latest<T: Item>(inputs: Inputs<'_>, index: usize) -> Option<Block<'_, T>> {
    let latest = &inputs.latest[index];
    latest.at.map(|at| Block { at, items: items(&latest.buffer) })
}

impl HostInput for () {
    const ELEMENTS: &'static [Element] = &[];
    const FIRING: Firing = Firing::Source;
    fn read(_: Inputs<'_>) {}
}

impl HostOutput for () {
    const ELEMENT: Option<Element> = None;
    fn write(_: &mut Buffer) {}
}

impl<T: Item> HostInput for T {
    const ELEMENTS: &'static [Element] = &[T::ELEMENT];
    const FIRING: Firing = Firing::First;
    #[inline]
    fn read(inputs: Inputs<'_>) -> Block<'_, T> {
        Block { at: inputs.at, items: items(inputs.block) }
    }
}

impl<T: Item> HostOutput for T {
    const ELEMENT: Option<Element> = Some(T::ELEMENT);
    #[inline]
    fn write(output: &mut Buffer) -> &mut [T] {
        T::items_mut(output).expect("the planner gave a stage the element that it writes")
    }
}

impl<A: Item, B: Item> HostInput for (A, B) {
    const ELEMENTS: &'static [Element] = &[A::ELEMENT, B::ELEMENT];
    const FIRING: Firing = Firing::First;
    fn read(inputs: Inputs<'_>) -> Read<'_, Self> {
        (A::read(inputs), latest(inputs, 0))
    }
}

impl<A: Item, B: Item, C: Item> HostInput for (A, B, C) {
    const ELEMENTS: &'static [Element] = &[A::ELEMENT, B::ELEMENT, C::ELEMENT];
    const FIRING: Firing = Firing::First;
    fn read(inputs: Inputs<'_>) -> Read<'_, Self> {
        (A::read(inputs), latest(inputs, 0), latest(inputs, 1))
    }
}

impl<T: Item> HostInput for Any<T> {
    const ELEMENTS: &'static [Element] = &[T::ELEMENT];
    const FIRING: Firing = Firing::Each;
    fn read(inputs: Inputs<'_>) -> (usize, Block<'_, T>) {
        (inputs.which, T::read(inputs))
    }
}
