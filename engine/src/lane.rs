//! The lane core: what follows from a firing, whoever drives the lane.
//!
//! A lane fires its stages one after the other. What each firing means for the stream that the stage writes is the same
//! everywhere, and stands here once, without `std` and without memory of its own: a [`Track`] is the stream of one
//! stage, a [`Mark`] is what a block bears beside its items.
//!
//! | driver | how it fires | where |
//! |---|---|---|
//! | threads | a sweep over the stages of each lane, rings between lanes | `run` |
//! | a session | the same sweep, when the program pushes a block | `session` |
//! | firmware | a straight line of calls, written by the build | [`tick`](crate::tick) |

mod track;

pub use track::{Step, Track};

#[cfg(feature = "std")]
pub(crate) mod assembly;
#[cfg(feature = "std")]
mod check;
#[cfg(feature = "std")]
pub(crate) mod driver;
#[cfg(feature = "std")]
pub(crate) mod edge;
#[cfg(feature = "std")]
pub(crate) mod gather;
#[cfg(feature = "std")]
pub(crate) mod intake;
#[cfg(feature = "std")]
mod put;
#[cfg(feature = "std")]
mod queue;
#[cfg(feature = "std")]
mod restart;
#[cfg(feature = "std")]
pub(crate) mod ring;
#[cfg(feature = "std")]
pub(crate) mod slot;
#[cfg(feature = "std")]
pub(crate) mod sweep;
#[cfg(feature = "std")]
pub(crate) mod time;
#[cfg(feature = "std")]
pub(crate) mod wake;

/// When a block was complete, and what is missing before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Tick that completed it.
    pub at: u64,
    /// Ticks lost since the block before.
    pub lost: u64,
}

/// A stage stamped a block with a tick that its readers cannot place: one before that of its last block, or, where a
/// join or a merge follows a source, the same again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misstamp {
    /// The tick.
    pub at: u64,
    /// That of the block before.
    pub last: u64,
}

impl core::fmt::Display for Misstamp {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "it wrote a block at tick {} after one at tick {}", self.at, self.last)
    }
}

impl core::error::Error for Misstamp {}
