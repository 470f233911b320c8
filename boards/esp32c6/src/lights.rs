//! The LED of the board.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, OutputPin};
use esp_hal::gpio::Output;
use kws_firmware::Shared;

/// An LED.
#[allow(dead_code, reason = "whether it shines is the pipeline's to say")]
#[derive(Clone, Copy)]
pub(crate) enum Light {
    /// The one at GPIO8 (ESP32-C3) or GPIO15 (ESP32-C6), which shines at a low level.
    Led,
}

/// Its pin.
pub(crate) static PIN: Shared<Output<'static>> = Shared::new();

/// Its pin among the peripherals.
#[cfg(esp32c3)]
macro_rules! pin {
    ($board:ident) => {
        $board.GPIO8
    };
}
/// Its pin among the peripherals.
#[cfg(not(esp32c3))]
macro_rules! pin {
    ($board:ident) => {
        $board.GPIO15
    };
}
pub(crate) use pin;

impl ErrorType for Light {
    type Error = Infallible;
}

/// High means that it shines.
impl OutputPin for Light {
    fn set_high(&mut self) -> Result<(), Infallible> {
        let _ = PIN.with(Output::set_low);
        Ok(())
    }

    fn set_low(&mut self) -> Result<(), Infallible> {
        let _ = PIN.with(Output::set_high);
        Ok(())
    }
}
