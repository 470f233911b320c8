//! The emulated microphone: a recording that is handed over as fast as it is worked off, or by an interrupt.

mod clocked;
mod replay;

pub use clocked::{Clocked, heard, listen, tick};
pub use replay::Replay;

use kws_engine::{Flow, Stage, StageFault};

use crate::arguments::Pace;
use crate::disturbance::Disturbances;
use crate::machine::Clock;
use crate::source::Source;
use crate::wav::{self, Wav};

/// What `mic` is on these machines: the source of blocks of `N` samples.
pub enum Mic<const N: usize> {
    /// Blocks come as fast as they are worked off.
    Replay(Replay),
    /// An interrupt fills a ring.
    Clocked(Clocked<N>),
}

impl<const N: usize> Source for Mic<N> {
    const ARGUMENT: &'static str = "wav";
    const RATE: u32 = wav::RATE;
    type Recording = Wav;

    fn open(path: &str) -> Result<Wav, &'static str> {
        Wav::open(path)
    }

    fn play(wav: Wav, pace: Pace, disturbances: Disturbances) -> (Self, Clock) {
        match pace {
            Pace::Free => (Mic::Replay(Replay::new(wav, disturbances)), Clock::start()),
            Pace::Clock => (Mic::Clocked(listen(wav, disturbances)), Clock::every_millisecond(tick)),
        }
    }
}

impl<const N: usize> Stage for Mic<N> {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), block: &mut [i16]) -> Result<Flow, StageFault> {
        match self {
            Mic::Replay(replay) => Ok(replay.next(block)),
            Mic::Clocked(clocked) => clocked.process((), block),
        }
    }
}
