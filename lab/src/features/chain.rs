//! Stages of a pipeline behind one another, fed by hand.

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use kws_engine::{Buffer, Item, Output, Pipeline, Plan, Port, Registry, Session};

use super::clip::Clip;
use super::view::View;

/// Stages one after the other: samples or images in, the last one's blocks out. A session of theirs does the work.
pub struct Chain {
    session: Session,
    source: String,
    /// What the first stage reads, and what the last one writes.
    ports: [Port; 2],
}

/// Plans a pipeline of kinds that need no hardware; a source of kind `clip` stands for samples that are handed over,
/// one of kind `view` for images.
///
/// # Errors
/// When it cannot be planned.
pub fn plan(pipeline: &Pipeline) -> Result<Plan> {
    Ok(Plan::new(pipeline, &kinds())?)
}

/// The kinds that [`plan`] knows.
#[must_use]
pub fn kinds() -> Registry {
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    registry.add::<Clip>();
    registry.add::<View>();
    registry
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
        let plan = plan(pipeline)?;
        Self::behind(&plan, 0)
    }

    /// Builds the stages of a plan behind the one at `first`, whose blocks are then [fed](Self::feed) to them.
    ///
    /// # Errors
    /// When these are no chain, or cannot be built.
    pub fn behind(plan: &Plan, first: usize) -> Result<Self> {
        let name = &plan.stages[first].name;
        let part = plan.behind(name);
        let part = part.with_context(|| format!("the stages behind `{name}` do not read it alone"))?;
        for (index, stage) in part.stages.iter().enumerate().skip(1) {
            let chained =
                part.inputs(index).count() == 1 && part.inputs(index).all(|edge| edge.from + 1 == index);
            ensure!(chained, "stage `{}` does not form a chain with the one before it", stage.name);
            ensure!(stage.output.is_some(), "stage `{}` is a sink and writes nothing", stage.name);
        }
        let (source, last) = part.stages.first().zip(part.stages.last()).context("there is no stage")?;
        let port = |stage: &kws_engine::PlannedStage| stage.output.clone().context("a stage writes nothing");
        let ports = [port(source)?, port(last)?];
        let mut session = part.session()?;
        session.tap(&last.name)?;
        Ok(Self { session, source: source.name.clone(), ports })
    }

    /// What the last stage writes.
    #[must_use]
    pub fn port(&self) -> &Port {
        &self.ports[1]
    }

    /// Hands samples, or the pixels of images, to the stages, which have forgotten everything before, and the blocks of
    /// the last one to `each`, until it returns `Break`. A last incomplete block is dropped, as sources do.
    ///
    /// # Errors
    /// When a stage fails, or the first one reads something else.
    pub fn run<T: Item>(
        &mut self,
        items: &[T],
        mut each: impl FnMut(u64, &Buffer) -> ControlFlow<()>,
    ) -> Result<()> {
        self.session.reset();
        let [reads, _] = &self.ports;
        ensure!(
            reads.element == T::ELEMENT,
            "the stages were handed {}, and read {}",
            T::ELEMENT,
            reads.element
        );
        let (length, mut goes_on) = (reads.len(), ControlFlow::Continue(()));
        for block in items.chunks_exact(length) {
            let see = |output: Output<'_>| {
                if goes_on.is_continue() {
                    goes_on = each(output.at, output.block);
                }
            };
            self.session.push(&self.source, block, see)?;
            if goes_on.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Hands one block to the first stage, and what the last one writes upon it, if it does, to `each`. Nothing is
    /// forgotten first.
    ///
    /// # Errors
    /// When a stage fails, or the block is not what the first stage reads.
    pub fn feed(&mut self, at: u64, block: &Buffer, mut each: impl FnMut(&Buffer)) -> Result<()> {
        self.session.push_buffer(&self.source, at, block, |output| each(output.block))?;
        Ok(())
    }
}
