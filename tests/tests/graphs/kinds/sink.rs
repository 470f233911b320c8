//! What keeps what came.

use std::ops::RangeInclusive;

use kws_engine::{Any, Block, Cost, Firing, Flow, Kind, Site, Stage, StageFault, Written, node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Designed, Seen, code, note};

/// Keeps every block.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct KeepParams {}

impl Kind for KeepParams {
    const NAME: &'static str = "keep";

    fn design(self, site: &Site<'_>) -> Designed {
        let name = site.name.to_owned();
        let make = move || Ok(node(Keep::new(name.clone().leak())));
        Ok(Written::boxed(None, Cost::default(), make, |site| {
            Ok(code(site, "Keep", format!("Keep::new({:?})", site.name)))
        }))
    }
}

/// The stage of `keep`.
pub struct Keep(&'static str);

impl Keep {
    pub const fn new(name: &'static str) -> Self {
        Keep(name)
    }
}

impl Stage for Keep {
    type In = f32;
    type Out = ();

    fn process(&mut self, input: Block<'_, f32>, (): ()) -> Result<Flow, StageFault> {
        note(self.0, Seen::Block(0, input.at, input.to_vec()));
        Ok(Flow::Skip)
    }

    fn reset(&mut self) {
        note(self.0, Seen::Reset);
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        note(self.0, Seen::Finish);
        Ok(())
    }
}

/// Merges its inputs and keeps every block.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct KeepAllParams {}

impl Kind for KeepAllParams {
    const NAME: &'static str = "keep_all";
    const INPUTS: RangeInclusive<usize> = 1..=9;

    fn design(self, site: &Site<'_>) -> Designed {
        let name = site.name.to_owned();
        let make = move || Ok(node(KeepAll::new(name.clone().leak())));
        Ok(Written::boxed(None, Cost::default(), make, |site| {
            Ok(code(site, "KeepAll", format!("KeepAll::new({:?})", site.name)).fires(Firing::Each))
        }))
    }
}

/// The stage of `keep_all`.
pub struct KeepAll(&'static str);

impl KeepAll {
    pub const fn new(name: &'static str) -> Self {
        KeepAll(name)
    }
}

impl Stage for KeepAll {
    type In = Any<f32>;
    type Out = ();

    fn process(&mut self, (which, block): (usize, Block<'_, f32>), (): ()) -> Result<Flow, StageFault> {
        note(self.0, Seen::Block(which, block.at, block.to_vec()));
        Ok(Flow::Skip)
    }

    fn reset(&mut self) {
        note(self.0, Seen::Reset);
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        note(self.0, Seen::Finish);
        Ok(())
    }
}
