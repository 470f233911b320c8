//! Stages of a pipeline behind one another, fired by hand.

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use kws_engine::{Buffer, Flow, Inputs, Item, Node, Pipeline, Plan, Port, Registry};

use super::clip::Clip;
use super::view::View;

/// Stages one after the other: samples or pictures in, the last one's blocks out.
pub struct Chain {
    links: Vec<Link>,
    /// The block that the first stage reads.
    block: Buffer,
    /// Ticks of such a block.
    period: u64,
    port: Port,
}

/// Plans a pipeline of kinds that need no hardware; a source of kind `clip` stands for samples that are handed over,
/// one of kind `view` for pictures.
///
/// # Errors
/// When it cannot be planned.
pub fn plan(pipeline: &Pipeline) -> Result<Plan> {
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    registry.add::<Clip>();
    registry.add::<View>();
    Ok(Plan::new(pipeline, &registry)?)
}

struct Link {
    node: Box<dyn Node>,
    output: Buffer,
}

impl Chain {
    /// Builds stages by their `kind` and that kind's parameters, the source before them; relative paths start from
    /// `folder`.
    ///
    /// # Errors
    /// When a stage is unknown, or refuses its parameters or its input.
    pub fn new(source: toml::Table, stages: &[toml::Table], folder: &Path) -> Result<Self> {
        let stages = stages.iter().cloned();
        let all = std::iter::once(source).chain(stages).map(toml::Value::Table).collect();
        let mut file = toml::Table::new();
        file.insert("stage".into(), toml::Value::Array(all));
        Self::of(&Pipeline::parse(&toml::to_string(&file)?, "front_end", folder)?)
    }

    /// Builds the stages of a pipeline from its source, whose place the samples take, to the one named `last`.
    ///
    /// # Errors
    /// When there is no such stage, or the stages up to it are no chain of kinds that need no hardware.
    pub fn up_to(mut pipeline: Pipeline, last: &str) -> Result<Self> {
        let names: Vec<String> = pipeline.stages.iter().map(|s| s.name.clone()).collect();
        let end = names.iter().position(|name| name == last);
        let end = end
            .with_context(|| format!("found no stage `{last}`, expected one of `{}`", names.join("`, `")))?;
        ensure!(end > 0, "`{last}` is the source; choose a stage after it");
        pipeline.stages.truncate(end + 1);
        pipeline.replace(&names[0], "clip", &serde_json::json!({}), "samples");
        Self::of(&pipeline)
    }

    fn of(pipeline: &Pipeline) -> Result<Self> {
        Self::behind(&plan(pipeline)?, 0)
    }

    /// Builds the stages of a plan behind the one at `first`, whose blocks are then [fed](Self::feed) to them.
    ///
    /// # Errors
    /// When these are no chain, or cannot be built.
    pub fn behind(plan: &Plan, first: usize) -> Result<Self> {
        let source = plan.stages[first].output.as_ref().context("the first stage writes nothing")?;
        let mut links = Vec::new();
        for (index, stage) in plan.stages.iter().enumerate().skip(first + 1) {
            let chained =
                plan.inputs(index).count() == 1 && plan.inputs(index).all(|edge| edge.from + 1 == index);
            ensure!(chained, "stage `{}` does not form a chain with the one before it", stage.name);
            let port = stage.output.as_ref();
            let port =
                port.with_context(|| format!("stage `{}` is a sink and writes nothing", stage.name))?;
            let node = stage.build().with_context(|| format!("cannot build stage `{}`", stage.name))?;
            links.push(Link { node, output: Buffer::zeroed(port.element, port.len()) });
        }
        let port = plan
            .stages
            .last()
            .and_then(|s| s.output.clone())
            .context("the pipeline has no stage after the source")?;
        let block = Buffer::zeroed(source.element, source.len());
        Ok(Self { links, block, period: source.period, port })
    }

    /// What the last stage writes.
    #[must_use]
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// Hands samples, or the pixels of pictures, to the stages, which have forgotten everything before, and the blocks of
    /// the last one to `each`, until it breaks off. A last incomplete block is dropped, as sources do.
    ///
    /// # Errors
    /// When a stage fails, or the first one reads something else.
    pub fn run<T: Item>(
        &mut self,
        items: &[T],
        mut each: impl FnMut(u64, &Buffer) -> ControlFlow<()>,
    ) -> Result<()> {
        for link in &mut self.links {
            link.node.reset();
        }
        let (length, reads, period) = (self.block.len(), self.block.element(), self.period);
        for (at, block) in (1..).map(|n| n * period).zip(items.chunks_exact(length)) {
            let to = T::items_mut(&mut self.block);
            let to =
                to.with_context(|| format!("the stages were handed {}, and read {reads}", T::ELEMENT))?;
            to.copy_from_slice(block);
            if !self.fire(at)? {
                continue;
            }
            if let Some(link) = self.links.last()
                && each(at, &link.output).is_break()
            {
                break;
            }
        }
        Ok(())
    }

    /// Hands one block to the first stage; what the last one writes upon it, if it does. Nothing is forgotten first.
    ///
    /// # Errors
    /// When a stage fails.
    ///
    /// # Panics
    /// When the block is not what the first stage reads.
    pub fn feed(&mut self, at: u64, block: &Buffer) -> Result<Option<&Buffer>> {
        self.block.copy_from(block);
        Ok(if self.fire(at)? { self.links.last().map(|link| &link.output) } else { None })
    }

    /// Fires the stages one after the other, as far as blocks are written. True when the last one wrote.
    fn fire(&mut self, at: u64) -> Result<bool> {
        for index in 0..self.links.len() {
            let (before, rest) = self.links.split_at_mut(index);
            let block = before.last().map_or(&self.block, |link| &link.output);
            let link = &mut rest[0];
            let inputs = Inputs { block, at, which: 0, latest: &[] };
            if link.node.fire(inputs, &mut link.output)? != Flow::Emit {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
