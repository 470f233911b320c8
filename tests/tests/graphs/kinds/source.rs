//! Numbers.

use std::ops::RangeInclusive;

use kws_engine::{Cost, Element, Flow, Kind, Port, Role, Site, Stage, StageFault, Written, node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Designed, code};

/// Numbers: item `n` of the stream is `n`, from 1; every seventh block may be lost.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct CountParams {
    block: u64,
    blocks: u64,
    loses: u64,
}

impl Kind for CountParams {
    const NAME: &'static str = "count";
    const INPUTS: RangeInclusive<usize> = 0..=0;

    fn design(self, _: &Site<'_>) -> Designed {
        let CountParams { block, blocks, loses } = self;
        let port = Port::source(Element::F32, vec![block as usize], Role::SAMPLES, 1000, block);
        let make = move || Ok(node(Count::new(blocks, loses)));
        Ok(Written::boxed(Some(port), Cost::default(), make, move |site| {
            Ok(code(site, "Count", format!("Count::new({blocks}, {loses})")))
        }))
    }
}

/// The stage of `count`.
pub struct Count {
    blocks: u64,
    loses: u64,
    fired: u64,
    next: f32,
}

impl Count {
    pub const fn new(blocks: u64, loses: u64) -> Self {
        Count { blocks, loses, fired: 0, next: 0.0 }
    }
}

impl Stage for Count {
    type In = ();
    type Out = f32;

    fn process(&mut self, (): (), output: &mut [f32]) -> Result<Flow, StageFault> {
        self.fired += 1;
        if self.fired > self.blocks {
            return Ok(Flow::End);
        }
        match self.fired % 7 {
            3 if self.loses > 0 => return Ok(Flow::Lost(self.loses)),
            5 => return Ok(Flow::Skip),
            _ => {}
        }
        for item in output {
            self.next += 1.0;
            *item = self.next;
        }
        Ok(Flow::Emit)
    }
}
