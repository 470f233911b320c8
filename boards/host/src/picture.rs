//! Pictures on their way into a pipeline: decoded, and fitted to the size and colours that the pipeline asks for.

mod decode;
mod fit;

pub(crate) use decode::{Picture, decode};
pub(crate) use fit::{Fitter, Frames};

/// Ticks in a second of sources of pictures: microseconds.
pub(crate) const CLOCK: u32 = 1_000_000;
