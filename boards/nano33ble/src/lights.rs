//! The LEDs of the board.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, OutputPin};
use kws_firmware::Shared;
use nrf52840_hal::gpio::{Output, Pin, PushPull};

/// An LED. High means that it shines, whichever way it is wired.
#[allow(dead_code, reason = "which of them shine is the pipeline's to say")]
#[derive(Clone, Copy)]
pub(crate) enum Light {
    /// The orange one beside the USB socket.
    Led,
    /// The red part of the three-coloured one.
    Red,
    /// Its green part.
    Green,
    /// Its blue part.
    Blue,
}

/// Their pins, in that order.
pub(crate) static PINS: Shared<[Pin<Output<PushPull>>; 4]> = Shared::new();

impl Light {
    fn with(
        self,
        switch: impl FnOnce(&mut Pin<Output<PushPull>>) -> Result<(), Infallible>,
    ) -> Result<(), Infallible> {
        PINS.with(|pins| switch(&mut pins[self as usize])).unwrap_or(Ok(()))
    }
}

impl ErrorType for Light {
    type Error = Infallible;
}

/// The orange LED shines at a high level, the parts of the other at a low one.
impl OutputPin for Light {
    fn set_high(&mut self) -> Result<(), Infallible> {
        match self {
            Light::Led => self.with(OutputPin::set_high),
            _ => self.with(OutputPin::set_low),
        }
    }

    fn set_low(&mut self) -> Result<(), Infallible> {
        match self {
            Light::Led => self.with(OutputPin::set_low),
            _ => self.with(OutputPin::set_high),
        }
    }
}
