//! `button`: a key of the terminal, or presses that the file states.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use embedded_hal::digital::{ErrorType, InputPin};
use kws_devices::{Active, Button, ButtonParams, Mode};
use kws_engine::{Design, DesignError, Item, Kind, Node, Site, StageFault, node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::at_tick::{Now, at_tick};
use super::keyboard;
use crate::wrapper::{Make, for_any};

// A key in the place of a board's button: the kind's parameters are those of every board.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct TerminalButton(ButtonParams);

impl Kind for TerminalButton {
    const NAME: &'static str = ButtonParams::NAME;
    const TRACE: kws_engine::Trace = ButtonParams::TRACE;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let (port, ButtonParams { pin, mode, presses, .. }) = (site.inputs[0].clone(), self.0.clone());
        let finger = match presses {
            Some(presses) => {
                let press = |press: &kws_devices::Press| {
                    port.ticks(press.at_ms)..port.ticks(press.at_ms + press.length_ms)
                };
                Finger::Script(presses.iter().map(press).collect())
            }
            None if keyboard::is_there() => {
                site.notice(format!("Enter presses `{pin}`, and Enter again releases it"));
                Finger::Key(pin)
            }
            None => {
                let missing = "standard input is no terminal, so that nobody can press";
                site.notice(format!(
                    "{missing} `{pin}`; set `presses` of `{}` to when it is pressed",
                    site.name
                ));
                Finger::Script(Vec::new())
            }
        };
        let make = Pressed { finger, mode, steady: self.0.steady(&port), period: port.period };
        Ok(for_any(port, make))
    }
}

/// Who presses.
#[derive(Clone)]
enum Finger {
    /// At these ticks.
    Script(Vec<std::ops::Range<u64>>),
    /// Whoever sits at the terminal, with the key of this name.
    Key(String),
}

struct Pressed {
    finger: Finger,
    mode: Mode,
    steady: u32,
    period: u64,
}

impl Make for Pressed {
    fn make<T: Item>(&self) -> Result<Box<dyn Node>, StageFault> {
        let now = Now::default();
        let pin = match &self.finger {
            Finger::Script(presses) => Pin::Script(presses.clone(), now.clone()),
            Finger::Key(name) => Pin::Key(keyboard::key(name)),
        };
        let stage = Button::<T, Pin>::new(pin, Active::High, self.mode, self.steady, self.period);
        Ok(at_tick(node(stage), now))
    }
}

/// A pin that is high while the button is pressed.
enum Pin {
    Script(Vec<std::ops::Range<u64>>, Now),
    Key(Arc<AtomicBool>),
}

impl ErrorType for Pin {
    type Error = Infallible;
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(match self {
            Pin::Script(presses, now) => presses.iter().any(|press| press.contains(&now.tick())),
            Pin::Key(pressed) => pressed.load(Ordering::Relaxed),
        })
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        self.is_high().map(|high| !high)
    }
}
