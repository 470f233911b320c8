//! The LED of the board.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, OutputPin};
use hal::gpio::bank0::Gpio25;
use hal::gpio::{FunctionSioOutput, Pin, PullDown};
use kws_firmware::Shared;

/// An LED.
#[allow(dead_code, reason = "whether it shines is the pipeline's to say")]
#[derive(Clone, Copy)]
pub(crate) enum Light {
    /// The green one beside the USB socket.
    Led,
}

/// Its pin.
pub(crate) static PIN: Shared<Pin<Gpio25, FunctionSioOutput, PullDown>> = Shared::new();

impl ErrorType for Light {
    type Error = Infallible;
}

impl OutputPin for Light {
    fn set_high(&mut self) -> Result<(), Infallible> {
        PIN.with(OutputPin::set_high).unwrap_or(Ok(()))
    }

    fn set_low(&mut self) -> Result<(), Infallible> {
        PIN.with(OutputPin::set_low).unwrap_or(Ok(()))
    }
}
