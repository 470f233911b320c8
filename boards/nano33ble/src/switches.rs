//! The button that one may connect.

use core::cell::RefCell;
use core::convert::Infallible;

use critical_section::Mutex;
use embedded_hal::digital::{ErrorType, InputPin};
use nrf52840_hal::gpio::{Input, Pin, PullUp};

/// A button. Low means pressed.
#[allow(dead_code, reason = "whether it is looked at is the pipeline's to say")]
#[derive(Clone, Copy)]
pub(crate) enum Switch {
    /// The one from D2 to ground.
    Button,
}

static PIN: Mutex<RefCell<Option<Pin<Input<PullUp>>>>> = Mutex::new(RefCell::new(None));

/// Takes the pin.
pub(crate) fn open(pin: Pin<Input<PullUp>>) {
    critical_section::with(|cs| PIN.replace(cs, Some(pin)));
}

impl ErrorType for Switch {
    type Error = Infallible;
}

impl InputPin for Switch {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        critical_section::with(|cs| PIN.borrow_ref_mut(cs).as_mut().map_or(Ok(true), InputPin::is_high))
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        self.is_high().map(|high| !high)
    }
}
