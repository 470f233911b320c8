//! A microphone that plays the repository's recording, and stalls and overruns at set times.

use std::sync::{Arc, LazyLock};

use kws_engine::{Flow, Stage, StageFault};
use kws_tests::listening::recording;

/// Blocks from one overrun to the next, and the samples that each of them loses: no whole number of blocks.
const LOSES_EVERY: usize = 701;
const LOSES: usize = 1111;
/// Turns from one without a block to the next.
const STALLS_EVERY: usize = 53;

/// The samples of the recording.
static SAMPLES: LazyLock<Arc<[i16]>> = LazyLock::new(|| recording().into());

/// What firmware is given as its microphone.
pub struct Mic<const BLOCK: usize> {
    samples: Arc<[i16]>,
    place: usize,
    turn: usize,
}

#[allow(clippy::new_without_default, reason = "a microphone has no default")]
impl<const BLOCK: usize> Mic<BLOCK> {
    /// At the begin of the recording.
    pub fn new() -> Self {
        Mic { samples: SAMPLES.clone(), place: 0, turn: 0 }
    }
}

impl<const BLOCK: usize> Stage for Mic<BLOCK> {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), output: &mut [i16]) -> Result<Flow, StageFault> {
        self.turn += 1;
        if self.turn.is_multiple_of(STALLS_EVERY) {
            return Ok(Flow::Skip);
        }
        if self.turn.is_multiple_of(LOSES_EVERY) {
            self.place += LOSES;
            return Ok(Flow::Lost(LOSES as u64));
        }
        let Some(samples) = self.samples.get(self.place..self.place + output.len()) else {
            return Ok(Flow::End);
        };
        output.copy_from_slice(samples);
        self.place += output.len();
        Ok(Flow::Emit)
    }
}
