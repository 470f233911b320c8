//! The kind `mic`: the microphone that every place to run has.

use kws_engine::firmware::Code;
use kws_engine::{Cost, Design, DesignError, Kind, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::fallback::{self, Fallback};
use crate::on_board::{OnBoard, default_rate, samples};

/// Reads a microphone, or replays a recording if there is none.
///
/// # Writes
/// Samples, `i16`, one tick each, resampled where the device has another rate.
/// If the pipeline is too slow, whole blocks are lost; they are counted and reported downstream as a gap.
///
/// # Faults
/// A computer's microphone that is unplugged, hangs or loses its sound server is reported at once and opened again after a
/// pause, which doubles up to 25.6 s; what was not heard is a gap. One that is not there at the start is waited for, where
/// nothing takes its place. With `on_fault = "end"` or `kws-run --exit-on-loss`, the run ends instead.
///
/// # Needs
/// On Linux, ALSA's library (Debian: `libasound2`), which is opened when the pipeline starts. Without a device, the
/// recording that `fallback` names is played, and a notice says so: for demonstrations. Where `device` names a microphone,
/// nothing takes its place. Firmware hands over `crate::Mic<BLOCK>`, a source of `BLOCK` samples, such as [`ring::Mic`](crate::ring::Mic); there
/// `device`, `channel` and `fallback` mean nothing.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "mic"
/// fallback = "recordings/yes_no.flac"
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct MicParams {
    /// Part of the device's name, as listed by `kws-run --devices`; by default the system's default device.
    #[serde(default)]
    pub device: Option<String>,
    /// Sample rate of the output; a device with another rate is resampled.
    #[serde(default = "default_rate")]
    #[schemars(range(min = 1000, max = 768_000), extend("unit" = "Hz"))]
    pub rate: u32,
    /// Channel of the device to use, counted from 0, or "mix" for the mean of all channels.
    #[serde(default)]
    pub channel: Channel,
    /// Samples per block; by default what the pipeline needs, otherwise 10 ms.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_048_576), extend("unit" = "samples"))]
    pub block: Option<u32>,
    /// Recording to play if there is no microphone, relative to the pipeline's folder; `false` for none. Nothing
    /// takes the place of a `device` that is named.
    #[serde(default)]
    #[schemars(schema_with = "fallback::schema")]
    pub fallback: Option<Fallback>,
}

impl Kind for MicParams {
    const NAME: &'static str = "mic";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = samples(self.rate, self.block, site);
        let of = format!("crate::Mic<{}>", port.len());
        Ok(OnBoard::boxed(Some(port), Cost::default(), move |site| Code::given(site, &of)))
    }
}
