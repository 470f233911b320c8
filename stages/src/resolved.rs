//! A kind's parameters resolved against its input: what the planner asks for, with the stage itself as a template.

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, HostInput, HostOutput, Node, Port, Stage, StageFault, node};

/// A stage and its facts. Stages of this crate are small values over lent storage, so that building one is a clone.
pub(crate) struct Resolved<S> {
    /// What it writes.
    pub(crate) output: Port,
    /// What it costs.
    pub(crate) cost: Cost,
    /// The stage as it is before the first block.
    pub(crate) stage: S,
}

/// A stage that can be written as source: what [`Design::emit`] asks for, without the facts beside it.
pub(crate) trait Emit {
    /// The stage on a board.
    ///
    /// # Errors
    /// When it cannot be there.
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError>;
}

impl<S> Resolved<S>
where
    S: Stage + Emit + Clone + Send + Sync + 'static,
    S::In: HostInput,
    S::Out: HostOutput,
{
    /// The design that [`Kind::design`](kws_engine::Kind::design) returns.
    pub(crate) fn boxed(self) -> Box<dyn Design> {
        Box::new(self)
    }
}

impl<S> Design for Resolved<S>
where
    S: Stage + Emit + Clone + Send + Sync + 'static,
    S::In: HostInput,
    S::Out: HostOutput,
{
    fn output(&self) -> Option<Port> {
        Some(self.output.clone())
    }

    fn cost(&self) -> Cost {
        self.cost
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        Ok(node(self.stage.clone()))
    }

    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        self.stage.emit(site)
    }
}
