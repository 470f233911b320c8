//! Which level of a pin means on.

use embedded_hal::digital::{InputPin, OutputPin, PinState};

/// The level of a pin that means on: a light that shines, a button that is pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "std", serde(rename_all = "snake_case"))]
pub enum Active {
    /// Low: the light hangs on the supply, the button on ground.
    Low,
    /// High.
    #[default]
    High,
}

impl Active {
    /// Switches an output on.
    pub(crate) fn on<P: OutputPin>(self, pin: &mut P) -> Result<(), P::Error> {
        pin.set_state(PinState::from(self == Active::High))
    }

    /// Switches an output off.
    pub(crate) fn off<P: OutputPin>(self, pin: &mut P) -> Result<(), P::Error> {
        pin.set_state(PinState::from(self == Active::Low))
    }

    /// Whether an input is on.
    pub(crate) fn is_on<P: InputPin>(self, pin: &mut P) -> Result<bool, P::Error> {
        pin.is_high().map(|high| high == (self == Active::High))
    }
}
