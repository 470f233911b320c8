//! The kind `arducam`.

use std::path::PathBuf;

use kws_engine::firmware::Code;
use kws_engine::{Cost, Design, DesignError, Element, Kind, Port, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Pixels;
use super::registers::{self, Write};
use crate::on_board::OnBoard;

/// The sensor of a module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Sensor {
    /// That of the ArduCAM Mini 2MP.
    #[default]
    Ov2640,
    /// That of the ArduCAM Mini 5MP, which needs `registers`.
    Ov5642,
}

impl Sensor {
    /// Bytes of its module's buffer.
    const fn buffer(self) -> usize {
        match self {
            Sensor::Ov2640 => 384 * 1024,
            Sensor::Ov5642 => 8 * 1024 * 1024,
        }
    }
}

/// Ticks in a second: microseconds.
const CLOCK: u32 = 1_000_000;

/// Reads an ArduCAM Mini, an image sensor with a frame buffer.
///
/// The firmware hands over `crate::CameraSpi`, `crate::CameraI2c` and `crate::CameraDelay`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ArduCamParams {
    /// Width of the images, a multiple of 4.
    #[serde(default = "default_width")]
    #[schemars(range(min = 4, max = 800), extend("unit" = "pixels"))]
    width: u16,
    /// Height of the images, a multiple of 4.
    #[serde(default = "default_height")]
    #[schemars(range(min = 4, max = 600), extend("unit" = "pixels"))]
    height: u16,
    /// What two bytes mean.
    #[serde(default)]
    pixels: Pixels,
    /// Images in a second, as the module and the pipeline come to deliver them.
    #[serde(default = "default_fps")]
    #[schemars(range(min = 0.01, max = 60), extend("unit" = "1/s"))]
    fps: f64,
    /// Bytes that the buffer sends before an image: 1 for most revisions.
    #[serde(default = "default_skip")]
    skip: u8,
    /// What takes them.
    #[serde(default)]
    sensor: Sensor,
    /// A published table of an OV5642's registers and values: a file.
    registers: Option<PathBuf>,
}

impl ArduCamParams {
    /// What brings the sensor up.
    fn writes(&self, site: &Site<'_>) -> Result<Vec<Write>, DesignError> {
        match (self.sensor, &self.registers) {
            (Sensor::Ov2640, None) => Ok(Vec::new()),
            (Sensor::Ov5642, Some(path)) => registers::read(&site.path(path), site.assets())
                .map_err(|text| DesignError::of("registers", text)),
            (Sensor::Ov2640, Some(_)) => Err(DesignError::of(
                "registers",
                "an OV2640 needs none: remove it, or set `sensor = \"ov5642\"`",
            )),
            (Sensor::Ov5642, None) => Err(DesignError::of(
                "sensor",
                "an OV5642 needs `registers`, a file with the register table that its manufacturer publishes",
            )),
        }
    }
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

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let writes = self.writes(site)?;
        let Self { width, height, pixels, skip, sensor, .. } = self;
        for (key, side) in [("width", width), ("height", height)] {
            if !side.is_multiple_of(4) {
                return Err(DesignError::of(key, format!("found {side}, expected a multiple of 4")));
            }
        }
        let bytes = 2 * usize::from(width) * usize::from(height);
        if bytes > sensor.buffer() {
            let most = sensor.buffer();
            let found = format!(
                "found {width}×{height}, {bytes} bytes, expected at most {most}, the module's buffer"
            );
            return Err(DesignError::of("width", found));
        }
        let role = match pixels {
            Pixels::Rgb565 => Role::new("rgb565"),
            Pixels::Yuyv => Role::new("yuyv"),
        };
        let period = (f64::from(CLOCK) / self.fps).round() as u64;
        let shape = vec![usize::from(height), usize::from(width), 2];
        let port = Port::source(Element::U8, shape, role, CLOCK, period);
        Ok(OnBoard::boxed(Some(port), Cost::default(), move |site| {
            let mut code = Code::new(site);
            let parts = [
                code.give("camera_spi", "crate::CameraSpi"),
                code.give("camera_i2c", "crate::CameraI2c"),
                code.give("camera_delay", "crate::CameraDelay"),
            ];
            for name in ["ArduCam", "Chip", "Pixels", "Shot"] {
                code.uses(&format!("kws_devices::{name}"));
            }
            let [spi, i2c, delay] = &parts;
            let chip = match sensor {
                Sensor::Ov2640 => "Chip::Ov2640".to_owned(),
                Sensor::Ov5642 => {
                    let table = code.table("registers", "What brings the sensor up.", "(u16, u8)", &writes);
                    format!("Chip::Ov5642({})", table.value)
                }
            };
            let shot = format!(
                "Shot {{ width: {width}, height: {height}, pixels: Pixels::{pixels:?}, period: {period}, skip: {skip}, \
                 chip: {chip} }}"
            );
            let value = format!("ArduCam::new({}, {}, {}, {shot})", spi.value, i2c.value, delay.value);
            code.is(format!("ArduCam<{}, {}, {}>", spi.of, i2c.of, delay.of), value)
        }))
    }
}
