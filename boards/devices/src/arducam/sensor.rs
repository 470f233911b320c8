//! The sensor behind the buffer, over I2C.

mod ov2640;
mod ov5642;

use embedded_hal::i2c::I2c;

use super::{CameraError, Shot};
use ov2640::Ov2640;
use ov5642::Ov5642;

/// Which sensor it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chip {
    /// That of the ArduCAM Mini 2MP.
    Ov2640,
    /// That of the ArduCAM Mini 5MP, with the registers and values that bring it up.
    Ov5642(&'static [(u16, u8)]),
}

/// What two bytes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "std", serde(rename_all = "lowercase"))]
pub enum Pixels {
    /// A pixel of 5, 6 and 5 bits, high byte first.
    #[cfg_attr(feature = "std", default)]
    Rgb565,
    /// Half of two pixels: Y U Y V.
    Yuyv,
}

/// A sensor at its bus.
pub(super) struct Sensor<I> {
    i2c: I,
    chip: Chip,
}

impl<I: I2c> Sensor<I> {
    pub(super) const fn new(i2c: I, chip: Chip) -> Self {
        Sensor { i2c, chip }
    }

    /// Whether it is there.
    pub(super) fn check(&mut self) -> Result<(), CameraError> {
        match self.chip {
            Chip::Ov2640 => Ov2640(&mut self.i2c).check(),
            Chip::Ov5642(registers) => Ov5642 { i2c: &mut self.i2c, registers }.check(),
        }
    }

    /// Gives all registers their first values.
    pub(super) fn reset(&mut self) -> Result<(), CameraError> {
        match self.chip {
            Chip::Ov2640 => Ov2640(&mut self.i2c).reset(),
            Chip::Ov5642(registers) => Ov5642 { i2c: &mut self.i2c, registers }.reset(),
        }
    }

    /// Sets it up for images of a size and a format.
    pub(super) fn set_up(&mut self, shot: Shot) -> Result<(), CameraError> {
        match self.chip {
            Chip::Ov2640 => Ov2640(&mut self.i2c).set_up(shot),
            Chip::Ov5642(registers) => Ov5642 { i2c: &mut self.i2c, registers }.set_up(shot),
        }
    }
}
