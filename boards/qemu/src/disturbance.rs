//! What goes wrong with the emulated microphone, on purpose.

use core::str::FromStr;

use heapless::Vec;

use crate::wav::RATE;

/// Most disturbances of a run.
const MOST: usize = 4;

/// A kind of disturbance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing comes for a while, and nothing is lost.
    Stall,
    /// What was heard meanwhile is lost, which is reported at once.
    Overrun,
    /// Nothing comes for a while, and then what was to be heard meanwhile is reported as lost.
    Restart,
    /// It is 36 dB too loud, and cut off at full scale.
    Clip,
    /// The main loop does something else meanwhile, so that the ring runs over.
    Busy,
}

/// A disturbance, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disturbance {
    /// What happens.
    pub kind: Kind,
    /// Sample at which it begins.
    pub begin: u64,
    /// Sample at which it is over.
    pub end: u64,
}

/// `KIND@AT+LENGTH`, both in milliseconds of the stream: `overrun@3200+200`.
impl FromStr for Disturbance {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "expected KIND@AT+LENGTH";
        let (kind, span) = text.split_once('@').ok_or(FORM)?;
        let (at, length) = span.split_once('+').ok_or(FORM)?;
        let kind = match kind {
            "stall" => Kind::Stall,
            "overrun" => Kind::Overrun,
            "restart" => Kind::Restart,
            "clip" => Kind::Clip,
            "busy" => Kind::Busy,
            _ => return Err("expected stall, overrun, restart, clip or busy"),
        };
        let samples = |text: &str| text.parse::<u32>().map(|ms| u64::from(ms) * u64::from(RATE / 1000));
        let (begin, length) = (samples(at).map_err(|_| FORM)?, samples(length).map_err(|_| FORM)?);
        Ok(Disturbance { kind, begin, end: begin + length })
    }
}

/// The disturbances that are still to come.
#[derive(Clone, Debug, Default)]
pub struct Disturbances(Vec<Disturbance, MOST>);

impl Disturbances {
    /// Adds one.
    ///
    /// # Errors
    /// When there are four already.
    pub fn add(&mut self, disturbance: Disturbance) -> Result<(), &'static str> {
        self.0.push(disturbance).map_err(|_| "there are four already")
    }

    /// Whether nothing goes wrong any more.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first of these kinds that touches samples up to this one, exclusive; it happens once.
    pub fn take(&mut self, kinds: &[Kind], until: u64) -> Option<Disturbance> {
        let touches =
            |disturbance: &Disturbance| kinds.contains(&disturbance.kind) && disturbance.begin < until;
        let index = self.0.iter().position(touches)?;
        Some(self.0.swap_remove(index))
    }

    /// The time in which the core does something else, if there is one.
    pub fn take_busy(&mut self) -> Option<Disturbance> {
        self.take(&[Kind::Busy], u64::MAX)
    }

    /// Clips what is to be clipped of the samples from number `at` on.
    pub fn clip(&self, at: u64, samples: &mut [i16]) {
        for disturbance in self.0.iter().filter(|disturbance| disturbance.kind == Kind::Clip) {
            for (number, sample) in (at..).zip(samples.iter_mut()) {
                if (disturbance.begin..disturbance.end).contains(&number) {
                    *sample = sample.saturating_mul(64);
                }
            }
        }
    }
}
