//! `arducam`: a camera module with a frame buffer of its own.

mod buffer;
mod sensor;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;
use embedded_hal::spi::SpiDevice;
use kws_engine::{Flow, Stage, StageFault};

use buffer::FrameBuffer;
use sensor::Sensor;
pub use sensor::{Chip, Pixels};

/// Milliseconds for which an image is waited for.
const TIMEOUT_MS: u32 = 2000;
/// Milliseconds after a reset.
const RESET_MS: u32 = 100;

/// Watches by an ArduCAM Mini: a sensor, set up over I2C, whose images a buffer keeps until they are read over SPI. The
/// 2MP has an OV2640 and a buffer of 384 KiB, the 5MP an OV5642 and one of 8 MiB.
///
/// The module takes an image while the pipeline works on the one before. A firing waits for at most a millisecond: as
/// long as the image is not there, it writes nothing.
///
/// # Writes
/// u8 `[height, width, 2]` of the role `rgb565` or `yuyv`, which `colour` makes an image of, each a period long: how
/// many come in a second is the module's affair, and `fps` states it. An image that the buffer did not get whole is lost.
///
/// # Parameters
/// `width` and `height`, multiples of 4 of at most 800 and 600, and no more pixels than fit the buffer at two bytes each;
/// `pixels`; `fps`; `skip`, the bytes that the buffer sends before an image; `sensor`; `registers`.
///
/// An OV5642 needs a table of registers and values, most of which its datasheet does not explain: `registers` is a file
/// with one of those that are published (ArduCAM's library has `OV5642_QVGA_Preview` in `ov5642_regs.h`), up to its end
/// `0xffff`. It is written first; size, format and polarity are set after it.
///
/// # Limits
/// Neither was run with a real module.
///
/// # Faults
/// A buffer or a sensor that does not answer, or is another, and an image that does not come within two seconds.
///
/// # Reference
/// OmniVision, OV2640 and OV5642 datasheets; ArduCAM, "ArduCAM Mini 2MP hardware application note". embedded-hal 1.0, `SpiDevice`
/// (mode 0, at most 8 MHz) and `I2c`.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "arducam"
/// width = 160
/// height = 120
/// fps = 5
///
/// [[stage]]
/// kind = "colour"
/// to = "rgb"
/// ```
pub struct ArduCam<S, I, D> {
    buffer: FrameBuffer<S>,
    sensor: Sensor<I>,
    delay: D,
    shot: Shot,
    phase: Phase,
}

/// What images are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shot {
    /// Pixels of a row.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// What two bytes mean.
    pub pixels: Pixels,
    /// Ticks from one image to the next.
    pub period: u64,
    /// Bytes that the buffer sends before an image.
    pub skip: u8,
    /// What takes them.
    pub chip: Chip,
}

/// What the module is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing is set up.
    Dark,
    /// An image is being taken, for so many milliseconds.
    Exposing(u32),
}

/// Why the module cannot go on.
enum CameraError {
    Buffer,
    OtherBuffer,
    Sensor(Chip),
    OtherSensor(Chip),
}

impl From<CameraError> for StageFault {
    fn from(error: CameraError) -> Self {
        StageFault::new(match error {
            CameraError::Buffer => "the camera's frame buffer does not respond over SPI",
            CameraError::OtherBuffer => {
                "the SPI device is not an ArduCAM frame buffer: check wiring and clock"
            }
            CameraError::Sensor(Chip::Ov2640) => {
                "no OV2640 responds over I2C: check the wiring, and `sensor` in the pipeline"
            }
            CameraError::Sensor(Chip::Ov5642(_)) => {
                "no OV5642 responds over I2C: check the wiring, and `sensor` in the pipeline"
            }
            CameraError::OtherSensor(Chip::Ov2640) => "the I2C device is not an OV2640",
            CameraError::OtherSensor(Chip::Ov5642(_)) => "the I2C device is not an OV5642",
        })
    }
}

impl<S: SpiDevice, I: I2c, D: DelayNs> ArduCam<S, I, D> {
    /// A module at these buses, not yet set up.
    pub const fn new(spi: S, i2c: I, delay: D, shot: Shot) -> Self {
        ArduCam {
            buffer: FrameBuffer::new(spi),
            sensor: Sensor::new(i2c, shot.chip),
            delay,
            shot,
            phase: Phase::Dark,
        }
    }

    fn set_up(&mut self) -> Result<(), CameraError> {
        self.buffer.reset(true)?;
        self.delay.delay_ms(RESET_MS);
        self.buffer.reset(false)?;
        self.delay.delay_ms(RESET_MS);
        self.buffer.check()?;
        if let Chip::Ov5642(_) = self.shot.chip {
            self.buffer.frame_high()?;
        }
        self.sensor.check()?;
        self.sensor.reset()?;
        self.delay.delay_ms(RESET_MS);
        self.sensor.set_up(self.shot)
    }

    /// Looks whether the image is there, and reads it; the next one is then begun.
    fn look(&mut self, waited: u32, output: &mut [u8]) -> Result<Flow, StageFault> {
        if !self.buffer.is_done()? {
            if waited >= TIMEOUT_MS {
                return Err(StageFault::new("the camera has captured no image for two seconds"));
            }
            self.delay.delay_ms(1);
            self.phase = Phase::Exposing(waited + 1);
            return Ok(Flow::Skip);
        }
        let skip = usize::from(self.shot.skip);
        let whole = self.buffer.length()? as usize >= skip + output.len();
        if whole {
            self.buffer.read(skip, output)?;
        }
        self.buffer.start()?;
        self.phase = Phase::Exposing(0);
        Ok(if whole { Flow::Emit } else { Flow::Lost(self.shot.period) })
    }
}

impl<S: SpiDevice, I: I2c, D: DelayNs> Stage for ArduCam<S, I, D> {
    type In = ();
    type Out = u8;

    fn process(&mut self, (): (), output: &mut [u8]) -> Result<Flow, StageFault> {
        match self.phase {
            Phase::Exposing(waited) => self.look(waited, output),
            Phase::Dark => {
                self.set_up()?;
                self.buffer.start()?;
                self.phase = Phase::Exposing(0);
                Ok(Flow::Skip)
            }
        }
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
mod registers;
#[cfg(feature = "std")]
pub use kind::ArduCamParams;

#[cfg(test)]
mod tests;
