//! The module's frame buffer, over SPI.
//!
//! A command is a byte, an address and in its highest bit whether it writes; what follows is data.

use embedded_hal::spi::{Operation, SpiDevice};

use super::CameraError;

const WRITE: u8 = 0x80;

/// Holds what was written to it.
const TEST: u8 = 0x00;
const PATTERN: u8 = 0x55;
/// When a frame begins and ends, and the level of VSYNC during one.
const TIMING: u8 = 0x03;
const VSYNC_HIGH: u8 = 0x02;
/// Commands to the buffer.
const CONTROL: u8 = 0x04;
const CLEAR: u8 = 0x01;
const START: u8 = 0x02;
const REWIND: u8 = 0x30;
/// Holds the controller in reset.
const RESET: u8 = 0x07;
const HELD: u8 = 0x80;
/// Sends the image, byte after byte.
const BURST: u8 = 0x3c;
/// What has happened.
const STATUS: u8 = 0x41;
const DONE: u8 = 0x08;
/// Bytes in the buffer, in three registers, lowest first.
const LENGTH: [u8; 3] = [0x42, 0x43, 0x44];

pub(super) struct FrameBuffer<S> {
    spi: S,
}

impl<S: SpiDevice> FrameBuffer<S> {
    pub(super) const fn new(spi: S) -> Self {
        FrameBuffer { spi }
    }

    fn write(&mut self, register: u8, value: u8) -> Result<(), CameraError> {
        self.spi.write(&[register | WRITE, value]).map_err(|_| CameraError::Buffer)
    }

    fn register(&mut self, register: u8) -> Result<u8, CameraError> {
        let mut bytes = [register, 0];
        self.spi.transfer_in_place(&mut bytes).map_err(|_| CameraError::Buffer)?;
        Ok(bytes[1])
    }

    /// Holds the controller in reset, or lets it go.
    pub(super) fn reset(&mut self, held: bool) -> Result<(), CameraError> {
        self.write(RESET, if held { HELD } else { 0 })
    }

    /// Whether it is there.
    pub(super) fn check(&mut self) -> Result<(), CameraError> {
        self.write(TEST, PATTERN)?;
        if self.register(TEST)? == PATTERN { Ok(()) } else { Err(CameraError::OtherBuffer) }
    }

    /// Expects VSYNC to be high during a frame.
    pub(super) fn frame_high(&mut self) -> Result<(), CameraError> {
        self.write(TIMING, VSYNC_HIGH)
    }

    /// Forgets the last image and begins to take the next.
    pub(super) fn start(&mut self) -> Result<(), CameraError> {
        self.write(CONTROL, CLEAR)?;
        self.write(CONTROL, REWIND)?;
        self.write(CONTROL, START)
    }

    /// Whether the image has been taken.
    pub(super) fn is_done(&mut self) -> Result<bool, CameraError> {
        Ok(self.register(STATUS)? & DONE != 0)
    }

    /// Bytes in the buffer.
    pub(super) fn length(&mut self) -> Result<u32, CameraError> {
        let mut length = 0;
        for (place, register) in LENGTH.into_iter().enumerate() {
            length |= u32::from(self.register(register)?) << (8 * place);
        }
        Ok(length & 0x7f_ffff)
    }

    /// Reads an image that begins after `skip` bytes.
    pub(super) fn read(&mut self, skip: usize, image: &mut [u8]) -> Result<(), CameraError> {
        let mut before = [0; u8::MAX as usize];
        let mut steps =
            [Operation::Write(&[BURST]), Operation::Read(&mut before[..skip]), Operation::Read(image)];
        self.spi.transaction(&mut steps).map_err(|_| CameraError::Buffer)
    }
}
