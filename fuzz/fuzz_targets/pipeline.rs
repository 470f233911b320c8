//! Reads arbitrary text as a pipeline file and plans it: an error in words, or a plan, whatever the text.
//!
//! Its seeds are pipelines that are right and wrong (`fuzz/seed`).
#![no_main]

use std::ops::RangeInclusive;
use std::path::Path;

use kws_engine::{
    Cost, Design, DesignError, Element, Kind, Pipeline, Plan, Port, Registry, Role, Simple, Site, StageFault,
};
use libfuzzer_sys::fuzz_target;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Stands for the sources of a board, which look for files and devices.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Raw {
    /// Where the samples are.
    path: String,
    /// Samples a second.
    #[schemars(range(min = 1, max = 768000))]
    rate: u32,
    /// Samples in a block.
    #[schemars(range(min = 1, max = 1048576))]
    block: Option<u64>,
}

impl Kind for Raw {
    const NAME: &'static str = "raw";
    const INPUTS: RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let block = self.block.or(site.block).unwrap_or(u64::from(self.rate).div_ceil(100));
        let port = Port::source(Element::I16, vec![block as usize], Role::SAMPLES, self.rate, block);
        Ok(Simple::boxed(Some(port), Cost::default(), || Err(StageFault::new("nothing is built here"))))
    }
}

fuzz_target!(|text: &str| {
    // What a model's path leads to is no matter of this target.
    if text.contains("classifier") {
        return;
    }
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    registry.add::<Raw>();
    let planned = Pipeline::parse(text, "fuzz.toml", Path::new("nowhere"))
        .and_then(|pipeline| Plan::new(&pipeline, &registry).map(|plan| (pipeline, plan)));
    match planned {
        Ok((pipeline, plan)) => {
            // What was read can be written, and means the same.
            let again = Pipeline::parse(&pipeline.to_toml(), "fuzz.toml", Path::new("nowhere"));
            let again = again.and_then(|pipeline| Plan::new(&pipeline, &registry));
            let again = again.unwrap_or_else(|error| panic!("{error}\n{}", pipeline.to_toml()));
            assert_eq!(again.edges, plan.edges);
            let _ = (plan.buffer_bytes(), plan.ring_bytes(), plan.macs_per_second());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
