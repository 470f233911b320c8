//! `mic`: the sound card as a source, or a recording in its place.

#[cfg(any(feature = "mic", test))]
mod capture;
#[cfg(feature = "mic")]
mod device;

use kws_devices::{Fallback, MicParams};
use kws_engine::{Design, DesignError, Devices, Element, Kind, Rest, Scheme, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AudioFileParams;

// The computer's own microphone: the kind's parameters are those of every board.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Mic(MicParams);

impl Kind for Mic {
    const NAME: &'static str = MicParams::NAME;
    const SCHEME: Option<Scheme> = Some(Scheme { name: "mic", rest: Rest::Device });
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn devices() -> Option<Devices> {
        Some(Devices { what: "microphones", found: devices() })
    }

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
fn devices() -> Result<Vec<String>, String> {
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

impl Mic {
    #[cfg(not(feature = "mic"))]
    fn listen(&self, _: &Site<'_>) -> Result<Box<dyn Design>, Missing> {
        Err(Missing { why: BUILT_WITHOUT.to_owned(), help: how_to_build(), key: None })
    }

    #[cfg(feature = "mic")]
    fn listen(&self, site: &Site<'_>) -> Result<Box<dyn Design>, Missing> {
        let device = device::find(self.0.device.as_deref()).map_err(|why| Missing {
            why,
            help: "connect one; `kws-run --devices` lists those that are found".to_owned(),
            key: self.0.device.as_ref().map(|_| "device"),
        })?;
        let port = super::samples(Element::I16, self.0.rate, self.0.block, site);
        let design = device::design(device, port).map_err(|why| Missing {
            why,
            help: "set `device` to one that `kws-run --devices` lists".to_owned(),
            key: None,
        })?;
        site.happens_now();
        Ok(design)
    }

    fn replay(self, missing: Missing, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let Missing { why, help, key } = missing;
        let Some(fallback) = Fallback::file(self.0.fallback, self.0.device.as_deref())? else {
            let help = match self.0.device {
                Some(_) => help,
                None => format!("{help}; or set `fallback` to a recording"),
            };
            return match key {
                Some(key) => Err(DesignError::of(key, why).help(help)),
                None => {
                    let port = super::samples(Element::I16, self.0.rate, self.0.block, site);
                    Ok(super::absent("microphone", port, &why, &help, site))
                }
            };
        };
        let name = fallback.display();
        site.notice(format!(
            "no microphone ({why}); replaying `{name}` instead. To use a microphone, {help}"
        ));
        AudioFileParams::of(fallback, self.0.rate, self.0.block)
            .design(site)
            .map_err(|refusal| DesignError { key: Some("fallback".to_owned()), ..refusal })
    }
}
