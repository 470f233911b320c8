//! Small kinds for the tests of this command.

use kws_engine::{
    Block, Cost, Design, DesignError, Element, Event, Flow, Kind, Pipeline, Port, Registry, Rest, Role,
    Scheme, Simple, Site, Stage, StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of this file.
pub(super) fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.add::<Tone>().add::<Raw>().add::<Half>().add::<Spot>().add::<Print>().add::<Jsonl>();
    registry
}

pub(super) fn pipeline(text: &str) -> Pipeline {
    Pipeline::parse(text, "test.toml", std::path::Path::new("")).unwrap()
}

/// A source of silence.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Tone {
    /// Samples per second.
    #[serde(default = "rate")]
    #[schemars(range(min = 1000, max = 96000), extend("unit" = "Hz"))]
    rate: u32,
    /// Samples in a block.
    #[serde(default)]
    block: Option<u32>,
}

/// The same under the name that `--source raw:` uses.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Raw {
    /// A file.
    #[schemars(extend("format" = "path"))]
    path: String,
    /// Samples per second.
    #[serde(default = "rate")]
    rate: u32,
}

fn rate() -> u32 {
    16_000
}

struct Silence;

impl Stage for Silence {
    type In = ();
    type Out = i16;
    fn process(&mut self, (): (), _: &mut [i16]) -> Result<Flow, StageFault> {
        Ok(Flow::End)
    }
}

fn silence(rate: u32, block: u32) -> Box<dyn Design> {
    let port = Port::source(Element::I16, vec![block as usize], Role::SAMPLES, rate, u64::from(block));
    Simple::boxed(Some(port), Cost::default(), || Ok(node(Silence)))
}

impl Kind for Tone {
    const NAME: &'static str = "tone";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;
    fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        Ok(silence(self.rate, self.block.unwrap_or(160)))
    }
}

impl Kind for Raw {
    const NAME: &'static str = "raw";
    const SCHEME: Option<Scheme> = Some(Scheme { name: "raw", rest: Rest::PathOrInput });
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;
    fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        Ok(silence(self.rate, 160))
    }
}

/// Halves samples.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Half {}

struct Halve;

impl Stage for Halve {
    type In = i16;
    type Out = f32;
    fn process(&mut self, block: Block<'_, i16>, out: &mut [f32]) -> Result<Flow, StageFault> {
        out.iter_mut().zip(block.iter()).for_each(|(out, sample)| *out = f32::from(*sample) / 2.0);
        Ok(Flow::Emit)
    }
}

impl Kind for Half {
    const NAME: &'static str = "half";
    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = site.input(&[Element::I16])?.then(Element::F32, vec![160], Role::FEATURES);
        Ok(Simple::boxed(Some(port), Cost { macs: 160, state: 16, tables: 2048 }, || Ok(node(Halve))))
    }
}

/// Spots something.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Spot {
    /// How sure it must be.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    on: f32,
}

struct Spotted;

impl Stage for Spotted {
    type In = f32;
    type Out = Event;
    fn process(&mut self, _: Block<'_, f32>, _: &mut [Event]) -> Result<Flow, StageFault> {
        Ok(Flow::Skip)
    }
}

impl Kind for Spot {
    const NAME: &'static str = "spot";
    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = site.input(&[Element::F32])?.then(Element::Event, vec![1], Role::EVENTS);
        Ok(Simple::boxed(Some(port), Cost::default(), || Ok(node(Spotted))))
    }
}

macro_rules! sink {
    ($name:ident, $kind:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Serialize, Deserialize, JsonSchema)]
        pub(super) struct $name {
            /// A file.
            #[serde(default = "stdout")]
            path: String,
        }

        impl Kind for $name {
            const NAME: &'static str = $kind;
            const INPUTS: std::ops::RangeInclusive<usize> = 1..=usize::MAX;
            fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
                Ok(Simple::boxed(None, Cost::default(), || Err(StageFault::new("never built"))))
            }
        }
    };
}

fn stdout() -> String {
    "-".to_owned()
}

sink!(Print, "print", "Shows events.");
sink!(Jsonl, "jsonl", "Writes events.");
