//! Tiny kinds, so that the engine is tested without any stage of kws, and ways to run them.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses some of these")]
#![allow(clippy::unwrap_used, reason = "this is test code")]

pub mod graphs;

use std::ops::RangeInclusive;
use std::path::Path;

use kws_engine::run::{Outcome, RunOptions};
use kws_engine::testing::{Capture, Seen, blocks, ended};
use kws_engine::{
    Any, Block, Cost, Design, DesignError, Element, Flow, Kind, Node, Pipeline, Plan, PlanError,
    PlannedStage, Port, Registry, Role, Simple, Site, Stage, StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub type Designed = Result<Box<dyn Design>, DesignError>;

/// A registry of all kinds here.
pub fn registry() -> Registry {
    let mut registry = Registry::new();
    registry
        .add::<Count>()
        .add::<Gain>()
        .add::<Every>()
        .add::<Add>()
        .add::<Merge>()
        .add::<Last>()
        .add::<Holes>()
        .add::<Out>();
    registry
}

/// Numbers: item `n` of the stream is `n`, from 1.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Count {
    /// Items in a block.
    #[schemars(range(min = 1, max = 100000))]
    pub block: Option<u64>,
    /// Blocks until the end.
    pub blocks: u64,
    /// Items in a second.
    #[schemars(range(min = 1))]
    pub clock: u32,
}

impl Default for Count {
    fn default() -> Self {
        Count { block: None, blocks: 100, clock: 1000 }
    }
}

impl Kind for Count {
    const NAME: &'static str = "count";
    const INPUTS: RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Designed {
        let block = self.block.or(site.block).unwrap_or(12);
        let port = Port::source(Element::F32, vec![block as usize], Role::SAMPLES, self.clock, block);
        let (items, blocks) = (block, self.blocks);
        Ok(Simple::boxed(Some(port), Cost::default(), move || {
            Ok(node(Counter { next: 0, left: blocks, items }))
        }))
    }
}

pub struct Counter {
    pub next: u64,
    pub left: u64,
    pub items: u64,
}

impl Stage for Counter {
    type In = ();
    type Out = f32;
    fn process(&mut self, (): (), output: &mut [f32]) -> Result<Flow, StageFault> {
        if self.left == 0 {
            return Ok(Flow::End);
        }
        self.left -= 1;
        for item in output {
            self.next += 1;
            *item = self.next as f32;
        }
        Ok(Flow::Emit)
    }
}

/// Multiplies, and keeps a sum of all it has seen in its last item, so that a lost or doubled block shows.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Gain {
    /// What it multiplies with.
    #[schemars(range(min = -1000.0, max = 1000.0))]
    pub factor: f32,
}

impl Default for Gain {
    fn default() -> Self {
        Gain { factor: 1.0 }
    }
}

impl Kind for Gain {
    const NAME: &'static str = "gain";

    fn design(self, site: &Site<'_>) -> Designed {
        let port = site.input(&[Element::F32])?;
        let output = port.then(Element::F32, port.shape.clone(), port.role.clone());
        let make = move || Ok(node(Gained { factor: self.factor }));
        Ok(Simple::boxed(Some(output), Cost { macs: port.len() as u64, ..Cost::default() }, make))
    }
}

struct Gained {
    factor: f32,
}

impl Stage for Gained {
    type In = f32;
    type Out = f32;
    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        for (to, from) in output.iter_mut().zip(input.items) {
            *to = from * self.factor;
        }
        Ok(Flow::Emit)
    }
}

/// Sums up a hop of samples.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Every {
    /// Ticks from one sum to the next.
    #[schemars(range(min = 1), extend("unit" = "ticks"))]
    pub hop: u64,
}

impl Kind for Every {
    const NAME: &'static str = "every";

