//! `camera`: a camera of this computer as a source, or pictures in its place.

#[cfg(feature = "camera")]
mod device;
#[cfg(any(feature = "camera", test))]
mod watch;

use kws_engine::{Design, DesignError, Kind, Site};
use kws_stages::vision::Size;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ImageFilesParams;
use super::fallback::Fallback;
use crate::picture::Frames;

/// Reads a camera (Video4Linux), or shows images if there is none.
///
/// # Writes
/// `image` u8 `[height, width, channels]`, a tick a microsecond, each picture at the time that the camera took it.
/// Motion JPEG and YUYV are supported, in this order; the camera is asked for the size and the frame rate that are
/// wanted, and what it delivers instead is made to fit.
///
/// # Faults
/// Pictures that the computer was too slow for, and those that are damaged, are gaps. A camera that is unplugged, or says
/// nothing for five seconds, ends the run with an error that says so.
///
/// # Needs
/// Linux, and the cargo feature `camera`, which needs libclang to build. Without it, or without a camera, the pictures
/// that `fallback` names are shown, and a notice says so.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "camera"
/// width = 320
/// height = 240
/// fallback = "pictures"
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CameraParams {
    /// Device file, or part of its name, as listed by `kws-run --devices`; by default the first camera.
    #[serde(default)]
    device: Option<String>,
    /// Images per second.
    #[serde(default = "ten")]
    #[schemars(range(min = 0.1, max = 240), extend("unit" = "1/s"))]
    fps: f64,
    /// Images to play if there is no camera: a folder, or any other path of `image_files`; `false` for none. A `device` that
    /// is missing is an error in any case.
    #[serde(default)]
    #[schemars(schema_with = "super::fallback::schema")]
    fallback: Option<Fallback>,
    #[serde(flatten)]
    shown: Frames,
}

fn ten() -> f64 {
    10.0
}

/// The cameras that this computer has: files that the parameter `device` of `camera` takes, each with its name and the
/// formats that it delivers.
///
/// # Errors
/// A text that says why none can be listed, and what to do.
pub fn cameras() -> Result<Vec<String>, String> {
    #[cfg(feature = "camera")]
    return Ok(device::cameras());
    #[cfg(not(feature = "camera"))]
    Err(format!("{BUILT_WITHOUT}; to list cameras, {HOW_TO_BUILD}"))
}

#[cfg(not(feature = "camera"))]
const BUILT_WITHOUT: &str = "this program was built without camera support";
#[cfg(not(feature = "camera"))]
const HOW_TO_BUILD: &str = "install libclang (Debian: `apt install libclang-dev`) and run `cargo run --release --features camera -- …`";

impl Kind for CameraParams {
    const NAME: &'static str = "camera";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        match self.watch() {
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

impl CameraParams {
    #[cfg(not(feature = "camera"))]
    fn watch(&self) -> Result<Box<dyn Design>, Missing> {
        Err(Missing { why: BUILT_WITHOUT.to_owned(), help: HOW_TO_BUILD.to_owned() })
    }

    #[cfg(feature = "camera")]
    fn watch(&self) -> Result<Box<dyn Design>, Missing> {
        let help = "connect one, or set `device` to one that `kws-run --devices` lists".to_owned();
        device::design(self.device.as_deref(), self.fps, &self.shown).map_err(|why| Missing { why, help })
    }

    fn show(self, missing: Missing, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let Missing { why, help } = missing;
        let Some(fallback) = Fallback::file(self.fallback, self.device.as_deref())? else {
            return match self.device {
                Some(_) => Err(DesignError::of("device", why).help(help)),
                None => {
                    let help = format!("{help}; or set `fallback` to a folder of images");
                    let usual = Size { width: 640, height: 480, channels: 3 };
                    let port = Frames::port(self.shown.size(usual), self.fps);
                    Ok(super::absent("camera", port, &why, &help, site))
                }
            };
        };
        let name = fallback.display();
        site.notice(format!(
            "no camera ({why}); showing the images of `{name}` instead. To use a camera, {help}"
        ));
        site.stands_in(name.to_string());
        ImageFilesParams::of(fallback, self.fps, self.shown)
            .design(site)
            .map_err(|refusal| DesignError { key: Some("fallback".to_owned()), ..refusal })
    }
}
