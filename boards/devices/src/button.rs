//! `button`: lets a stream through while it is pressed, or from press to press.

use core::marker::PhantomData;

use embedded_hal::digital::InputPin;
use kws_engine::{Block, Flow, Item, Stage, StageFault};

use crate::Active;

/// Passes blocks on while the gate is open; what comes while it is closed is lost.
///
/// The pin is read once for each block. A press counts when the pin read the same `steady` blocks in a row, which keeps
/// the contact's bounces out. When the gate opens, what was held back is reported as one gap, which takes the block of the
/// opening with it: so what comes after starts from nothing and does not join what was said before the gate closed with what
/// is said now.
///
/// # Reads, writes
/// Any stream; it passes unchanged, block by block.
///
/// # Parameters
/// `mode`, `active`, `debounce_ms`.
///
/// # Reference
/// embedded-hal 1.0, `digital::InputPin`.
///
/// # Example
/// ```toml
/// # Push to talk.
/// [[stage]]
/// kind = "button"
/// mode = "hold"
/// active = "low"
/// ```
pub struct Button<T, P> {
    pin: P,
    active: Active,
    mode: Mode,
    steady: u32,
    /// Blocks in a row at which the pin read otherwise than `pressed`.
    other: u32,
    pressed: bool,
    open: bool,
    /// Ticks held back since the gate closed.
    held: u64,
    /// Ticks of a block.
    period: u64,
    item: PhantomData<T>,
}

/// What a press does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "std", serde(rename_all = "snake_case"))]
pub enum Mode {
    /// The gate is open while the button is pressed.
    #[default]
    Hold,
    /// Each press opens the closed gate and closes the open one; at first it is closed.
    Toggle,
}

impl<T, P: InputPin> Button<T, P> {
    /// A gate for blocks of `period` ticks; a press counts after `steady` blocks.
    pub const fn new(pin: P, active: Active, mode: Mode, steady: u32, period: u64) -> Self {
        Button {
            pin,
            active,
            mode,
            steady,
            other: 0,
            pressed: false,
            open: false,
            held: 0,
            period,
            item: PhantomData,
        }
    }

    /// Reads the pin once.
    fn read(&mut self) -> Result<(), StageFault> {
        let on = self
            .active
            .is_on(&mut self.pin)
            .map_err(|_| StageFault::new("the button's pin cannot be read"))?;
        self.other = if on == self.pressed { 0 } else { self.other + 1 };
        if self.other > 0 && self.other >= self.steady {
            (self.pressed, self.other) = (on, 0);
            self.open = match self.mode {
                Mode::Hold => on,
                Mode::Toggle => self.open ^ on,
            };
        }
        Ok(())
    }
}

impl<T: Item, P: InputPin> Stage for Button<T, P> {
    type In = T;
    type Out = T;

    fn process(&mut self, input: Block<'_, T>, output: &mut [T]) -> Result<Flow, StageFault> {
        self.read()?;
        if !self.open {
            self.held += self.period;
            return Ok(Flow::Skip);
        }
        if self.held > 0 {
            return Ok(Flow::Lost(core::mem::take(&mut self.held) + self.period));
        }
        output.copy_from_slice(&input);
        Ok(Flow::Emit)
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::{ButtonParams, Press};

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_hal_mock::eh1::digital::{Mock, State, Transaction};

    /// Fires once for each level that the pin reads; what each firing did, as a letter.
    fn fire(active: Active, mode: Mode, steady: u32, levels: &str) -> String {
        let read = |level| Transaction::get(if level == '1' { State::High } else { State::Low });
        let mut pin = Mock::new(&levels.chars().map(read).collect::<Vec<_>>());
        let mut button = Button::<i16, _>::new(pin.clone(), active, mode, steady, 10);
        let done = |(index, _)| {
            let (block, mut out) = ([index as i16; 3], [-1; 3]);
            match button.process(Block { at: 10 * index as u64, items: &block }, &mut out).unwrap() {
                Flow::Emit => {
                    assert_eq!(out, block);
                    'E'
                }
                Flow::Lost(lost) => char::from_digit(lost as u32 / 10, 36).unwrap(),
                _ => '.',
            }
        };
        let found = levels.char_indices().map(done).collect();
        pin.done();
        found
    }

    #[test]
    fn it_passes_blocks_while_held_and_tells_one_gap_when_it_opens() {
        assert_eq!(fire(Active::High, Mode::Hold, 1, "0001110011"), "...4EE..3E");
        assert_eq!(fire(Active::Low, Mode::Hold, 1, "1110001100"), "...4EE..3E");
    }

    #[test]
    fn bounces_do_not_count() {
        assert_eq!(fire(Active::High, Mode::Hold, 2, "0101101011"), "....5EEEEE");
    }

    #[test]
    fn presses_toggle_it() {
        assert_eq!(fire(Active::High, Mode::Toggle, 1, "0110011010"), ".2EEE...4E");
    }
}
