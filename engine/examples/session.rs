//! A pipeline as a value: the program pushes blocks and is shown what comes out.

use std::path::Path;

use kws_engine::{
    Block, Cost, Design, DesignError, Element, Flow, Kind, Pipeline, Plan, Port, Registry, Role, Simple,
    Site, Stage, StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A source of samples: the program pushes them.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Samples {}

impl Kind for Samples {
    const NAME: &'static str = "samples";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = Port::source(Element::F32, vec![4], Role::SAMPLES, 16_000, 4);
        Ok(Simple::boxed(Some(port), Cost::default(), || Err(StageFault::new("the program stands for it"))))
    }
}

/// Mean of each block.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Mean {}

impl Kind for Mean {
    const NAME: &'static str = "mean";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let output = site.input(&[Element::F32])?.then(Element::F32, vec![1], Role::FEATURES);
        Ok(Simple::boxed(Some(output), Cost::default(), || Ok(node(Mean {}))))
    }
}

impl Stage for Mean {
    type In = f32;
    type Out = f32;
    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        output[0] = input.iter().sum::<f32>() / input.len() as f32;
        Ok(Flow::Emit)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut registry = Registry::new();
    registry.add::<Samples>().add::<Mean>();
    let toml = "[[stage]]\nkind = \"samples\"\n[[stage]]\nkind = \"mean\"\n";
    let plan = Plan::new(&Pipeline::parse(toml, "means.toml", Path::new(""))?, &registry)?;
    let mut session = plan.session()?;
    session.tap("mean")?;
    let mut means: Vec<f32> = Vec::new();
    // Six items are one block of four and half of the next.
    session.push("samples", &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], |output| {
        means.extend(output.items::<f32>().unwrap_or(&[]))
    })?;
    assert_eq!(means, [2.5]);
    Ok(())
}
