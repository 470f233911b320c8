//! What a lane knows of the stream that one of its stages writes.

use super::{Mark, Misstamp};
use crate::stage::Flow;

/// The stream that one stage writes, as a lane keeps it between two firings: the state machine that threads, firmware
/// and sessions drive.
///
/// A firing says with its [`Flow`] what it did. The track turns that into a [`Step`], what the lane has to do about it:
/// a block gets its tick and the ticks that are missing before it, and whoever stamps blocks itself is held to what
/// readers may rely on.
#[derive(Clone, Debug)]
pub struct Track {
    /// Tick of the last block that was written.
    at: u64,
    /// Tick that a source has come to; of other stages that of their last own gap.
    clock: u64,
    /// Ticks missing since that block.
    lost: u64,
    /// Whether a source's ticks must rise: a join or a merge follows, to which two blocks of one tick are one moment.
    rises: bool,
    ended: bool,
}

/// What follows from a firing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing was written.
    Nothing,
    /// A block was written: its readers are to see it.
    Block(Mark),
    /// The stage lost part of its stream itself, which is to be reported.
    Lost {
        /// The last tick that is missing.
        at: u64,
        /// How many are.
        lost: u64,
    },
    /// The stage has nothing more to write.
    End,
}

impl Track {
    /// Before the first block.
    pub const fn new() -> Self {
        Track { at: 0, clock: 0, lost: 0, rises: false, ended: false }
    }

    /// Before the first block of a source that leads to a join or a merge: none of its ticks may come twice.
    pub const fn rising() -> Self {
        Track { rises: true, ..Track::new() }
    }

    /// Back to before the first block.
    pub fn restart(&mut self) {
        *self = Track { rises: self.rises, ..Track::new() };
    }

    /// Tick of the last block that was written.
    #[inline]
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// Tick that a source has come to, or tick of a stage's last own gap.
    #[inline]
    pub const fn clock(&self) -> u64 {
        self.clock
    }

    /// Whether ticks are missing since the last block.
    #[inline]
    pub const fn has_gap(&self) -> bool {
        self.lost > 0
    }

    /// Whether nothing will be written any more.
    #[inline]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Ends the stream. False if it had ended before: a stage finishes once.
    #[inline]
    pub fn end(&mut self) -> bool {
        !core::mem::replace(&mut self.ended, true)
    }

    /// What comes before a block that the stage reads: a gap is passed on. Whether there is one: the stage then forgets
    /// its past.
    #[inline]
    pub fn pass(&mut self, lost: u64) -> bool {
        self.lost += lost;
        lost > 0
    }

    /// What follows from a firing of a source of blocks of `period` ticks.
    ///
    /// # Errors
    /// When it stamped a block with a tick that its readers cannot place.
    #[inline]
    pub fn draw(&mut self, period: u64, flow: Flow) -> Result<Step, Misstamp> {
        match flow {
            Flow::Emit => self.clock += period,
            Flow::EmitAt(at) => self.clock = at,
            Flow::Lost(lost) => self.clock += lost,
            Flow::Skip | Flow::Idle | Flow::End => {}
        }
        self.follow(self.clock, flow)
    }

    /// What follows from a firing on a block of tick `now`, by the clock of what the stage writes.
    ///
    /// # Errors
    /// When it stamped a block with a tick that its readers cannot place.
    #[inline]
    pub fn follow(&mut self, now: u64, flow: Flow) -> Result<Step, Misstamp> {
        Ok(match flow {
            Flow::Skip => Step::Nothing,
            Flow::Emit => Step::Block(self.emit(now)),
            Flow::EmitAt(at) => Step::Block(self.emit_at(at)?),
            Flow::Lost(lost) => {
                self.clock = now;
                self.lost += lost;
                Step::Lost { at: now, lost }
            }
            Flow::Idle => {
                // All since the last block, what was lost upstream included.
                self.lost = self.lost.max(now.saturating_sub(self.at));
                Step::Nothing
            }
            Flow::End => Step::End,
        })
    }

