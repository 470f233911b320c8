//! `led`: a line on the terminal whenever the LED changes.

use std::io::{self, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use embedded_hal::digital::{self, ErrorKind, ErrorType, OutputPin};
use kws_devices::{Active, Led, LedParams, LitBy};
use kws_engine::line::Seconds;
use kws_engine::{Cost, Design, DesignError, Effect, Element, Event, Item, Kind, Node, Simple, Site, node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::at_tick::{Now, at_tick};

// A line on standard error in the place of a board's LED: the kind's parameters are those of every board.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct TerminalLed(LedParams);

impl Kind for TerminalLed {
    const NAME: &'static str = LedParams::NAME;
    const INPUTS: std::ops::RangeInclusive<usize> = LedParams::INPUTS;
    const EFFECT: Effect = Effect::Shows;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let (lit_by, time) = (self.0.lit_by(site)?, &site.inputs[0]);
        let (element, clock) = (time.element, time.clock);
        let make = move || {
            Ok(match element {
                Element::I8 => led::<i8>(&self.0.pin, lit_by, clock),
                Element::U8 => led::<u8>(&self.0.pin, lit_by, clock),
                Element::I16 => led::<i16>(&self.0.pin, lit_by, clock),
                Element::F32 => led::<f32>(&self.0.pin, lit_by, clock),
                Element::Event => led::<Event>(&self.0.pin, lit_by, clock),
            })
        };
        Ok(Simple::boxed(None, Cost::default(), make))
    }
}

fn led<T: Item>(pin: &str, lit_by: LitBy, clock: u32) -> Box<dyn Node> {
    let now = Now::default();
    let out = AutoStream::auto(io::stderr());
    let pin = Pin { name: pin.to_owned(), now: now.clone(), clock, lit: false, line: Vec::new(), out };
    at_tick(node(Led::<T, _>::new(pin, Active::High, lit_by.shown, lit_by.hold)), now)
}

/// A pin that is drawn when it changes.
struct Pin<W> {
    name: String,
    now: Now,
    clock: u32,
    lit: bool,
    line: Vec<u8>,
    out: W,
}

impl<W: Write> Pin<W> {
    fn set(&mut self, lit: bool) -> Result<(), Unseen> {
        // At first it is off, which is nothing to tell.
        if lit == self.lit {
            return Ok(());
        }
        self.lit = lit;
        let (time, name) = (Seconds { tick: self.now.tick(), clock: self.clock }.to_string(), &self.name);
        let (style, sign, is) =
            if lit { (colour(name), '●', "on") } else { (Style::new().dimmed(), '○', "off") };
        self.line.clear();
        writeln!(self.line, "{time:>9} s  {style}{sign} {name}{style:#} {is}").map_err(|_| Unseen)?;
        self.out.write_all(&self.line).map_err(|_| Unseen)
    }
}

/// The colour of an LED, where its name is one.
fn colour(name: &str) -> Style {
    let colour = match name {
        "red" => AnsiColor::BrightRed,
        "green" => AnsiColor::BrightGreen,
        "blue" => AnsiColor::BrightBlue,
        "white" => AnsiColor::BrightWhite,
        _ => AnsiColor::BrightYellow,
    };
    colour.on_default().bold()
}

/// The terminal cannot be written to.
#[derive(Debug)]
struct Unseen;

impl digital::Error for Unseen {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl<W> ErrorType for Pin<W> {
    type Error = Unseen;
}

impl<W: Write> OutputPin for Pin<W> {
    fn set_low(&mut self) -> Result<(), Unseen> {
        self.set(false)
    }

    fn set_high(&mut self) -> Result<(), Unseen> {
        self.set(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_when_it_goes_on_and_off() {
        let out = AutoStream::never(Vec::new());
        let name = "red".to_owned();
        let mut pin = Pin { name, now: Now::default(), clock: 1000, lit: false, line: Vec::new(), out };
        for lit in [false, true, true, false] {
            pin.set(lit).unwrap();
        }
        let text = String::from_utf8(pin.out.into_inner()).unwrap();
        assert_eq!(text, "    0.000 s  ● red on\n    0.000 s  ○ red off\n");
    }
}
