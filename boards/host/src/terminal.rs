//! What a terminal stands for on a computer: a board's LEDs and buttons.

mod at_tick;
mod button;
mod keyboard;
mod led;

use kws_engine::Registry;

/// Adds the devices that the terminal stands for to a registry.
pub(crate) fn register(registry: &mut Registry) {
    registry.add::<button::TerminalButton>().add::<led::TerminalLed>();
}
