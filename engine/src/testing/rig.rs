//! Stages between a source and a sink.

use std::marker::PhantomData;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Capture, Script};
use crate::block::Block;
use crate::design::{Cost, Design, DesignError, Kind, Simple, Site};
use crate::error::PlanError;
use crate::event::Event;
use crate::file::Pipeline;
use crate::item::{Element, Item};
use crate::node::{Firing, Node, node};
use crate::plan::Plan;
use crate::port::Port;
use crate::registry::Registry;
use crate::stage::{Flow, Stage, StageFault};

/// A source of a given port. What it brings is put in when it runs.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Feed {
    /// The port, as JSON.
    port: String,
}

impl Kind for Feed {
    const NAME: &'static str = "feed";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let mut port: Port =
            serde_json::from_str(&self.port).map_err(|error| DesignError::of("port", error.to_string()))?;
        if let Some(block) = site.block {
            (port.shape, port.period) = (vec![block as usize], block);
        }
        let element = port.element;
        let make = move || {
            Ok(match element {
                Element::I8 => Script::<i8>::new().source(),
                Element::U8 => Script::<u8>::new().source(),
                Element::I16 => Script::<i16>::new().source(),
                Element::F32 => Script::<f32>::new().source(),
                Element::Event => Script::<Event>::new().source(),
            })
        };
        Ok(Simple::boxed(Some(port), Cost::default(), make))
    }
}

/// A sink of anything. Where to is put in when it runs.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Catch {}

impl Kind for Catch {
    const NAME: &'static str = "catch";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let element = site.inputs[0].element;
        Ok(Simple::boxed(None, Cost::default(), move || Ok(caught(element))))
    }
}

/// A sink of items of an element, which nobody asks for them.
fn caught(element: Element) -> Box<dyn Node> {
    match element {
        Element::I8 => Capture::<i8>::new().sink(),
        Element::U8 => Capture::<u8>::new().sink(),
        Element::I16 => Capture::<i16>::new().sink(),
        Element::F32 => Capture::<f32>::new().sink(),
        Element::Event => Capture::<Event>::new().sink(),
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

/// Adds the kinds of this kit: `feed`, a source of the port that its `port` says as JSON, and `catch`, a sink of anything.
/// What the one brings and where the other keeps it is put in when the pipeline runs, by a [`Script`] and a [`Capture`].
pub fn register(registry: &mut Registry) {
    registry.add::<Feed>().add::<Catch>();
}

/// Stages between a source and a sink. See the [module](super).
pub struct Rig {
    plan: Plan,
    gap: Option<(usize, u64)>,
}

impl Rig {
    /// Plans the `[[stage]]` tables of `toml` behind a source that writes `port`, with the kinds that `add` adds. The
    /// first of them reads the source, which is called `feed`; what the last one writes is caught.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn new(add: impl FnOnce(&mut Registry), port: &Port, toml: &str) -> Result<Self, PlanError> {
        let mut registry = Registry::new();
        add(&mut registry);
        register(&mut registry);
        let port = serde_json::json!(port);
        let text =
            format!("[[stage]]\nkind = \"feed\"\nport = '{port}'\n{toml}\n[[stage]]\nkind = \"catch\"\n");
        let pipeline = Pipeline::parse(&text, "rig.toml", Path::new("."))?;
        Ok(Rig { plan: Plan::new(&pipeline, &registry)?, gap: None })
    }

    /// Loses ticks before the source's block of this index, from 0.
    #[must_use]
    pub fn gap(self, before: usize, ticks: u64) -> Self {
        Rig { gap: Some((before, ticks)), ..self }
    }

    /// What the last stage before the sink writes.
    ///
    /// # Panics
    /// When `toml` ends with a sink.
    pub fn output(&self) -> &Port {
        let caught = &self.plan.stages[self.plan.stages.len() - 2];
        caught.output.as_ref().expect("the last stage writes")
    }

    /// What the planner would tell the person who runs it.
    pub fn notices(&self) -> &[String] {
        &self.plan.notices
    }

    /// The stage of this kind, which reads `I` and writes `O`, ready to run.
    ///
    /// # Panics
    /// When there is none.
    pub fn stage<I: Item, O: Item>(&self, kind: &str) -> Box<dyn Node> {
        let mut taken = None;
        let outcome = self.plan.run_here(|stage, made| {
            if stage.kind != kind {
                return made;
            }
            taken = Some(made);
            node(Idle::<I, O>(PhantomData))
        });
        outcome.unwrap_or_else(|fault| panic!("{fault}"));
        taken.unwrap_or_else(|| panic!("no stage of kind `{kind}`"))
    }

    /// Runs over these items, which make whole blocks: the blocks that come out, with their ticks.
    ///
    /// # Panics
    /// When a stage fails.
    pub fn run<I: Item, O: Item>(&self, items: &[I]) -> Vec<(u64, Vec<O>)> {
        let (before, lost) = self.gap.unwrap_or((0, 0));
        let feed = self.plan.stage(Feed::NAME).and_then(|stage| stage.output.as_ref());
        let (first, rest) = items.split_at((before * feed.map_or(0, Port::len)).min(items.len()));
        let script = Script::new().items(first);
        let script = if lost > 0 { script.lost(lost) } else { script }.items(rest);
        let capture = Capture::new();
        let outcome = self.plan.run_here(|stage, made| match made.signature().firing {
            Firing::Source => script.clone().source(),
            _ if stage.kind == Catch::NAME => capture.sink(),
            _ => made,
        });
        outcome.unwrap_or_else(|fault| panic!("{fault}"));
        capture.blocks()
    }
}
