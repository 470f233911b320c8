//! `mic`: the sound card as a source, or a recording in its place.

#[cfg(all(feature = "mic", target_os = "linux"))]
mod alsa;
#[cfg(any(feature = "mic", test))]
mod callback;
#[cfg(any(feature = "mic", test))]
mod capture;
#[cfg(all(feature = "mic", not(target_os = "linux")))]
mod system;

#[cfg(all(feature = "mic", target_os = "linux"))]
use alsa as system;
#[cfg(feature = "mic")]
use std::{sync::Arc, sync::mpsc::sync_channel, time::Duration};

#[cfg(feature = "mic")]
use capture::MicStage;
use kws_engine::{Design, DesignError, Element, Kind, Site};
#[cfg(feature = "mic")]
use kws_engine::{Node, Port, StageFault, node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fallback::Fallback;
use super::{AudioFileParams, default_rate};
use crate::audio::Channel;

/// Reads a microphone, or replays a recording if there is none.
///
/// # Writes
/// Samples, `i16`, one tick each, resampled where the device has another rate.
/// If the pipeline is too slow, whole blocks are lost; they are counted and reported downstream as a gap.
///
/// # Faults
/// A microphone that is unplugged, hangs or loses its sound server is reported at once and opened again after a pause,
/// which doubles up to 25.6 s; what was not heard is a gap. So is one that is not there yet at the start, where nothing takes
/// its place. With `on_fault = "end"` or `kws-run --exit-on-loss`, the run ends instead.
///
/// # Needs
/// On Linux, ALSA's library (Debian: `libasound2`), which is opened when the pipeline starts. Without a device, the
/// recording that `fallback` names is played, and a notice says so: for demonstrations. Where `device` names a microphone,
/// nothing takes its place.
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
    device: Option<String>,
    /// Sample rate of the output; a device with another rate is resampled.
    #[serde(default = "default_rate")]
    #[schemars(range(min = 1000, max = 768_000), extend("unit" = "Hz"))]
    rate: u32,
    /// Channel of the device to use, counted from 0, or "mix" for the mean of all channels.
    #[serde(default)]
    channel: Channel,
    /// Samples per block; by default what the pipeline needs, otherwise 10 ms.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_048_576), extend("unit" = "samples"))]
    block: Option<u32>,
    /// Recording to play if there is no microphone, relative to the pipeline's folder; `false` for none. Nothing
    /// takes the place of a `device` that is named.
    #[serde(default)]
    #[schemars(schema_with = "super::fallback::schema")]
    fallback: Option<Fallback>,
}

impl Kind for MicParams {
    const NAME: &'static str = "mic";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        match self.listen(site)? {
            Ok(design) => Ok(design),
            Err(missing) => self.replay(missing, site),
        }
    }
}

/// Why there is no microphone, and what to do.
struct Missing {
    why: String,
    help: String,
}

/// The microphones that this computer has: names that the parameter `device` of `mic` takes, each with what it
/// delivers.
///
/// # Errors
/// A text that says why none can be listed, and what to do.
pub fn devices() -> Result<Vec<String>, String> {
    #[cfg(feature = "mic")]
    return system::devices();
    #[cfg(not(feature = "mic"))]
    Err(format!("{BUILT_WITHOUT}; to list devices, {HOW_TO_BUILD}"))
}

#[cfg(not(feature = "mic"))]
const BUILT_WITHOUT: &str = "this program was built without microphone support";
#[cfg(not(feature = "mic"))]
const HOW_TO_BUILD: &str = "build it with its default features: `cargo run --release -- …`";

/// Does what may hang in a driver in a thread of its own. None when it takes longer than that.
#[cfg(feature = "mic")]
fn patience<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = sync_channel(1);
    // Whoever has lost patience has no use for the result.
    std::thread::spawn(move || done.send(work()));
    result.recv_timeout(limit).ok()
}

/// A device that is opened when the pipeline runs.
#[cfg(feature = "mic")]
struct MicDesign {
    device: Option<String>,
    channel: Channel,
    port: Port,
}

#[cfg(feature = "mic")]
impl Design for MicDesign {
    fn output(&self) -> Option<Port> {
        Some(self.port.clone())
    }

    fn comes_back(&self) -> bool {
        true
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        let (device, rate, channel) = (self.device.clone(), self.port.clock, self.channel);
        let listen = move |callback| system::listen(device.as_deref(), rate, channel, callback);
        Ok(node(MicStage::new(Arc::new(listen), rate, self.port.len())))
    }
}

impl MicParams {
    #[cfg(not(feature = "mic"))]
    fn listen(&self, _: &Site<'_>) -> Result<Result<Box<dyn Design>, Missing>, DesignError> {
        Ok(Err(Missing { why: BUILT_WITHOUT.to_owned(), help: HOW_TO_BUILD.to_owned() }))
    }

    /// Where nothing may take the microphone's place it need not be there yet.
    #[cfg(feature = "mic")]
    fn listen(&self, site: &Site<'_>) -> Result<Result<Box<dyn Design>, Missing>, DesignError> {
        if let Err(why) = system::usable() {
            return Ok(Err(Missing { why, help: system::HELP.to_owned() }));
        }
        let device = self.device.as_deref();
        if Fallback::file(self.fallback.clone(), device)?.is_some()
            && let Err(why) = system::check(device)
        {
            let help = "connect one; `kws-run --devices` lists those that are found".to_owned();
            return Ok(Err(Missing { why, help }));
        }
        site.happens_now();
        let port = super::samples(Element::I16, self.rate, self.block, site);
        Ok(Ok(Box::new(MicDesign { device: self.device.clone(), channel: self.channel, port })))
    }

    fn replay(self, missing: Missing, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let Missing { why, help } = missing;
        let Some(fallback) = Fallback::file(self.fallback, self.device.as_deref())? else {
            let help = match self.device {
                Some(_) => help,
                None => format!("{help}; or set `fallback` to a recording"),
            };
            let port = super::samples(Element::I16, self.rate, self.block, site);
            return Ok(super::absent("microphone", port, &why, &help, site));
        };
        let name = fallback.display();
        site.notice(format!(
            "no microphone ({why}); replaying `{name}` instead. To use a microphone, {help}"
        ));
        site.stands_in(name.to_string());
        AudioFileParams::of(fallback, self.rate, self.block)
            .design(site)
            .map_err(|refusal| DesignError { key: Some("fallback".to_owned()), ..refusal })
    }
}
