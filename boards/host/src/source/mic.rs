//! `mic`: the sound card as a source, or a recording in its place.

#[cfg(any(feature = "mic", test))]
mod capture;
#[cfg(feature = "mic")]
mod device;

use kws_engine::{Design, DesignError, Element, Kind, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fallback::Fallback;
use super::{AudioFileParams, default_rate};

/// Reads a microphone, or replays a recording if there is none.
///
/// # Writes
/// Samples, `i16`, one tick each: the mean of the device's channels, resampled where the device has another rate.
/// If the pipeline is too slow, whole blocks are lost; they are counted and reported downstream as a gap.
///
/// # Needs
/// The cargo feature `mic`, which on Linux needs ALSA's headers to build. Without it, or without a device, the
/// recording that `fallback` names is played, and a notice says so. Where `device` names a microphone, nothing takes its
/// place.
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
    /// Samples per block; by default what the pipeline needs, otherwise 10 ms.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_048_576), extend("unit" = "samples"))]
    block: Option<u32>,
    /// Recording to play if there is no microphone, relative to the pipeline's folder; `false` for none. A `device` that is
    /// missing is an error in any case.
    #[serde(default)]
    #[schemars(schema_with = "super::fallback::schema")]
    fallback: Option<Fallback>,
}

impl Kind for MicParams {
    const NAME: &'static str = "mic";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        match self.listen(site) {
            Ok(design) => Ok(design),
            Err(missing) => self.replay(missing, site),
        }
    }
}

/// Why there is no microphone, and what to do.
struct Missing {
    why: String,
    help: String,
    /// The parameter that is to blame, if one is.
    key: Option<&'static str>,
}

/// The microphones that this computer has: names that the parameter `device` of `mic` takes, each with what it
/// delivers.
///
/// # Errors
/// A text that says why none can be listed, and what to do.
pub fn devices() -> Result<Vec<String>, String> {
    #[cfg(feature = "mic")]
    return device::devices();
    #[cfg(not(feature = "mic"))]
    Err(format!("{BUILT_WITHOUT}; to list devices, {}", how_to_build()))
}

#[cfg(not(feature = "mic"))]
const BUILT_WITHOUT: &str = "this program was built without microphone support";

#[cfg(not(feature = "mic"))]
fn how_to_build() -> String {
    let headers = if cfg!(target_os = "linux") {
        "install ALSA's headers (Debian: `apt install libasound2-dev`) and "
    } else {
        ""
    };
    format!("{headers}run `cargo run --release --features mic -- …`")
}

impl MicParams {
    #[cfg(not(feature = "mic"))]
    fn listen(&self, _: &Site<'_>) -> Result<Box<dyn Design>, Missing> {
        Err(Missing { why: BUILT_WITHOUT.to_owned(), help: how_to_build(), key: None })
    }

    #[cfg(feature = "mic")]
    fn listen(&self, site: &Site<'_>) -> Result<Box<dyn Design>, Missing> {
        let device = device::find(self.device.as_deref()).map_err(|why| Missing {
            why,
            help: "connect one; `kws-run --devices` lists those that are found".to_owned(),
            key: self.device.as_ref().map(|_| "device"),
        })?;
        let port = super::samples(Element::I16, self.rate, self.block, site);
        device::design(device, port).map_err(|why| Missing {
            why,
            help: "set `device` to one that `kws-run --devices` lists".to_owned(),
            key: None,
        })
    }

    fn replay(self, missing: Missing, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let Missing { why, help, key } = missing;
        let Some(fallback) = Fallback::file(self.fallback, self.device.as_deref())? else {
            let help = match self.device {
                Some(_) => help,
                None => format!("{help}; or set `fallback` to a recording"),
            };
            return match key {
                Some(key) => Err(DesignError::of(key, why).help(help)),
                None => {
                    let port = super::samples(Element::I16, self.rate, self.block, site);
                    Ok(super::absent("microphone", port, &why, &help, site))
                }
            };
        };
        let name = fallback.display();
        site.notice(format!(
            "no microphone ({why}); replaying `{name}` instead. To use a microphone, {help}"
        ));
        AudioFileParams::of(fallback, self.rate, self.block)
            .design(site)
            .map_err(|refusal| DesignError { key: Some("fallback".to_owned()), ..refusal })
    }
}
