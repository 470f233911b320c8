//! Kinds of these tests, which the build script writes and the tests run.

use std::collections::BTreeMap;
use std::sync::Mutex;

use kws_engine::firmware::Code;
use kws_engine::{
    Block, Cost, Design, DesignError, Element, Flow, Item, Kind, Registry, Role, Site, Stage, StageFault,
    Written, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Adds all of them.
pub fn register(registry: &mut Registry) {
    registry.add::<KeepParams>();
    registry.add::<PairParams>();
    registry.add::<EveryParams>();
}

/// Blocks that sinks have kept, by their names: its tick, and the bits of its items.
pub type Kept = BTreeMap<String, Vec<(u64, Vec<u32>)>>;

/// Every block that a sink of each name has kept.
pub static KEPT: Mutex<Kept> = Mutex::new(BTreeMap::new());

/// Keeps every block.
#[derive(Serialize, Deserialize, JsonSchema)]
struct KeepParams {}

impl Kind for KeepParams {
    const NAME: &'static str = "keep";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let element = site.inputs[0].element;
        let name = site.name.to_owned();
        let make = move || {
            let name: &'static str = name.clone().leak();
            Ok(match element {
                Element::I8 => node(Keep::<i8>::new(name)),
                Element::I16 => node(Keep::<i16>::new(name)),
                _ => node(Keep::<f32>::new(name)),
            })
        };
        Ok(Written::boxed(None, Cost::default(), make, move |site| {
            let mut code = Code::new(site);
            code.uses("crate::kinds::Keep");
            Ok(code.is(format!("Keep<{element}>"), format!("Keep::new({:?})", site.name)))
        }))
    }
}

/// The stage of `keep`.
pub struct Keep<T> {
    name: &'static str,
    item: std::marker::PhantomData<T>,
}

impl<T> Keep<T> {
    pub const fn new(name: &'static str) -> Self {
        Keep { name, item: std::marker::PhantomData }
    }
}

/// An item's bits.
pub trait Bits: Item {
    fn bits(self) -> u32;
}

impl Bits for i8 {
    fn bits(self) -> u32 {
        u32::from(self as u8)
    }
}

impl Bits for i16 {
    fn bits(self) -> u32 {
        u32::from(self as u16)
    }
}

impl Bits for f32 {
    fn bits(self) -> u32 {
        self.to_bits()
    }
}

impl<T: Bits> Stage for Keep<T> {
    type In = T;
    type Out = ();

    fn process(&mut self, input: Block<'_, T>, (): ()) -> Result<Flow, StageFault> {
        let bits = input.iter().map(|item| item.bits()).collect();
        KEPT.lock().unwrap().entry(self.name.to_owned()).or_default().push((input.at, bits));
        Ok(Flow::Skip)
    }
}

/// The sum of a block, how old the latest block of the second input is and the sum of that, and blocks since a gap.
#[derive(Serialize, Deserialize, JsonSchema)]
struct PairParams {}

impl Kind for PairParams {
    const NAME: &'static str = "pair";
    const INPUTS: std::ops::RangeInclusive<usize> = 2..=2;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let output = site.inputs[0].then(Element::F32, vec![4], Role::FEATURES);
        Ok(Written::boxed(
            Some(output),
            Cost::default(),
            || Ok(node(Pair::new())),
            |site| {
                let mut code = Code::new(site);
                code.uses("crate::kinds::Pair");
                Ok(code.is("Pair", "Pair::new()"))
            },
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
        let age = second.as_ref().map_or(-1.0, |second| (first.at - second.at) as f32);
        let sum = second.map_or(0.0, |second| second.iter().sum());
        output.copy_from_slice(&[first.iter().sum(), age, sum, self.fired]);
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.fired = 0.0;
    }
}

/// Passes on one block of so many, and where it is asked to, loses 7 ticks in place of the next.
#[derive(Serialize, Deserialize, JsonSchema)]
struct EveryParams {
    /// Blocks of which one passes.
    blocks: u32,
    /// After how many that pass one is lost.
    #[serde(default)]
    loses: Option<u32>,
}

impl Kind for EveryParams {
    const NAME: &'static str = "every";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let (port, EveryParams { blocks, loses }) = (&site.inputs[0], self);
        let mut output = port.then(Element::F32, port.shape.clone(), port.role.clone());
        output.period *= u64::from(blocks);
        let loses = loses.unwrap_or(u32::MAX);
        let make = move || Ok(node(Every::new(blocks, loses)));
        Ok(Written::boxed(Some(output), Cost::default(), make, move |site| {
            let mut code = Code::new(site);
            code.uses("crate::kinds::Every");
            Ok(code.is("Every", format!("Every::new({blocks}, {loses})")))
        }))
    }
}

/// The stage of `every`.
pub struct Every {
    blocks: u32,
    loses: u32,
    seen: u32,
    passed: u32,
}

impl Every {
    pub const fn new(blocks: u32, loses: u32) -> Self {
        Every { blocks, loses, seen: 0, passed: 0 }
    }
}

impl Stage for Every {
    type In = f32;
    type Out = f32;

    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        self.seen += 1;
        // What a stage leaves behind when it writes nothing is not to be seen by anybody.
        output.fill(f32::NAN);
        if self.seen < self.blocks {
            return Ok(Flow::Skip);
        }
        self.seen = 0;
        self.passed += 1;
        if self.passed > self.loses {
            self.passed = 0;
            return Ok(Flow::Lost(7));
        }
        output.copy_from_slice(&input);
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.seen = 0;
    }
}
