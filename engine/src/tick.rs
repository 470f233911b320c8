//! One tick of a lane whose schedule was fixed when the firmware was built.
//!
//! Firmware calls its stages in a straight line, each through its [`Slot`], which does what a lane of the host does
//! between two firings, by the same [`Track`]: it stamps what is written, carries gaps on and resets what they pass, and
//! ends what has nothing more to read. A [`News`] is what a slot has to tell those that read it. See `firmware`, which
//! writes such lanes.
//!
//! A lane has one source, so that all that a tick brings is of one moment and nothing has to wait for the rest of it:
//! joins and merges read what their inputs brought in the same tick. So a stage before a join must not stamp its blocks
//! later than the tick that made it fire; one that does is a failure.

use crate::block::Block;
use crate::item::Item;
use crate::lane::{Misstamp, Step, Track};
use crate::stage::{Any, Flow, Stage, StageFault, Write};

mod join;
mod ring;

pub use crate::lane::Mark;
pub use join::Latest;
pub use ring::{Incoming, Outgoing, Ring, RingReader, RingWriter, WhenFull};

/// What a slot has to tell its readers after its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Nothing was written.
    Nothing,
    /// A block is in its buffer.
    Block(Mark),
    /// Nothing will be written any more.
    End,
}

impl News {
    /// What the tick of a source with these news was: of blocks, of nothing, or the last.
    pub const fn flow(self) -> Flow {
        match self {
            News::Nothing => Flow::Skip,
            News::Block(_) => Flow::Emit,
            News::End => Flow::End,
        }
    }

    /// Whether nothing will be written any more.
    pub const fn is_end(self) -> bool {
        matches!(self, News::End)
    }
}

/// A hole in a stream, as the stage that met it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The stage.
    pub stage: &'static str,
    /// Its last tick.
    pub at: u64,
    /// Ticks that are missing, up to and with that one.
    pub lost: u64,
}

/// A stage that cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickError {
    /// The stage.
    pub stage: &'static str,
    /// Why.
    pub fault: StageFault,
}

impl core::fmt::Display for TickError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "stage `{}` failed: {}", self.stage, self.fault)
    }
}

impl core::error::Error for TickError {}

/// A stage's place in the lane: the stage, and what the lane knows of its stream.
pub struct Slot<S> {
    name: &'static str,
    stage: S,
    /// The stream that it writes.
    track: Track,
    /// Ticks that it lost itself, and that nobody has asked for yet.
    pending: u64,
}

impl<S> Slot<S> {
    /// A slot before the first tick.
    pub const fn new(name: &'static str, stage: S) -> Self {
        Slot { name, stage, track: Track::new(), pending: 0 }
    }

    /// The slot of a source that leads to a join or a merge, before the first tick: see [`Track::rising`].
    pub const fn rising(name: &'static str, stage: S) -> Self {
        Slot { name, stage, track: Track::rising(), pending: 0 }
    }

    /// The stage, for what only its maker knows of it.
    pub const fn stage(&mut self) -> &mut S {
        &mut self.stage
    }

    /// Tells what the stage itself lost of its stream since it was last asked.
    pub fn gap(&mut self, tell: &mut impl FnMut(Gap)) {
        if self.pending > 0 {
            let lost = core::mem::take(&mut self.pending);
            tell(Gap { stage: self.name, at: self.track.clock(), lost });
        }
    }

    /// Ends with a fault: the stage is not called again.
    #[cold]
    fn fail(&mut self, fault: StageFault) -> TickError {
        self.track.end();
        TickError { stage: self.name, fault }
    }
}

impl<S: Stage> Slot<S> {
    /// Gives what zeros are not its first value.
    pub fn start(&mut self) {
        self.stage.reset();
    }

    /// Ends the stage after its last block.
    ///
    /// # Errors
    /// When it cannot complete what it has begun.
    pub fn end(&mut self) -> Result<News, TickError> {
        if self.track.end() {
            self.stage.finish().map_err(|fault| self.fail(fault))?;
        }
        Ok(News::End)
    }

