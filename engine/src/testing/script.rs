//! A source that says what a test has written down.

use std::collections::VecDeque;

use super::Latch;
use crate::item::Item;
use crate::node::{Node, node};
use crate::stage::{Flow, Stage, StageFault};

/// What one firing does, or a few.
#[derive(Clone, Debug)]
enum Step<T> {
    /// As many blocks as there are whole ones.
    Items(VecDeque<T>),
    At(u64, Vec<T>),
    Says(Flow),
    Fails(StageFault),
    Panics(String),
    Opens(Latch),
    Waits(Latch),
    Hangs(Latch),
}

/// What a source shall bring, step by step; then its stream is over.
///
/// ```
/// use kws_engine::testing::Script;
/// use kws_engine::{Flow, Stage};
///
/// let mut source = Script::new().items(&[1_i16, 2, 3, 4]).lost(5).items(&[6, 7]).stage();
/// let mut block = [0; 2];
/// let flows: Vec<Flow> = (0..5).filter_map(|_| source.process((), &mut block).ok()).collect();
/// assert_eq!(flows, [Flow::Emit, Flow::Emit, Flow::Lost(5), Flow::Emit, Flow::End]);
/// ```
#[derive(Clone, Debug)]
pub struct Script<T> {
    steps: VecDeque<Step<T>>,
}

impl<T> Default for Script<T> {
    fn default() -> Self {
        Script { steps: VecDeque::new() }
    }
}

impl<T: Item> Script<T> {
    /// A stream that is over at once.
    pub fn new() -> Self {
        Script::default()
    }

    fn then(mut self, step: Step<T>) -> Self {
        self.steps.push_back(step);
        self
    }

    /// Brings these items, block by block; an incomplete last block is dropped, as all sources do.
    #[must_use]
    pub fn items(self, items: &[T]) -> Self {
        self.then(Step::Items(items.iter().copied().collect()))
    }

    /// Brings one block that bears this tick.
    #[must_use]
    pub fn at(self, tick: u64, block: &[T]) -> Self {
        self.then(Step::At(tick, block.to_vec()))
    }

    /// Loses so many ticks, as a source that overruns.
    #[must_use]
    pub fn lost(self, ticks: u64) -> Self {
        self.then(Step::Says(Flow::Lost(ticks)))
    }

    /// Fires once without a block.
    #[must_use]
    pub fn skips(self) -> Self {
        self.then(Step::Says(Flow::Skip))
    }

    /// Fails; where the pipeline lets it go on, so does the script.
    #[must_use]
    pub fn fails(self, text: &'static str) -> Self {
        self.then(Step::Fails(StageFault::new(text)))
    }

    /// Panics; where the pipeline lets it go on, so does the script.
    #[must_use]
    pub fn panics(self, text: &str) -> Self {
        self.then(Step::Panics(text.to_owned()))
    }

    /// Opens a latch.
    #[must_use]
    pub fn opens(self, latch: &Latch) -> Self {
        self.then(Step::Opens(latch.clone()))
    }

    /// Has nothing to bring until a latch is open.
    #[must_use]
    pub fn waits(self, latch: &Latch) -> Self {
        self.then(Step::Waits(latch.clone()))
    }

    /// Hangs within a firing until a latch is open: its lane does nothing else meanwhile.
    #[must_use]
    pub fn hangs(self, latch: &Latch) -> Self {
        self.then(Step::Hangs(latch.clone()))
    }

    /// The source as a stage.
    pub fn stage(self) -> ScriptSource<T> {
        ScriptSource(self)
    }

    /// The source, to be put in the place of a pipeline's own.
    pub fn source(self) -> Box<dyn Node> {
        node(self.stage())
    }
}

/// The source of a [`Script`].
#[derive(Clone, Debug)]
pub struct ScriptSource<T>(Script<T>);

impl<T: Item> Stage for ScriptSource<T> {
    type In = ();
    type Out = T;

    fn process(&mut self, (): (), output: &mut [T]) -> Result<Flow, StageFault> {
        loop {
            match self.0.steps.front_mut() {
                None => return Ok(Flow::End),
                Some(Step::Items(items)) if items.len() >= output.len() => {
                    let block = items.drain(..output.len());
                    block.zip(output.iter_mut()).for_each(|(from, to)| *to = from);
                    return Ok(Flow::Emit);
                }
                Some(Step::Items(_)) => {}
                Some(Step::Opens(latch)) => latch.open(),
                Some(Step::Waits(latch)) if !latch.is_open() => {
                    std::thread::yield_now();
                    return Ok(Flow::Skip);
                }
                Some(Step::Waits(_)) => {}
                Some(Step::Hangs(latch)) => latch.wait(),
                Some(Step::At(tick, block)) => {
                    let tick = *tick;
                    output.copy_from_slice(block);
                    self.0.steps.pop_front();
                    return Ok(Flow::EmitAt(tick));
                }
                Some(Step::Says(flow)) => {
                    let flow = *flow;
                    self.0.steps.pop_front();
                    return Ok(flow);
                }
                Some(Step::Fails(fault)) => {
                    let fault = fault.clone();
                    self.0.steps.pop_front();
                    return Err(fault);
                }
                Some(Step::Panics(text)) => {
                    let text = std::mem::take(text);
                    self.0.steps.pop_front();
                    panic!("{text}");
                }
            }
            self.0.steps.pop_front();
        }
    }
}
