//! `--view`: the page of a run.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never, tick};
use kws_engine::run::RunStats;
use kws_engine::{Node, Plan, PlannedStage};

use super::arguments::Arguments;
use super::command_error::CommandError;
use super::journal::{Level, tell};
use super::stats;
use crate::view::View;

/// How often the page hears what the stages have done.
const EVERY: Duration = Duration::from_secs(1);

/// The page of a run, if one is asked for.
pub(crate) struct Viewing<'a> {
    plan: &'a Plan,
    view: Option<View>,
}

impl<'a> Viewing<'a> {
    /// Opens the page, and tells where it is.
    pub(crate) fn begin(plan: &'a Plan, arguments: &Arguments) -> Result<Self, CommandError> {
        let Some(address) = arguments.view else { return Ok(Viewing { plan, view: None }) };
        let view = View::open(address, plan, arguments.view_clips.clone())
            .map_err(|error| CommandError::Lacking(format!("cannot show the page at {address}: {error}")))?;
        tell(Level::Info, format_args!("view: {}", view.url));
        Ok(Viewing { plan, view: Some(view) })
    }

    pub(crate) fn is_on(&self) -> bool {
        self.view.is_some()
    }

    /// Taps what a stage reads, where the page shows it.
    pub(crate) fn dress(&mut self, plan: &Plan, stage: &PlannedStage, node: Box<dyn Node>) -> Box<dyn Node> {
        match &mut self.view {
            Some(view) => view.dress(plan, stage, node),
            None => node,
        }
    }

    /// When to [`show`](Self::show).
    pub(crate) fn ticks(&self) -> Receiver<Instant> {
        if self.view.is_some() { tick(EVERY) } else { never() }
    }

    /// Shows what the stages have done so far.
    pub(crate) fn show(&self, stats: &RunStats) {
        if let Some(view) = &self.view {
            view.stats(stats, stats::stream_seconds(self.plan, stats));
        }
    }

    /// Keeps the page of a stream that is over until Ctrl-C.
    pub(crate) fn stay(&mut self, interrupts: &Receiver<()>) {
        if let Some(view) = &mut self.view {
            view.over();
            tell(Level::Info, format_args!("the stream is over; {} stays until Ctrl-C", view.url));
            // An error means that Ctrl-C ends the program by itself.
            let _ = interrupts.recv();
        }
    }
}