    /// What comes before a block: a gap resets the stage, and is passed on.
    fn pass(&mut self, mark: Mark) {
        if self.track.pass(mark.lost) {
            self.stage.reset();
        }
    }

    /// What follows from a firing on a block of tick `at`.
    fn follow(&mut self, at: u64, result: Result<Flow, StageFault>) -> Result<News, TickError> {
        match result {
            Ok(flow) => {
                let step = self.track.follow(at, flow);
                self.take(step)
            }
            Err(fault) => Err(self.fail(fault)),
        }
    }

    /// What the readers learn of a step.
    fn take(&mut self, step: Result<Step, Misstamp>) -> Result<News, TickError> {
        match step {
            Ok(Step::Nothing) => Ok(News::Nothing),
            Ok(Step::Block(mark)) => Ok(News::Block(mark)),
            Ok(Step::Lost { lost, .. }) => {
                self.pending += lost;
                Ok(News::Nothing)
            }
            Ok(Step::End) => self.end(),
            Err(_) => Err(self.fail(StageFault::new(
                "it wrote a block at an earlier tick than the previous one, or, before a join or a merge, at the same \
                 tick",
            ))),
        }
    }
}

impl<O: Item, S: Stage<In = (), Out = O>> Slot<S> {
    /// Fires a source of blocks of `period` ticks.
    ///
    /// # Errors
    /// The stage's own fault.
    pub fn draw(&mut self, period: u64, output: &mut [O]) -> Result<News, TickError> {
        if self.track.ended() {
            return Ok(News::End);
        }
        match self.stage.process((), output) {
            Ok(flow) => {
                let step = self.track.draw(period, flow);
                self.take(step)
            }
            Err(fault) => Err(self.fail(fault)),
        }
    }
}

impl<I: Item, S: Stage<In = I>> Slot<S> {
    /// Fires a stage of one input, if there is a block.
    ///
    /// # Errors
    /// The stage's own fault.
    pub fn fire(&mut self, news: News, input: &[I], output: Write<'_, S::Out>) -> Result<News, TickError> {
        if self.track.ended() {
            return Ok(News::End);
        }
        match news {
            News::Nothing => Ok(News::Nothing),
            News::End => self.end(),
            News::Block(mark) => {
                self.pass(mark);
                let result = self.stage.process(Block { at: mark.at, items: input }, output);
                self.follow(mark.at, result)
            }
        }
    }
}

impl<I: Item, S: Stage<In = Any<I>, Out = ()>> Slot<S> {
    /// Fires a sink that merges its inputs: once for each block, in the order of their ticks, those of one tick in the
    /// order of the inputs.
    ///
    /// # Errors
    /// The stage's own fault.
    pub fn merge<const N: usize>(&mut self, mut inputs: [(News, &[I]); N]) -> Result<News, TickError> {
        let over = inputs.iter().all(|(news, _)| news.is_end());
        while let Some((which, mark)) = earliest(&inputs).filter(|_| !self.track.ended()) {
            inputs[which].0 = News::Nothing;
            self.pass(mark);
            let block = Block { at: mark.at, items: inputs[which].1 };
            let result = self.stage.process((which, block), ());
            self.follow(mark.at, result)?;
        }
        if over || self.track.ended() { self.end() } else { Ok(News::Nothing) }
    }
}

/// The earliest block, and which input it came by.
fn earliest<I>(inputs: &[(News, &[I])]) -> Option<(usize, Mark)> {
    let mut first: Option<(usize, Mark)> = None;
    for (which, (news, _)) in inputs.iter().enumerate() {
        if let News::Block(mark) = *news
            && first.is_none_or(|(_, best)| mark.at < best.at)
        {
            first = Some((which, mark));
        }
    }
    first
}
