//! The source that stands before a front end: it states what a clip's samples are, and is never fired.

use kws_engine::{
    Cost, Design, DesignError, Element, Flow, Kind, Port, Role, Simple, Site, Stage, StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audio::RATE;

/// Samples of a clip, handed over block by block.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Clip {}

/// The source's table in a pipeline.
pub(super) fn source() -> toml::Table {
    [("kind".to_owned(), Clip::NAME.into())].into_iter().collect()
}

struct Silent;

impl Stage for Silent {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), _: &mut [i16]) -> Result<Flow, StageFault> {
        Ok(Flow::End)
    }
}

impl Kind for Clip {
    const NAME: &'static str = "clip";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let block = site.block.unwrap_or(u64::from(RATE) / 100);
        let port = Port::source(Element::I16, vec![block as usize], Role::SAMPLES, RATE, block);
        Ok(Simple::boxed(Some(port), Cost::default(), || Ok(node(Silent))))
    }
}