    /// A block of this tick, which the stage did not choose.
    #[inline]
    pub fn emit(&mut self, at: u64) -> Mark {
        self.at = at;
        Mark { at, lost: core::mem::take(&mut self.lost) }
    }

    /// A block that bears a tick of the stage's own choice.
    fn emit_at(&mut self, at: u64) -> Result<Mark, Misstamp> {
        let again = self.rises && at == self.at && at > 0;
        if at < self.at || again {
            return Err(Misstamp { at, last: self.at });
        }
        Ok(self.emit(at))
    }
}

impl Default for Track {
    fn default() -> Self {
        Track::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(at: u64, lost: u64) -> Result<Step, Misstamp> {
        Ok(Step::Block(Mark { at, lost }))
    }

    #[test]
    fn a_source_counts_its_blocks_and_what_it_loses() {
        let mut track = Track::new();
        assert_eq!(track.draw(10, Flow::Emit), block(10, 0));
        assert_eq!(track.draw(10, Flow::Skip), Ok(Step::Nothing));
        assert_eq!(track.draw(10, Flow::Lost(7)), Ok(Step::Lost { at: 17, lost: 7 }));
        assert_eq!(track.draw(10, Flow::Lost(3)), Ok(Step::Lost { at: 20, lost: 3 }));
        assert_eq!(track.draw(10, Flow::Emit), block(30, 10));
        assert_eq!(track.draw(10, Flow::EmitAt(95)), block(95, 0));
        assert_eq!(track.draw(10, Flow::Emit), block(105, 0));
        assert_eq!(track.draw(10, Flow::End), Ok(Step::End));
        assert!(track.end() && !track.end() && track.ended());
    }

    #[test]
    fn gaps_that_pass_and_own_gaps_add_up_until_a_block_tells_of_them() {
        let mut track = Track::new();
        assert!(!track.pass(0) && track.pass(5));
        assert_eq!(track.follow(40, Flow::Skip), Ok(Step::Nothing));
        assert_eq!(track.follow(50, Flow::Lost(10)), Ok(Step::Lost { at: 50, lost: 10 }));
        assert_eq!(track.follow(60, Flow::Emit), block(60, 15));
        assert_eq!(track.follow(70, Flow::Emit), block(70, 0));
    }

    #[test]
    fn an_idle_stretch_is_a_gap_as_long_as_it_was() {
        let mut track = Track::new();
        assert_eq!(track.follow(10, Flow::Emit), block(10, 0));
        assert_eq!(track.follow(20, Flow::Idle), Ok(Step::Nothing));
        // 7 ticks lost upstream, then two blocks that are withheld and one that passes.
        track.pass(7);
        assert_eq!(track.follow(37, Flow::Idle), Ok(Step::Nothing));
        assert_eq!(track.follow(47, Flow::Idle), Ok(Step::Nothing));
        track.pass(3);
        assert_eq!(track.follow(60, Flow::Emit), block(60, 40), "from 10 to 50, where the last block begins");
        assert_eq!(track.follow(70, Flow::Emit), block(70, 0));
    }

    #[test]
    fn ticks_never_go_back_and_rise_where_they_must() {
        let (mut any, mut rising) = (Track::new(), Track::rising());
        for track in [&mut any, &mut rising] {
            assert_eq!(track.draw(1, Flow::EmitAt(9)), block(9, 0));
            assert_eq!(track.draw(1, Flow::EmitAt(8)), Err(Misstamp { at: 8, last: 9 }));
        }
        assert_eq!(any.draw(1, Flow::EmitAt(9)), block(9, 0));
        assert_eq!(rising.draw(1, Flow::EmitAt(9)), Err(Misstamp { at: 9, last: 9 }));
        assert_eq!(Track::rising().draw(1, Flow::EmitAt(0)), block(0, 0), "the first may be of tick 0");
    }
}