    fn design(self, site: &Site<'_>) -> Designed {
        let port = site.input_as(&[Element::F32], &[Role::SAMPLES])?;
        if !self.hop.is_multiple_of(port.period) {
            let message =
                format!("found {}, expected a multiple of the {} ticks of a block", self.hop, port.period);
            return Err(DesignError::of("hop", message).help("set `block` of the source").fits(self.hop));
        }
        let mut output = port.then(Element::F32, vec![2], Role::FEATURES);
        output.period = self.hop;
        let of = (self.hop / port.period) as usize;
        let make = move || Ok(node(Summing { of, blocks: 0, sum: 0.0, resets: 0.0 }));
        Ok(Simple::boxed(Some(output), Cost::default(), make))
    }
}

struct Summing {
    of: usize,
    blocks: usize,
    sum: f32,
    resets: f32,
}

impl Stage for Summing {
    type In = f32;
    type Out = f32;
    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        self.sum += input.iter().sum::<f32>();
        self.blocks += 1;
        if self.blocks < self.of {
            return Ok(Flow::Skip);
        }
        output.copy_from_slice(&[std::mem::take(&mut self.sum), self.resets]);
        self.blocks = 0;
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        (self.blocks, self.sum) = (0, 0.0);
        self.resets += 1.0;
    }

    fn restart(&mut self) {
        (self.blocks, self.sum, self.resets) = (0, 0.0, 0.0);
    }
}

/// Lets some blocks pass, then withholds some as a gate does, and then may lose some ticks.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Holes {
    /// Blocks that pass.
    #[schemars(range(min = 1))]
    pub open: u64,
    /// Blocks that are withheld.
    pub shut: u64,
    /// Ticks that are lost in the place of the last of them.
    pub loses: u64,
}

impl Kind for Holes {
    const NAME: &'static str = "holes";

    fn design(self, site: &Site<'_>) -> Designed {
        let port = site.input(&[Element::F32])?;
        let output = port.then(Element::F32, port.shape.clone(), port.role.clone());
        Ok(Simple::boxed(Some(output), Cost::default(), move || {
            Ok(node(Holed { params: self.clone(), fired: 0 }))
        }))
    }
}

struct Holed {
    params: Holes,
    fired: u64,
}

impl Stage for Holed {
    type In = f32;
    type Out = f32;
    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        let Holes { open, shut, loses } = self.params;
        let place = self.fired % (open + shut);
        self.fired += 1;
        if place < open {
            output.copy_from_slice(&input);
            return Ok(Flow::Emit);
        }
        Ok(if loses > 0 && place + 1 == open + shut { Flow::Lost(loses) } else { Flow::Idle })
    }

    fn restart(&mut self) {
        self.fired = 0;
    }
}

/// A join: what came first, and when what it goes with was complete.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Add {}

impl Kind for Add {
    const NAME: &'static str = "add";
    const INPUTS: RangeInclusive<usize> = 2..=3;

    fn design(self, site: &Site<'_>) -> Designed {
        let port = site.input(&[Element::F32])?;
        let output = port.then(Element::F32, vec![5], Role::FEATURES);
        let make = move || Ok(node(Adding));
        Ok(Simple::boxed(Some(output), Cost::default(), make))
    }
}

struct Adding;

impl Stage for Adding {
    type In = (f32, f32, f32);
    type Out = f32;
    fn process(
        &mut self,
        (a, b, c): kws_engine::Read<'_, Self::In>,
        output: &mut [f32],
    ) -> Result<Flow, StageFault> {
        let about = |block: Option<Block<'_, f32>>| block.map_or((-1.0, 0.0), |b| (b.at as f32, b[0]));
        let ((b_at, b), (c_at, c)) = (about(b), about(c));
        output.copy_from_slice(&[a[0], b_at, b, c_at, c]);
        Ok(Flow::Emit)
    }
}

/// A merge: which input, and its first item.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Merge {}

impl Kind for Merge {
    const NAME: &'static str = "merge";
    const INPUTS: RangeInclusive<usize> = 1..=9;

