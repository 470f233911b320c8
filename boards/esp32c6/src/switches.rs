//! The button of the board.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, InputPin};
use esp_hal::gpio::Input;
use kws_firmware::Shared;

/// A button. Low means pressed.
#[allow(dead_code, reason = "whether it is looked at is the pipeline's to say")]
#[derive(Clone, Copy)]
pub(crate) enum Switch {
    /// BOOT, at GPIO9.
    Button,
}

/// Its pin.
pub(crate) static PIN: Shared<Input<'static>> = Shared::new();

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
