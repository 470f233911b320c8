//! `led`: a light that shows events.

use core::marker::PhantomData;

use embedded_hal::digital::OutputPin;
use kws_engine::{Block, Event, Flow, Item, Stage, StageFault};

use crate::Active;

/// Lights an LED when an event comes, for a while.
///
/// Events are rare, and a sink is fired by what it reads: so the time that switches the light off comes from a second,
/// steady stream, the posteriors for example. The light goes off at the first block of that stream whose tick is `hold`
/// ticks or more after the event's block. An event that comes meanwhile begins the time anew.
///
/// The pin is written only when the light changes; the first firing switches it off. A gap switches nothing.
///
/// What it reads and writes: [`LedParams`].
///
/// # Parameters
/// `label`, the one that it shows, by default any; `hold_ms`; `active`.
///
/// # Reference
/// embedded-hal 1.0, `digital::OutputPin`.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "led"
/// inputs = ["smooth", "trigger"]
/// label = "yes"
/// hold_ms = 500
/// ```
pub struct Led<T, P> {
    pin: P,
    active: Active,
    shown: Shown,
    hold: u64,
    /// Tick of the last block of events that was looked at.
    seen: Option<u64>,
    /// Tick at which the light goes off.
    until: u64,
    lit: Option<bool>,
    time: PhantomData<T>,
}

/// Which events a light shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All.
    Any,
    /// Those of the label with this index.
    Label(u16),
}

impl<T, P: OutputPin> Led<T, P> {
    /// A light at a pin that stays on for `hold` ticks.
    pub const fn new(pin: P, active: Active, shown: Shown, hold: u64) -> Self {
        Led { pin, active, shown, hold, seen: None, until: 0, lit: None, time: PhantomData }
    }

    fn shows(&self, event: &Event) -> bool {
        event.is_some() && (self.shown == Shown::Any || self.shown == Shown::Label(event.label))
    }

    fn light(&mut self, lit: bool) -> Result<(), StageFault> {
        if self.lit == Some(lit) {
            return Ok(());
        }
        self.lit = Some(lit);
        let switched = if lit { self.active.on(&mut self.pin) } else { self.active.off(&mut self.pin) };
        switched.map_err(|_| StageFault::new("the LED's pin cannot be written"))
    }
}

impl<T: Item, P: OutputPin> Stage for Led<T, P> {
    type In = (T, Event);
    type Out = ();

    fn process(
        &mut self,
        (time, events): (Block<'_, T>, Option<Block<'_, Event>>),
        (): (),
    ) -> Result<Flow, StageFault> {
        if let Some(events) = events.filter(|events| self.seen != Some(events.at)) {
            self.seen = Some(events.at);
            if events.iter().any(|event| self.shows(event)) {
                self.until = events.at + self.hold;
            }
        }
        self.light(time.at < self.until)?;
        Ok(Flow::Skip)
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.light(false)
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::{LedParams, LitBy};

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_hal_mock::eh1::digital::{Mock, State, Transaction};

    const YES: Event = Event { label: 1, point: 0, score: 0.9, start: 0, end: 0 };

    /// Fires at ticks 10, 20, …, with the event blocks that came at these ticks; the levels that the pin was set to.
    fn fire(led: &mut Led<i8, Mock>, ticks: core::ops::Range<u64>, came: &[(u64, Event)]) {
        for at in ticks.step_by(10) {
            let latest = came.iter().rev().find(|(tick, _)| *tick <= at);
            let events = latest.map(|(at, event)| Block { at: *at, items: core::slice::from_ref(event) });
            assert_eq!(led.process((Block { at, items: &[0] }, events), ()), Ok(Flow::Skip));
        }
    }

    #[test]
    fn an_event_lights_it_for_its_time_and_another_one_prolongs_it() {
        let levels = [State::Low, State::High, State::Low, State::High, State::Low];
        let mut pin = Mock::new(&levels.map(Transaction::set));
        let mut led = Led::new(pin.clone(), Active::High, Shown::Any, 30);
        fire(&mut led, 10..20, &[]);
        // On at 20, off at 50.
        fire(&mut led, 20..60, &[(20, YES)]);
        // On at 60 and still at 100; off at 110.
        fire(&mut led, 60..120, &[(20, YES), (60, YES), (80, YES)]);
        pin.done();
    }

    #[test]
    fn it_shows_its_label_and_shines_at_the_level_that_means_on() {
        let mut pin = Mock::new(&[State::High, State::Low, State::High].map(Transaction::set));
        let mut led = Led::new(pin.clone(), Active::Low, Shown::Label(1), 30);
        fire(&mut led, 10..60, &[(20, Event { label: 2, ..YES }), (40, Event::NONE)]);
        fire(&mut led, 60..70, &[(60, YES)]);
        assert_eq!(led.finish(), Ok(()));
        pin.done();
    }
}
