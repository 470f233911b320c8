//! A sink that keeps what it sees.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::block::Block;
use crate::item::Item;
use crate::node::{Node, node};
use crate::stage::{Flow, Stage, StageFault};

/// What came to a sink.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen<T> {
    /// A block: the tick that completed it, and its items.
    Block(u64, Vec<T>),
    /// A gap, which resets the sink.
    Reset,
    /// The end of the stream.
    Finish,
}

/// The blocks among what came: the tick that completed each, and its items.
pub fn blocks<T: Clone>(seen: &[Seen<T>]) -> Vec<(u64, Vec<T>)> {
    let block = |seen: &Seen<T>| match seen {
        Seen::Block(at, items) => Some((*at, items.clone())),
        Seen::Reset | Seen::Finish => None,
    };
    seen.iter().filter_map(block).collect()
}

/// What came to a sink that keeps everything: [`sink`](Self::sink) makes the sink, for any stage that reads `T`.
///
/// ```
/// use kws_engine::testing::{Capture, Seen};
/// use kws_engine::{Block, Stage};
///
/// let capture = Capture::new();
/// let mut sink = capture.stage();
/// sink.process(Block { at: 4, items: &[1_i16, 2] }, ())?;
/// sink.reset();
/// assert_eq!(capture.take(), [Seen::Block(4, vec![1, 2]), Seen::Reset]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Debug)]
pub struct Capture<T>(Arc<Mutex<Vec<Seen<T>>>>);

impl<T> Clone for Capture<T> {
    fn clone(&self) -> Self {
        Capture(self.0.clone())
    }
}

impl<T> Default for Capture<T> {
    fn default() -> Self {
        Capture(Arc::default())
    }
}

impl<T: Item> Capture<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        Capture::default()
    }

    /// A sink that keeps what it sees here.
    pub fn sink(&self) -> Box<dyn Node> {
        node(self.stage())
    }

    /// As [`sink`](Self::sink), as a stage, for one that does something beside.
    pub fn stage(&self) -> CaptureSink<T> {
        CaptureSink(self.clone())
    }

    /// A stage that takes the place of one that writes `O`, keeps what it reads here, and writes nothing.
    pub fn instead<O: Item>(&self) -> Box<dyn Node> {
        node(Instead::<T, O>(self.clone(), PhantomData))
    }

    /// Notes something.
    pub fn note(&self, seen: Seen<T>) {
        self.lock().push(seen);
    }

    /// All that has come so far.
    pub fn seen(&self) -> Vec<Seen<T>> {
        self.lock().clone()
    }

    /// As [`seen`](Self::seen), and forgets it.
    pub fn take(&self) -> Vec<Seen<T>> {
        std::mem::take(&mut *self.lock())
    }

    /// The blocks that have come: the tick that completed each, and its items.
    pub fn blocks(&self) -> Vec<(u64, Vec<T>)> {
        blocks(&self.lock())
    }

    /// The items of all blocks, one after the other.
    pub fn items(&self) -> Vec<T> {
        self.blocks().into_iter().flat_map(|(_, items)| items).collect()
    }

    /// What holds: also of a sink that panicked, since each note is whole.
    fn lock(&self) -> MutexGuard<'_, Vec<Seen<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sink of a [`Capture`].
#[derive(Debug)]
pub struct CaptureSink<T>(Capture<T>);

impl<T: Item> Stage for CaptureSink<T> {
    type In = T;
    type Out = ();

    fn process(&mut self, input: Block<'_, T>, (): ()) -> Result<Flow, StageFault> {
        self.0.note(Seen::Block(input.at, input.to_vec()));
        Ok(Flow::Skip)
    }

    fn reset(&mut self) {
        self.0.note(Seen::Reset);
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.0.note(Seen::Finish);
        Ok(())
    }
}

struct Instead<T, O>(Capture<T>, PhantomData<fn() -> O>);

impl<T: Item, O: Item> Stage for Instead<T, O> {
    type In = T;
    type Out = O;

    fn process(&mut self, input: Block<'_, T>, _: &mut [O]) -> Result<Flow, StageFault> {
        self.0.note(Seen::Block(input.at, input.to_vec()));
        Ok(Flow::Skip)
    }

    fn reset(&mut self) {
        self.0.note(Seen::Reset);
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.0.note(Seen::Finish);
        Ok(())
    }
}
