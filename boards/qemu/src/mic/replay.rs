//! A recording as fast as possible.

use kws_engine::Flow;

use crate::disturbance::{Disturbance, Disturbances, Kind};
use crate::wav::Wav;

/// A recording, cut into blocks, and what happens to them.
pub struct Replay {
    wav: Wav,
    disturbances: Disturbances,
    /// Samples that are over, whether heard or lost.
    at: u64,
    /// Firings at which nothing comes yet.
    waits: u64,
    /// Samples that are lost once the wait is over.
    lost: u64,
}

impl Replay {
    /// Of a recording.
    pub const fn new(wav: Wav, disturbances: Disturbances) -> Self {
        Replay { wav, disturbances, at: 0, waits: 0, lost: 0 }
    }

    /// The next block, what was lost instead, or nothing yet. A last incomplete block is dropped.
    pub(super) fn next(&mut self, block: &mut [i16]) -> Flow {
        let length = block.len() as u64;
        let kinds = [Kind::Stall, Kind::Overrun, Kind::Restart];
        if let Some(disturbance) = self.disturbances.take(&kinds, self.at + length) {
            self.begin(disturbance, length);
        }
        if self.waits > 0 {
            self.waits -= 1;
            return Flow::Skip;
        }
        if self.lost > 0 {
            return self.lose(block);
        }
        if self.wav.read(block).is_none() {
            return Flow::End;
        }
        self.disturbances.clip(self.at, block);
        self.at += length;
        Flow::Emit
    }

    /// What is lost is widened to whole blocks, as every microphone does.
    fn begin(&mut self, disturbance: Disturbance, block: u64) {
        if disturbance.kind != Kind::Overrun {
            self.waits = (disturbance.end - disturbance.begin).div_ceil(block);
        }
        if disturbance.kind != Kind::Stall {
            self.lost = disturbance.end.saturating_sub(self.at).next_multiple_of(block);
        }
    }

    fn lose(&mut self, block: &mut [i16]) -> Flow {
        let lost = core::mem::take(&mut self.lost);
        for _ in 0..lost / block.len() as u64 {
            if self.wav.read(block).is_none() {
                return Flow::End;
            }
        }
        self.at += lost;
        Flow::Lost(lost)
    }
}
