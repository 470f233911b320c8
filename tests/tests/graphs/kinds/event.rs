//! From numbers to events and back.

use kws_engine::{Block, Cost, Element, Event, Flow, Kind, Role, Site, Stage, StageFault, Written, node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Designed, code};

/// An event for each block whose first item is no multiple of a number.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct MarkParams {
    not: u64,
}

impl Kind for MarkParams {
    const NAME: &'static str = "mark";

    fn design(self, site: &Site<'_>) -> Designed {
        let port = site.input(&[Element::F32])?;
        let output = port.then(Element::Event, vec![2], Role::EVENTS);
        let not = self.not;
        Ok(Written::boxed(
            Some(output),
            Cost::default(),
            move || Ok(node(Mark::new(not))),
            move |site| Ok(code(site, "Mark", format!("Mark::new({not})"))),
        ))
    }
}

/// The stage of `mark`: events come at two places by turns.
pub struct Mark {
    not: u64,
    count: u64,
}

impl Mark {
    pub const fn new(not: u64) -> Self {
        Mark { not, count: 0 }
    }
}

impl Stage for Mark {
    type In = f32;
    type Out = Event;

    fn process(&mut self, input: Block<'_, f32>, output: &mut [Event]) -> Result<Flow, StageFault> {
        let number = input[0].abs() as u64;
        output.fill(Event::NONE);
        if number.is_multiple_of(self.not) {
            return Ok(Flow::Skip);
        }
        self.count += 1;
        let start = input.at.saturating_sub(self.count);
        output[self.count as usize % 2] = Event { label: 0, point: 0, score: input[0], start, end: input.at };
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.count = 0;
    }
}

/// What events are, in numbers.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct AboutParams {}

impl Kind for AboutParams {
    const NAME: &'static str = "about";

    fn design(self, site: &Site<'_>) -> Designed {
        let output = site.input(&[Element::Event])?.then(Element::F32, vec![6], Role::FEATURES);
        Ok(Written::boxed(
            Some(output),
            Cost::default(),
            || Ok(node(About)),
            |site| Ok(code(site, "About", "About".to_owned())),
        ))
    }
}

/// The stage of `about`.
pub struct About;

impl Stage for About {
    type In = Event;
    type Out = f32;

    fn process(&mut self, input: Block<'_, Event>, output: &mut [f32]) -> Result<Flow, StageFault> {
        for (to, event) in output.chunks_exact_mut(3).zip(input.items) {
            let numbers = [event.score, event.start as f32, event.end as f32];
            to.copy_from_slice(if event.is_some() { &numbers } else { &[-1.0; 3] });
        }
        Ok(Flow::Emit)
    }
}
