//! Audio as satellites send it, on its way into a pipeline.

mod level;
mod pcm;
mod resample;

pub(crate) use level::{Level, Loudness};
pub(crate) use pcm::{Format, Pcm, to_i16};
pub(crate) use resample::{Filters, Resampler};
