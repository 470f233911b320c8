//! Audio on its way into a pipeline: decoded, one channel, at the rate that the pipeline asks for.

mod decode;
mod header;
mod reblock;
mod resample;

pub(crate) use decode::{Decoder, Heard};
pub(crate) use kws_devices::Channel;
pub(crate) use reblock::{Reblock, Sample};
pub(crate) use resample::Resampler;

/// The rates in Hz that a file, a device or a pipeline may state: any other is a damaged header, and an hour of work.
pub(crate) const RATES: std::ops::RangeInclusive<u32> = 1000..=768_000;

/// The largest magnitude of a sample, with full scale at 1, that sums of a filter can hold. A float file may state any
/// number, and a recorder that forgets to scale writes 32-bit integers.
const LARGEST: f32 = 1e12;
