//! The LED of the board.

use core::cell::RefCell;
use core::convert::Infallible;

use critical_section::Mutex;
use embedded_hal::digital::{ErrorType, OutputPin};
use rp235x_hal::gpio::bank0::Gpio25;
use rp235x_hal::gpio::{FunctionSioOutput, Pin, PullDown};

/// An LED.
#[allow(dead_code, reason = "whether it shines is the pipeline's to say")]
#[derive(Clone, Copy)]
pub(crate) enum Light {
    /// The green one beside the USB socket.
    Led,
}

type Led = Pin<Gpio25, FunctionSioOutput, PullDown>;

static PIN: Mutex<RefCell<Option<Led>>> = Mutex::new(RefCell::new(None));

/// Takes the pin.
pub(crate) fn open(pin: Led) {
    critical_section::with(|cs| PIN.replace(cs, Some(pin)));
}

impl ErrorType for Light {
    type Error = Infallible;
}

impl OutputPin for Light {
    fn set_high(&mut self) -> Result<(), Infallible> {
        critical_section::with(|cs| PIN.borrow_ref_mut(cs).as_mut().map_or(Ok(()), OutputPin::set_high))
    }

    fn set_low(&mut self) -> Result<(), Infallible> {
        critical_section::with(|cs| PIN.borrow_ref_mut(cs).as_mut().map_or(Ok(()), OutputPin::set_low))
    }
}
