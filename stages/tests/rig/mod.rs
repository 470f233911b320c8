//! Plans a few stages behind a source of given blocks, runs them, and catches what they write.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "tests and benches share it, and none needs all of it"
)]

use std::marker::PhantomData;
use std::path::Path;
use std::sync::{Arc, Mutex};

use kws_engine::{
    Block, Cost, Design, DesignError, Element, Event, Firing, Flow, HostInput, HostOutput, Item, Kind, Node,
    Pipeline, Plan, PlanError, Port, Registry, Simple, Site, Stage, StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A source of a given port. The blocks are put in when it runs.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Feed {
    /// The port, as JSON.
    port: String,
}

/// A sink that keeps what it reads.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Catch {}

struct Blocks<I> {
    items: Vec<I>,
    read: usize,
    /// Lost before the block of this index: (index, ticks).
    gap: Option<(usize, u64)>,
}

impl<I: Item> Stage for Blocks<I> {
    type In = ();
    type Out = I;

    fn process(&mut self, (): (), output: &mut [I]) -> Result<Flow, StageFault> {
        if let Some((_, lost)) = self.gap.take_if(|gap| gap.0 * output.len() == self.read) {
            return Ok(Flow::Lost(lost));
        }
        let Some(items) = self.items.get(self.read..self.read + output.len()) else { return Ok(Flow::End) };
        output.copy_from_slice(items);
        self.read += output.len();
        Ok(Flow::Emit)
    }
}

/// Takes the place of a stage that is not to run.
struct Idle<I, O>(PhantomData<fn(I) -> O>);

impl<I: Item, O: Item> Stage for Idle<I, O> {
    type In = I;
    type Out = O;

    fn process(&mut self, _: Block<'_, I>, _: &mut [O]) -> Result<Flow, StageFault> {
        Ok(Flow::Skip)
    }
}

/// Blocks with their ticks.
type Caught<O> = Arc<Mutex<Vec<(u64, Vec<O>)>>>;

struct Keep<O>(Caught<O>);

impl<O: Item> Stage for Keep<O> {
    type In = O;
    type Out = ();

    fn process(&mut self, input: Block<'_, O>, (): ()) -> Result<Flow, StageFault> {
        self.0.lock().unwrap().push((input.at, input.to_vec()));
        Ok(Flow::Skip)
    }
}

impl Kind for Feed {
    const NAME: &'static str = "feed";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let mut port: Port = serde_json::from_str(&self.port).unwrap();
        if let Some(block) = site.block {
            (port.shape, port.period) = (vec![block as usize], block);
        }
        let element = port.element;
        let made = move || {
            Ok(match element {
                Element::I8 => nothing::<i8>(),
                Element::U8 => nothing::<u8>(),
                Element::I16 => nothing::<i16>(),
                Element::F32 => nothing::<f32>(),
                Element::Event => nothing::<Event>(),
            })
        };
        Ok(Simple::boxed(Some(port), Cost::default(), made))
    }
}

/// A source that is over before its first block.
fn nothing<I: Item>() -> Box<dyn Node> {
    node(Blocks::<I> { items: Vec::new(), read: 0, gap: None })
}

impl Kind for Catch {
    const NAME: &'static str = "catch";

    fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let made = || Ok(node(Keep::<Event>(Arc::default())));
        Ok(Simple::boxed(None, Cost::default(), made))
    }
}

/// Stages between a source and a sink.
pub struct Rig {
    plan: Plan,
    gap: Option<(usize, u64)>,
}

impl Rig {
    /// Plans the `[[stage]]` tables of `toml` behind a source that writes `port`.
    pub fn new(port: &Port, toml: &str) -> Result<Self, PlanError> {
        let mut registry = Registry::new();
        kws_stages::register(&mut registry);
        registry.add::<Feed>().add::<Catch>();
        let port = serde_json::to_string(port).unwrap();
        let text =
            format!("[[stage]]\nkind = \"feed\"\nport = '{port}'\n{toml}\n[[stage]]\nkind = \"catch\"\n");
        let pipeline = Pipeline::parse(&text, "rig.toml", Path::new("."))?;
        Ok(Rig { plan: Plan::new(&pipeline, &registry)?, gap: None })
    }

    /// Loses ticks before the source's block of this index.
    pub fn gap(self, before: usize, ticks: u64) -> Self {
        Rig { gap: Some((before, ticks)), ..self }
    }

    /// What the last stage before the sink writes.
    pub fn output(&self) -> &Port {
        self.plan.stages[self.plan.stages.len() - 2].output.as_ref().unwrap()
    }

    /// What the planner would tell the person who runs it.
    pub fn notices(&self) -> &[String] {
        &self.plan.notices
    }

    /// The stage of this kind, which reads `I` and writes `O`, ready to run.
    pub fn stage<I, O>(&self, kind: &str) -> Box<dyn Node>
    where
        I: Item + HostInput,
        O: Item + HostOutput,
    {
        let mut taken = None;
        let outcome = self.plan.run_here(|stage, made| {
            if made.signature().writes.is_none() {
                return node(Keep::<O>(Arc::default()));
            }
            if stage.kind != kind {
                return made;
            }
            taken = Some(made);
            node(Idle::<I, O>(PhantomData))
        });
        outcome.unwrap_or_else(|fault| panic!("{fault}"));
        taken.unwrap()
    }

    /// Runs over these items; the blocks that come out, with their ticks.
    pub fn run<I, O>(&self, items: &[I]) -> Vec<(u64, Vec<O>)>
    where
        I: Item + HostOutput,
        O: Item + HostInput,
    {
        let kept = Arc::default();
        let outcome = self.plan.run_here(|_, made| match made.signature().firing {
            Firing::Source => node(Blocks { items: items.to_vec(), read: 0, gap: self.gap }),
            _ if made.signature().writes.is_none() => node(Keep::<O>(Arc::clone(&kept))),
            _ => made,
        });
        outcome.unwrap_or_else(|fault| panic!("{fault}"));
        std::mem::take(&mut *kept.lock().unwrap())
    }
}
