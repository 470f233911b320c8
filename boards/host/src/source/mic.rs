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
use std::sync::Arc;
#[cfg(all(feature = "mic", target_os = "linux"))]
use std::{sync::mpsc::sync_channel, time::Duration};

#[cfg(feature = "mic")]
use capture::MicStage;
#[cfg(feature = "mic")]
use kws_devices::Channel;
use kws_devices::{Fallback, MicParams};
use kws_engine::{Design, DesignError, Devices, Element, Kind, Rest, Scheme, Site};
#[cfg(feature = "mic")]
use kws_engine::{Node, Port, StageFault, node};
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
fn devices() -> Result<Vec<String>, String> {
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
#[cfg(all(feature = "mic", target_os = "linux"))]
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

impl Mic {
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
        let device = self.0.device.as_deref();
        if Fallback::file(self.0.fallback.clone(), device)?.is_some()
            && let Err(why) = system::check(device)
        {
            let help = "connect one; `kws-run --devices` lists those that are found".to_owned();
            return Ok(Err(Missing { why, help }));
        }
        site.happens_now();
        let port = super::samples(Element::I16, self.0.rate, self.0.block, site);
        Ok(Ok(Box::new(MicDesign { device: self.0.device.clone(), channel: self.0.channel, port })))
    }

    fn replay(self, missing: Missing, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let Missing { why, help } = missing;
        let Some(fallback) = Fallback::file(self.0.fallback, self.0.device.as_deref())? else {
            let help = match self.0.device {
                Some(_) => help,
                None => format!("{help}; or set `fallback` to a recording"),
            };
            let port = super::samples(Element::I16, self.0.rate, self.0.block, site);
            return Ok(super::absent("microphone", port, &why, &help, site));
        };
        let name = fallback.display();
        site.notice(format!(
            "no microphone ({why}); replaying `{name}` instead. To use a microphone, {help}"
        ));
        site.stands_in(name.to_string());
        AudioFileParams::of(fallback, self.0.rate, self.0.block)
            .design(site)
            .map_err(|refusal| DesignError { key: Some("fallback".to_owned()), ..refusal })
    }
}