    fn design(self, site: &Site<'_>) -> Designed {
        let port = site.input(&[Element::F32])?;
        let output = port.then(Element::F32, vec![2], Role::FEATURES);
        Ok(Simple::boxed(Some(output), Cost::default(), || Ok(node(Merging))))
    }
}

struct Merging;

impl Stage for Merging {
    type In = Any<f32>;
    type Out = f32;
    fn process(
        &mut self,
        (which, block): (usize, Block<'_, f32>),
        output: &mut [f32],
    ) -> Result<Flow, StageFault> {
        output.copy_from_slice(&[which as f32, block[0]]);
        Ok(Flow::Emit)
    }
}

/// Keeps the last block until another comes, then lets it pass.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Last {
    /// Firings until it ends the stream that comes after it.
    pub ends_after: Option<u64>,
    /// Firing that fails.
    pub fails_at: Option<u64>,
    /// Firing that panics.
    pub panics_at: Option<u64>,
}

impl Kind for Last {
    const NAME: &'static str = "last";

    fn design(self, site: &Site<'_>) -> Designed {
        let port = site.input(&[Element::F32])?;
        let output = port.then(Element::F32, port.shape.clone(), port.role.clone());
        Ok(Simple::boxed(Some(output), Cost::default(), move || {
            Ok(node(Ending { params: self.clone(), fired: 0 }))
        }))
    }
}

struct Ending {
    params: Last,
    fired: u64,
}

impl Stage for Ending {
    type In = f32;
    type Out = f32;
    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        self.fired += 1;
        if self.params.fails_at == Some(self.fired) {
            return Err(StageFault::because(format!("firing {} fails", self.fired)));
        }
        assert!(self.params.panics_at != Some(self.fired), "firing {} panics", self.fired);
        if self.params.ends_after.is_some_and(|end| self.fired > end) {
            return Ok(Flow::End);
        }
        output.copy_from_slice(&input);
        Ok(Flow::Emit)
    }
}

/// A sink that throws everything away.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Out {}

impl Kind for Out {
    const NAME: &'static str = "out";

    fn design(self, site: &Site<'_>) -> Designed {
        site.input(&[Element::F32])?;
        Ok(Simple::boxed(None, Cost::default(), || Ok(node(Nowhere))))
    }
}

struct Nowhere;

impl Stage for Nowhere {
    type In = f32;
    type Out = ();
    fn process(&mut self, _: Block<'_, f32>, (): ()) -> Result<Flow, StageFault> {
        Ok(Flow::Skip)
    }
}

pub fn plan(toml: &str) -> Result<Plan, PlanError> {
    Plan::new(&Pipeline::parse(toml, "test.toml", Path::new(""))?, &registry())
}

/// A run with what the sink called `out` saw.
pub struct Ran {
    pub outcome: Outcome,
    pub seen: Vec<Seen<f32>>,
}

impl Ran {
    /// The blocks that `out` saw: their ticks and items.
    pub fn blocks(&self) -> Vec<(u64, Vec<f32>)> {
        blocks(&self.seen)
    }

    pub fn fault(&self) -> String {
        self.outcome.fault.as_ref().map_or_else(String::new, ToString::to_string)
    }

    /// What a stage counted.
    pub fn stage(&self, name: &str) -> &kws_engine::run::StageStats {
        self.outcome.stats.stages.iter().find(|stage| stage.stage == name).unwrap()
    }
}

/// Runs a plan to its end, with whatever `dress` does to stages other than `out`.
pub fn run_with(
    plan: &Plan,
    options: RunOptions,
    mut dress: impl FnMut(&PlannedStage, Box<dyn Node>) -> Box<dyn Node>,
) -> Ran {
    let out = Capture::new();
    let running =
        plan.start_with(options, |stage, made| {
            if stage.name == "out" { dress(stage, out.sink()) } else { dress(stage, made) }
        })
        .unwrap();
    let outcome = ended(running);
    Ran { outcome, seen: out.take() }
}

pub fn run(plan: &Plan, options: RunOptions) -> Ran {
    run_with(plan, options, |_, node| node)
}
