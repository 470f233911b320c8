//! A stage of one's own, in a crate of one's own: `gain`, usable by name in every pipeline file once it is registered.

use kws_engine::firmware::{self, Code, real};
use kws_engine::{
    Block, Cost, Design, DesignError, Element, Flow, Kind, Registry, Role, Site, Stage, StageFault, Written,
    node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the stage does with a block. It needs neither `std` nor memory, so that it runs on a microcontroller as well.
pub struct Gain {
    factor: f32,
}

impl Gain {
    /// A gain of so much. `const`, so that a board computes nothing to make one.
    pub const fn new(factor: f32) -> Self {
        Gain { factor }
    }
}

impl Stage for Gain {
    type In = i16;
    type Out = i16;

    fn process(&mut self, input: Block<'_, i16>, output: &mut [i16]) -> Result<Flow, StageFault> {
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

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = site.input_as(&[Element::I16], &[Role::SAMPLES])?;
        let output = port.then(Element::I16, port.shape.clone(), Role::SAMPLES);
        let cost = Cost { macs: port.len() as u64, ..Cost::default() };
        let factor = self.factor;
        let make = move || Ok(node(Gain::new(factor)));
        Ok(Written::boxed(Some(output), cost, make, move |site| Ok(on_board(factor, site))))
    }
}

/// The stage as source for a board: its type, an expression of it, and the paths that these use, here of a crate
/// `my_stages`. Without this, the stage runs on computers only.
fn on_board(factor: f32, site: &firmware::EmitSite<'_>) -> Code {
    let mut code = Code::new(site);
    code.uses("my_stages::Gain");
    code.is("Gain", format!("Gain::new({})", real(factor)))
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
