//! What reads several streams.

use std::ops::RangeInclusive;

use kws_engine::{Block, Cost, Element, Flow, Kind, Role, Site, Stage, StageFault, Written, node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Designed, code};

/// A gate: passes a block while the newest by the second input is not too old and its first item's lowest bits are high.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct DoorParams {
    on: u64,
    within: u64,
}

impl Kind for DoorParams {
    const NAME: &'static str = "door";
    const INPUTS: RangeInclusive<usize> = 2..=2;

    fn design(self, site: &Site<'_>) -> Designed {
        let (port, DoorParams { on, within }) = (site.input(&[Element::F32])?, self);
        let output = port.then(Element::F32, port.shape.clone(), port.role.clone());
        let make = move || Ok(node(Door::new(on, within)));
        Ok(Written::boxed(Some(output), Cost::default(), make, move |site| {
            Ok(code(site, "Door", format!("Door::new({on}, {within})")))
        }))
    }
}

/// The stage of `door`.
pub struct Door {
    on: u64,
    within: u64,
}

impl Door {
    pub const fn new(on: u64, within: u64) -> Self {
        Door { on, within }
    }
}

impl Stage for Door {
    type In = (f32, f32);
    type Out = f32;

    fn process(
        &mut self,
        (block, latest): (Block<'_, f32>, Option<Block<'_, f32>>),
        output: &mut [f32],
    ) -> Result<Flow, StageFault> {
        let opens = |latest: &Block<'_, f32>| {
            (latest[0] as u64 / 3) % 8 >= self.on && block.at - latest.at <= self.within
        };
        if !latest.as_ref().is_some_and(opens) {
            return Ok(Flow::Idle);
        }
        output.copy_from_slice(&block);
        Ok(Flow::Emit)
    }
}

/// A join of two: the first item of both, when the second was complete, and blocks since a gap.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct PairParams {}

impl Kind for PairParams {
    const NAME: &'static str = "pair";
    const INPUTS: RangeInclusive<usize> = 2..=2;

    fn design(self, site: &Site<'_>) -> Designed {
        let output = site.inputs[0].then(Element::F32, vec![4], Role::FEATURES);
        Ok(Written::boxed(
            Some(output),
            Cost::default(),
            || Ok(node(Pair::new())),
            |site| Ok(code(site, "Pair", "Pair::new()".to_owned())),
        ))
    }
}

/// The stage of `pair`.
pub struct Pair {
    fired: f32,
}

impl Pair {
    pub const fn new() -> Self {
        Pair { fired: 0.0 }
    }
}

impl Stage for Pair {
    type In = (f32, f32);
    type Out = f32;

    fn process(
        &mut self,
        (first, second): (Block<'_, f32>, Option<Block<'_, f32>>),
        output: &mut [f32],
    ) -> Result<Flow, StageFault> {
        self.fired += 1.0;
        let (at, item) = about(second);
        output.copy_from_slice(&[first[0], at, item, self.fired]);
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.fired = 0.0;
    }
}

/// When a block was complete, and its first item.
fn about(block: Option<Block<'_, f32>>) -> (f32, f32) {
    block.map_or((-1.0, 0.0), |block| (block.at as f32, block[0]))
}

/// A join of three.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct ThreeParams {}

impl Kind for ThreeParams {
    const NAME: &'static str = "three";
    const INPUTS: RangeInclusive<usize> = 3..=3;

    fn design(self, site: &Site<'_>) -> Designed {
        let output = site.inputs[0].then(Element::F32, vec![6], Role::FEATURES);
        Ok(Written::boxed(
            Some(output),
            Cost::default(),
            || Ok(node(Three::new())),
            |site| Ok(code(site, "Three", "Three::new()".to_owned())),
        ))
    }
}

/// The stage of `three`.
pub struct Three {
    fired: f32,
}

impl Three {
    pub const fn new() -> Self {
        Three { fired: 0.0 }
    }
}

impl Stage for Three {
    type In = (f32, f32, f32);
    type Out = f32;

    fn process(
        &mut self,
        (first, second, third): kws_engine::Read<'_, Self::In>,
        output: &mut [f32],
    ) -> Result<Flow, StageFault> {
        self.fired += 1.0;
        let ((b_at, b), (c_at, c)) = (about(second), about(third));
        output.copy_from_slice(&[first[0], b_at, b, c_at, c, self.fired]);
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.fired = 0.0;
    }
}
