//! `--trace`: the trace of a run, if one is asked for.

use std::io;
use std::path::Path;

use kws_engine::{Node, Plan, PlannedStage};

use super::arguments::Arguments;
use super::command_error::CommandError;
use super::journal::{Level, tell};
use crate::trace::Trace;

/// The trace of a run, and its file.
pub(crate) struct Tracing<'a>(Option<(&'a Path, Trace)>);

impl<'a> Tracing<'a> {
    /// Makes the file, where a trace is asked for.
    pub(crate) fn begin(plan: &Plan, arguments: &'a Arguments) -> Result<Self, CommandError> {
        let Some(path) = arguments.trace.as_deref() else { return Ok(Tracing(None)) };
        let trace = Trace::begin(plan, path).map_err(|error| cannot(path, &error))?;
        Ok(Tracing(Some((path, trace))))
    }

    /// Has a stage note what it does.
    pub(crate) fn dress(&mut self, plan: &Plan, stage: &PlannedStage, node: Box<dyn Node>) -> Box<dyn Node> {
        match &mut self.0 {
            Some((_, trace)) => trace.dress(plan, stage, node),
            None => node,
        }
    }

    /// Completes the file, and tells what is missing in it.
    pub(crate) fn end(self) -> Result<(), CommandError> {
        let Some((path, trace)) = self.0 else { return Ok(()) };
        let missed = trace.end().map_err(|error| cannot(path, &error))?;
        if missed > 0 {
            let text = format!(
                "trace: {missed} firings are missing, the run was too fast; --realtime slows it down"
            );
            tell(Level::Warning, text);
        }
        Ok(())
    }
}

fn cannot(path: &Path, error: &io::Error) -> CommandError {
    CommandError::Lacking(format!("the trace `{}` is not complete: {error}", path.display()))
}
