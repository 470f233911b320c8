//! Audio on its way into a pipeline: decoded, one channel, at the rate that the pipeline asks for.

mod channel;
mod decode;
mod reblock;
mod resample;

pub(crate) use channel::Channel;
pub(crate) use decode::{Decoder, Heard};
pub(crate) use reblock::{Reblock, Sample};
pub(crate) use resample::Resampler;

/// The highest rate that a file, a device or a pipeline may state: more is a damaged header.
pub(crate) const HIGHEST_RATE: u32 = 768_000;
