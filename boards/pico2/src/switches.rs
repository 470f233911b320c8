//! The button that one may connect.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, InputPin};
use hal::gpio::bank0::Gpio14;
use hal::gpio::{FunctionSioInput, Pin, PullUp};
use kws_firmware::Shared;

/// A button. Low means pressed.
#[allow(dead_code, reason = "whether it is looked at is the pipeline's to say")]
#[derive(Clone, Copy)]
pub(crate) enum Switch {
    /// The one from GP14 to ground.
    Button,
}

/// Its pin.
pub(crate) static PIN: Shared<Pin<Gpio14, FunctionSioInput, PullUp>> = Shared::new();

impl ErrorType for Switch {
    type Error = Infallible;
}

impl InputPin for Switch {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        PIN.with(InputPin::is_high).unwrap_or(Ok(true))
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        self.is_high().map(|high| !high)
    }
}
