//! A kind's parameters resolved against its input: what the planner asks for, with the stage itself as a template.

use kws_engine::{Cost, Design, HostInput, HostOutput, Port, Simple, Stage, node};

/// A stage and its facts. Stages of this crate are small values over lent storage, so that building one is a clone.
pub(crate) struct Resolved<S> {
    /// What it writes.
    pub(crate) output: Port,
    /// What it costs.
    pub(crate) cost: Cost,
    /// The stage as it is before the first block.
    pub(crate) stage: S,
}

impl<S> Resolved<S>
where
    S: Stage + Clone + Send + 'static,
    S::In: HostInput,
    S::Out: HostOutput,
{
    /// The design that [`Kind::design`](kws_engine::Kind::design) returns.
    pub(crate) fn boxed(self) -> Box<dyn Design> {
        let Resolved { output, cost, stage } = self;
        Simple::boxed(Some(output), cost, move || Ok(node(stage.clone())))
    }
}
