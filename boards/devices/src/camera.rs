//! The kind `camera`: the camera that every place to run has.

use kws_engine::firmware::Code;
use kws_engine::{Cost, Design, DesignError, Kind, Site};
use kws_stages::vision::{Frames, Size};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fallback::{self, Fallback};
use crate::on_board::OnBoard;

/// Reads a camera (Video4Linux), or shows images if there is none.
///
/// # Writes
/// `image` u8 `[height, width, channels]`, a tick a microsecond, each image at the time that the camera took it.
/// Motion JPEG and YUYV are supported, in this order; the camera is asked for the size and the frame rate that are
/// wanted, and what it delivers instead is made to fit.
///
/// # Faults
/// Images that the computer was too slow for, and those that are damaged, are gaps. A camera that is unplugged, or says
/// nothing for five seconds, is reported at once and opened again with increasing pauses; what was not seen is a gap.
/// `on_fault = "end"`, or `kws-run --exit-on-loss`, ends the run instead. Where nothing may take its place, a camera that is
/// missing is waited for, and the size is the one that the file states, or 640 × 480.
///
/// # Needs
/// Linux, and the cargo feature `camera`, which needs libclang to build. Without it, or without a camera, the images
/// that `fallback` names are shown, and a notice says so. Firmware hands over `crate::Camera<ITEMS>`, a source of images of
/// so many bytes, of the size and the colours that the file states; there `device`, `fit` and `fallback` mean nothing.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "camera"
/// width = 320
/// height = 240
/// fallback = "images"
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CameraParams {
    /// Device file, or part of its name, as listed by `kws-run --devices`; by default the first camera.
    #[serde(default)]
    pub device: Option<String>,
    /// Images per second.
    #[serde(default = "ten")]
    #[schemars(range(min = 0.1, max = 240), extend("unit" = "1/s"))]
    pub fps: f64,
    /// Images to play if there is no camera: a folder, or any other path of `image_files`; `false` for none. A `device` that
    /// is missing is an error in any case.
    #[serde(default)]
    #[schemars(schema_with = "fallback::schema")]
    pub fallback: Option<Fallback>,
    /// What it writes.
    #[serde(flatten)]
    pub shown: Frames,
}

fn ten() -> f64 {
    10.0
}

impl Kind for CameraParams {
    const NAME: &'static str = "camera";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let stated = |key: &str, stated: Option<usize>| {
            stated.ok_or_else(|| {
                DesignError::new(format!("lacks `{key}`: the camera of a board has no size of its own"))
            })
        };
        let (width, height) = (stated("width", self.shown.width)?, stated("height", self.shown.height)?);
        let size = Size { width, height, channels: self.shown.colour.channels() };
        let port = Frames::port(size, self.fps);
        let of = format!("crate::Camera<{}>", port.len());
        Ok(OnBoard::boxed(Some(port), Cost::default(), move |site| Code::given(site, &of)))
    }
}
