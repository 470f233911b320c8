//! The kind `arducam`.

use kws_engine::firmware::Code;
use kws_engine::{Cost, Design, Element, Kind, Port, Refusal, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Pixels, Shot};
use crate::on_board::OnBoard;

/// Bytes of the module's buffer.
const BUFFER: usize = 384 * 1024;
/// Ticks in a second: microseconds.
const CLOCK: u32 = 1_000_000;

/// Watches by an ArduCAM Mini 2MP, an OV2640 with a frame buffer.
///
/// The firmware hands over `crate::CameraSpi`, `crate::CameraI2c` and `crate::CameraDelay`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ArduCamParams {
    /// Width of the pictures, a multiple of 4.
    #[serde(default = "default_width")]
    #[schemars(range(min = 4, max = 800), extend("unit" = "pixels"))]
    width: u16,
    /// Height of the pictures, a multiple of 4.
    #[serde(default = "default_height")]
    #[schemars(range(min = 4, max = 600), extend("unit" = "pixels"))]
    height: u16,
    /// What two bytes mean.
    #[serde(default)]
    pixels: Pixels,
    /// Pictures in a second, as the module and the pipeline come to deliver them.
    #[serde(default = "default_fps")]
    #[schemars(range(min = 0.01, max = 60), extend("unit" = "1/s"))]
    fps: f64,
    /// Bytes that the buffer sends before a picture: 1 for most revisions.
    #[serde(default = "default_skip")]
    skip: u8,
}

fn default_width() -> u16 {
    160
}

fn default_height() -> u16 {
    120
}

fn default_fps() -> f64 {
    5.0
}

fn default_skip() -> u8 {
    1
}

impl Kind for ArduCamParams {
    const NAME: &'static str = "arducam";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, Refusal> {
        let Self { width, height, pixels, skip, .. } = self;
        for (key, side) in [("width", width), ("height", height)] {
            if side % 4 != 0 {
                return Err(Refusal::of(key, format!("found {side}, expected a multiple of 4")));
            }
        }
        let bytes = 2 * usize::from(width) * usize::from(height);
        if bytes > BUFFER {
            let found = format!("found {width}×{height}, {bytes} bytes, expected at most {BUFFER}, the module's buffer");
            return Err(Refusal::of("width", found));
        }
        let role = match pixels {
            Pixels::Rgb565 => Role::new("rgb565"),
            Pixels::Yuyv => Role::new("yuyv"),
        };
        let period = (f64::from(CLOCK) / self.fps).round() as u64;
        let shape = vec![usize::from(height), usize::from(width), 2];
        let port = Port::source(Element::U8, shape, role, CLOCK, period);
        let shot = Shot { width, height, pixels, period, skip };
        Ok(OnBoard::boxed(Some(port), Cost::default(), move |site| {
            let mut code = Code::new(site);
            let parts = [
                code.give("camera_spi", "crate::CameraSpi"),
                code.give("camera_i2c", "crate::CameraI2c"),
                code.give("camera_delay", "crate::CameraDelay"),
            ];
            for name in ["ArduCam", "Pixels", "Shot"] {
                code.uses(&format!("kws_devices::{name}"));
            }
            let [spi, i2c, delay] = &parts;
            // A `Debug` form names no path of an enum.
            let shot = format!("{shot:?}").replace("pixels: ", "pixels: Pixels::");
            let value = format!("ArduCam::new({}, {}, {}, {shot})", spi.value, i2c.value, delay.value);
            code.is(format!("ArduCam<{}, {}, {}>", spi.of, i2c.of, delay.of), value)
        }))
    }
}
