//! A stage of one's own, in a crate of one's own: `gain`, usable by name in every pipeline file once it is registered.

use kws_engine::{
    Block, Cost, Design, Element, Fault, Flow, Kind, Refusal, Registry, Role, Simple, Site, Stage, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the stage does with a block. It needs neither `std` nor memory, so that it runs on a microcontroller as well.
pub struct Gain {
    factor: f32,
}

impl Stage for Gain {
    type In = i16;
    type Out = i16;

    fn process(&mut self, input: Block<'_, i16>, output: &mut [i16]) -> Result<Flow, Fault> {
        for (to, from) in output.iter_mut().zip(input.items) {
            *to = (f32::from(*from) * self.factor) as i16;
        }
        Ok(Flow::Emit)
    }
}

/// Multiplies samples by a factor.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct GainParams {
    /// What each sample is multiplied by.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub factor: f32,
}

impl Kind for GainParams {
    const NAME: &'static str = "gain";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, Refusal> {
        let port = site.input_as(&[Element::I16], &[Role::SAMPLES])?;
        let output = port.then(Element::I16, port.shape.clone(), Role::SAMPLES);
        let cost = Cost { macs: port.len() as u64, ..Cost::default() };
        Ok(Simple::boxed(Some(output), cost, move || Ok(node(Gain { factor: self.factor }))))
    }
}

/// Adds the kind to those that a program has, `kws_host::registry()` for example; from then on a file may say
/// `kind = "gain"` and `factor = 2.0`.
pub fn register(registry: &mut Registry) {
    registry.add::<GainParams>();
}

fn main() {
    let mut registry = Registry::new();
    register(&mut registry);
    for (name, schema) in registry.kind("gain").into_iter().flat_map(|kind| kind.params()) {
        println!("{name}: {}", schema["description"]);
    }
}
