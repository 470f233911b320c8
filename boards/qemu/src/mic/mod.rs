//! The emulated microphone: a recording that is handed over as fast as it is worked off, or by an interrupt.

mod clocked;
mod replay;

pub use clocked::{Clocked, heard, listen, tick};
pub use replay::Replay;

use kws_engine::{Fault, Flow, Stage};

/// What `mic` is on these machines: the source of blocks of `N` samples.
pub enum Mic<const N: usize> {
    /// Blocks come as fast as they are worked off.
    Replay(Replay),
    /// An interrupt fills a ring.
    Clocked(Clocked<N>),
}

impl<const N: usize> Stage for Mic<N> {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), block: &mut [i16]) -> Result<Flow, Fault> {
        match self {
            Mic::Replay(replay) => Ok(replay.next(block)),
            Mic::Clocked(clocked) => clocked.process((), block),
        }
    }
}
