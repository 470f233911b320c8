//! The OV2640, over I2C.
//!
//! Its registers lie in two banks: those of the sensor itself, which delivers 800×600 here, and those of the processor
//! behind it, which cuts and scales that and makes bytes of it.

use embedded_hal::i2c::I2c;

use super::super::{CameraError, Chip, Pixels, Shot};

const ADDRESS: u8 = 0x30;

/// Chooses the bank.
const BANK: u8 = 0xff;
const PROCESSOR: u8 = 0;
const SENSOR: u8 = 1;

/// What the sensor says it is: registers 0x0a and 0x0b.
const PRODUCT: (u8, u8) = (0x0a, 0x26);
const VERSION: (u8, [u8; 2]) = (0x0b, [0x41, 0x42]);
/// COM7: resolution and reset.
const COM7: u8 = 0x12;
const RESET: u8 = 0x80;
const SVGA: u8 = 0x40;

/// What the sensor delivers.
const FULL: (u16, u16) = (800, 600);

/// IMAGE_MODE: the format of what leaves the sensor, high byte first.
const fn image_mode(pixels: Pixels) -> u8 {
    match pixels {
        Pixels::Rgb565 => 0x08,
        Pixels::Yuyv => 0x00,
    }
}

/// The sensor at a bus.
pub(super) struct Ov2640<'a, I>(pub(super) &'a mut I);

impl<I: I2c> Ov2640<'_, I> {
    fn write(&mut self, register: u8, value: u8) -> Result<(), CameraError> {
        self.0.write(ADDRESS, &[register, value]).map_err(|_| CameraError::Sensor(Chip::Ov2640))
    }

    /// Its bus knows no repeated start.
    fn register(&mut self, register: u8) -> Result<u8, CameraError> {
        let mut value = [0];
        self.0.write(ADDRESS, &[register]).map_err(|_| CameraError::Sensor(Chip::Ov2640))?;
        self.0.read(ADDRESS, &mut value).map_err(|_| CameraError::Sensor(Chip::Ov2640))?;
        Ok(value[0])
    }

    /// Whether it is there.
    pub(super) fn check(&mut self) -> Result<(), CameraError> {
        self.write(BANK, SENSOR)?;
        let (product, version) = (self.register(PRODUCT.0)?, self.register(VERSION.0)?);
        let known = product == PRODUCT.1 && VERSION.1.contains(&version);
        if known { Ok(()) } else { Err(CameraError::OtherSensor(Chip::Ov2640)) }
    }

    /// Gives all registers their first values.
    pub(super) fn reset(&mut self) -> Result<(), CameraError> {
        self.write(BANK, SENSOR)?;
        self.write(COM7, RESET)
    }

    /// Sets it up for images of a size and a format.
    pub(super) fn set_up(&mut self, shot: Shot) -> Result<(), CameraError> {
        let Shot { width, height, .. } = shot;
        let halvings = halvings(width, height);
        let quarter = |side: u16| (side / 4) as u8;
        let sensor = [
            (BANK, SENSOR),
            (COM7, SVGA),
            // CLKRC: half the clock, which the buffer can follow.
            (0x11, 0x01),
            // COM8: gain, exposure and the banding of lamps are the sensor's own affair.
            (0x13, 0xe5),
        ];
        let processor = [
            (BANK, PROCESSOR),
            // RESET: the output stands still meanwhile.
            (0xe0, 0x04),
            // HSIZE8, VSIZE8, SIZEL: what comes from the sensor, in eights.
            (0xc0, (FULL.0 / 8) as u8),
            (0xc1, (FULL.1 / 8) as u8),
            (0x8c, 0x00),
            // CTRL2: scaling, effects, adjustment and mean of colours, the matrix of colours.
            (0x86, 0x3d),
            // CTRLI: halvings before what is scaled.
            (0x50, 0x80 | halvings << 3 | halvings),
            // HSIZE, VSIZE, XOFFL, YOFFL, VHYX, TEST: all of it is used, in quarters.
            (0x51, quarter(FULL.0)),
            (0x52, quarter(FULL.1)),
            (0x53, 0x00),
            (0x54, 0x00),
            (0x55, 0x00),
            (0x57, 0x00),
            // ZMOW, ZMOH, ZMHH: what leaves, in quarters.
            (0x5a, quarter(width)),
            (0x5b, quarter(height)),
            (0x5c, 0x00),
            // R_DVP_SP: the output's clock by itself.
            (0xd3, 0x82),
            (0xda, image_mode(shot.pixels)),
            // CTRL0, CTRL1: YUV and RGB; all corrections.
            (0xc2, 0x0e),
            (0xc3, 0xff),
            // R_BYPASS: the processor is not passed by. RESET: go.
            (0x05, 0x00),
            (0xe0, 0x00),
        ];
        sensor.into_iter().chain(processor).try_for_each(|(register, value)| self.write(register, value))
    }
}

/// How often the full image can be halved along both sides and still be no smaller than the one that is wanted.
const fn halvings(width: u16, height: u16) -> u8 {
    let mut halvings = 0;
    while halvings < 3 && FULL.0 >> (halvings + 1) >= width && FULL.1 >> (halvings + 1) >= height {
        halvings += 1;
    }
    halvings
}
