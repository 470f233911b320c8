//! Pictures on their way into a pipeline: decoded, and fitted to the size and colours that the pipeline asks for.

mod frames;

pub(crate) use frames::Frames;
pub(crate) use kws_stages::vision::file::{decode, is_picture};
pub(crate) use kws_stages::vision::{Fitter, Picture};

/// Ticks in a second of sources of pictures: microseconds.
pub(crate) const CLOCK: u32 = 1_000_000;
