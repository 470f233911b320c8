//! The OV5642, over I2C.
//!
//! What brings it up lies for the most part in registers that its datasheet calls reserved: makers of modules publish
//! tables of them. Such a table is written first; size, format and polarity of what leaves the sensor are then set here.

use embedded_hal::i2c::I2c;

use super::super::{CameraError, Chip, Pixels, Shot};

const ADDRESS: u8 = 0x3c;

/// What the sensor says it is.
const CHIP_ID: [(u16, u8); 2] = [(0x300a, 0x56), (0x300b, 0x42)];
/// SYSTEM CONTROL: its reset.
const RESET: (u16, u8) = (0x3008, 0x80);
/// POLARITY CTRL00: as the buffer expects it.
const POLARITY: (u16, u8) = (0x4740, 0x21);

/// RGB DITHER CONTROL, ISP CONTROL 02, FORMAT MUX CONTROL, FORMAT CONTROL: pixels of two bytes.
const fn format(pixels: Pixels) -> [(u16, u8); 4] {
    match pixels {
        Pixels::Rgb565 => [(0x501e, 0x2a), (0x5002, 0xf8), (0x501f, 0x01), (0x4300, 0x61)],
        Pixels::Yuyv => [(0x501e, 0x6a), (0x5002, 0xf0), (0x501f, 0x00), (0x4300, 0x30)],
    }
}

/// The sensor at a bus.
pub(super) struct Ov5642<'a, I> {
    pub(super) i2c: &'a mut I,
    /// What brings it up.
    pub(super) registers: &'static [(u16, u8)],
}

impl<I: I2c> Ov5642<'_, I> {
    fn no_answer(&self) -> CameraError {
        CameraError::Sensor(Chip::Ov5642(self.registers))
    }

    fn write(&mut self, (register, value): (u16, u8)) -> Result<(), CameraError> {
        let [high, low] = register.to_be_bytes();
        self.i2c.write(ADDRESS, &[high, low, value]).map_err(|_| self.no_answer())
    }

    /// Its bus knows no repeated start.
    fn register(&mut self, register: u16) -> Result<u8, CameraError> {
        let mut value = [0];
        self.i2c.write(ADDRESS, &register.to_be_bytes()).map_err(|_| self.no_answer())?;
        self.i2c.read(ADDRESS, &mut value).map_err(|_| self.no_answer())?;
        Ok(value[0])
    }

    pub(super) fn check(&mut self) -> Result<(), CameraError> {
        for (register, expected) in CHIP_ID {
            if self.register(register)? != expected {
                return Err(CameraError::OtherSensor(Chip::Ov5642(self.registers)));
            }
        }
        Ok(())
    }

    pub(super) fn reset(&mut self) -> Result<(), CameraError> {
        self.write(RESET)
    }

    pub(super) fn set_up(&mut self, shot: Shot) -> Result<(), CameraError> {
        let ([wide, width], [high, height]) = (shot.width.to_be_bytes(), shot.height.to_be_bytes());
        // TIMING DVPHO and DVPVO: what leaves, which the sensor scales to.
        let size = [(0x3808, wide), (0x3809, width), (0x380a, high), (0x380b, height)];
        let own = [POLARITY].into_iter().chain(format(shot.pixels)).chain(size);
        self.registers.iter().copied().chain(own).try_for_each(|write| self.write(write))
    }
}
