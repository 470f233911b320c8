//! `camera`: a camera of this computer as a source, or images in its place.

#[cfg(feature = "camera")]
mod device;
#[cfg(any(feature = "camera", test))]
mod watch;

use kws_devices::{CameraParams, Fallback};
use kws_engine::{Design, DesignError, Devices, Kind, Rest, Scheme, Site};
use kws_stages::vision::Size;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ImageFilesParams;
use crate::images::Frames;

// The computer's own camera: the kind's parameters are those of every board.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Camera(CameraParams);

/// The cameras that this computer has: files that the parameter `device` of `camera` takes, each with its name and the
/// formats that it delivers.
///
/// # Errors
/// A text that says why none can be listed, and what to do.
fn cameras() -> Result<Vec<String>, String> {
    #[cfg(feature = "camera")]
    return Ok(device::cameras());
    #[cfg(not(feature = "camera"))]
    Err(format!("{BUILT_WITHOUT}; to list cameras, {HOW_TO_BUILD}"))
}

#[cfg(not(feature = "camera"))]
const BUILT_WITHOUT: &str = "this program was built without camera support";
#[cfg(not(feature = "camera"))]
const HOW_TO_BUILD: &str = "install libclang (Debian: `apt install libclang-dev`) and run `cargo run --release --features camera -- …`";

impl Kind for Camera {
    const NAME: &'static str = CameraParams::NAME;
    const SCHEME: Option<Scheme> = Some(Scheme { name: "camera", rest: Rest::Device });
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn devices() -> Option<Devices> {
        Some(Devices { what: "cameras", found: cameras() })
    }

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        match self.watch()? {
            Ok(design) => {
                site.happens_now();
                Ok(design)
            }
            Err(missing) => self.show(missing, site),
        }
    }
}

/// Why there is no camera, and what to do.
struct Missing {
    why: String,
    help: String,
}

impl Camera {
    #[cfg(not(feature = "camera"))]
    fn watch(&self) -> Result<Result<Box<dyn Design>, Missing>, DesignError> {
        Ok(Err(Missing { why: BUILT_WITHOUT.to_owned(), help: HOW_TO_BUILD.to_owned() }))
    }

    /// Where nothing may take the camera's place it need not be there yet.
    #[cfg(feature = "camera")]
    fn watch(&self) -> Result<Result<Box<dyn Design>, Missing>, DesignError> {
        let device = self.0.device.as_deref();
        let stands_in = Fallback::file(self.0.fallback.clone(), device)?.is_some();
        Ok(match device::design(device, self.0.fps, &self.0.shown) {
            Err(why) if stands_in => {
                let help = "connect one; `kws-run --devices` lists those that are found".to_owned();
                Err(Missing { why, help })
            }
            Err(_) => Ok(device::expected(device, self.0.fps, &self.0.shown)),
            Ok(design) => Ok(design),
        })
    }

    fn show(self, missing: Missing, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let Missing { why, help } = missing;
        let Some(fallback) = Fallback::file(self.0.fallback, self.0.device.as_deref())? else {
            return match self.0.device {
                Some(_) => Err(DesignError::of("device", why).help(help)),
                None => {
                    let help = format!("{help}; or set `fallback` to a folder of images");
                    let usual = Size { width: 640, height: 480, channels: 3 };
                    let port = Frames::port(self.0.shown.size(usual), self.0.fps);
                    Ok(super::absent("camera", port, &why, &help, site))
                }
            };
        };
        let name = fallback.display();
        site.notice(format!(
            "no camera ({why}); showing the images of `{name}` instead. To use a camera, {help}"
        ));
        site.stands_in(name.to_string());
        ImageFilesParams::of(fallback, self.0.fps, self.0.shown)
            .design(site)
            .map_err(|refusal| DesignError { key: Some("fallback".to_owned()), ..refusal })
    }
}
