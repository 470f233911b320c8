//! `--view` and `--tui`: the page and the terminal view of a run.

use std::io::{self, IsTerminal, stdout};
use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never, select, tick};
use kws_engine::run::RunStats;
use kws_engine::{Effect, Flow, Node, Plan, PlannedStage, around};
use kws_view::Keeps;

use super::arguments::Arguments;
use super::command_error::CommandError;
use super::journal::{Level, show_in, show_no_more, tell};
use super::stats;
use crate::view::{Screen, View, Writes};

/// How often viewers hear what the stages have done.
const EVERY: Duration = Duration::from_secs(1);

/// The views of a run, as far as they are asked for.
pub(crate) struct Viewing<'a> {
    plan: &'a Plan,
    view: Option<View>,
    /// Where the page is.
    url: Option<String>,
    screen: Option<Box<dyn Screen>>,
    /// Where the report goes.
    report: Option<&'a Path>,
    /// Whether everything is kept, and lanes wait for it: a report, or a take.
    is_whole: bool,
}

impl<'a> Viewing<'a> {
    /// Opens the page, and tells where it is; takes the terminal over.
    pub(crate) fn begin(plan: &'a Plan, arguments: &'a Arguments) -> Result<Self, CommandError> {
        let take = arguments.pipeline.as_ref().is_some_and(|path| path.is_dir());
        let is_whole = arguments.report.is_some() || take && arguments.view.is_some();
        let report = arguments.report.as_deref();
        let mut viewing = Viewing { plan, view: None, url: None, screen: None, report, is_whole };
        if arguments.view.is_none() && !arguments.tui && arguments.report.is_none() {
            return Ok(viewing);
        }
        let keeps = if viewing.is_whole { Keeps::Everything } else { Keeps::Recent };
        let cannot =
            |what: &str, error: io::Error| CommandError::Lacking(format!("cannot show {what}: {error}"));
        let view = View::new(plan, keeps).map_err(|error| cannot("the run", error))?;
        if let Some(address) = arguments.view {
            let (clips, speakers) = (arguments.view_clips.clone(), arguments.view_enrol.clone());
            let url = view.serve(address, plan, Writes { clips, speakers });
            let url = url.map_err(|error| cannot(&format!("the page at {address}"), error))?;
            tell(Level::Info, format_args!("view: {url}"));
            viewing.url = Some(url);
        }
        if arguments.tui {
            let screen = view.on_terminal(plan).map_err(|error| cannot("`--tui`", error))?;
            show_in(screen.lines());
            viewing.screen = Some(screen);
        }
        viewing.view = Some(view);
        Ok(viewing)
    }

    pub(crate) fn is_on(&self) -> bool {
        self.view.is_some()
    }

    /// Whether the run keeps time, since somebody watches what happens now.
    pub(crate) fn keeps_time(&self) -> bool {
        self.screen.is_some() || self.url.is_some() && !self.is_whole
    }

    /// Whether the terminal shows the run, and has no room for anything else.
    pub(crate) fn has_screen(&self) -> bool {
        self.screen.is_some()
    }

    /// Tells that a person wants to leave the terminal view.
    pub(crate) fn left(&self) -> Receiver<()> {
        self.screen.as_ref().map_or_else(never, |screen| screen.left())
    }

    /// Taps what a stage reads, where a view shows it. A sink that would write over the terminal view does not.
    pub(crate) fn dress(&mut self, plan: &Plan, stage: &PlannedStage, node: Box<dyn Node>) -> Box<dyn Node> {
        let Some(view) = &mut self.view else { return node };
        let shows = stage.effect == Effect::Shows && stage.output.is_none();
        let node = if self.screen.is_some() && shows && stdout().is_terminal() {
            around(node, |_, _, _| Ok(Flow::Skip))
        } else {
            node
        };
        view.dress(plan, stage, node)
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

    /// Shows that the stream is over, and writes the report.
    pub(crate) fn over(&mut self) -> Result<(), CommandError> {
        let Some(view) = &mut self.view else { return Ok(()) };
        view.over();
        let Some(path) = self.report else { return Ok(()) };
        let cannot =
            |error| CommandError::Lacking(format!("cannot write the report `{}`: {error}", path.display()));
        view.report(path).map_err(cannot)?;
        tell(Level::Info, format_args!("report: {}", path.display()));
        Ok(())
    }

    /// Keeps page and terminal view of a stream that is over until Ctrl-C.
    pub(crate) fn stay(&mut self, interrupts: &Receiver<()>) {
        if self.url.is_none() && self.screen.is_none() {
            return;
        }
        let left = self.left();
        if let Some(url) = &self.url {
            tell(Level::Info, format_args!("the stream is over; {url} stays until Ctrl-C"));
        }
        // An error means that Ctrl-C ends the program by itself.
        select! {
            recv(interrupts) -> _ => {}
            recv(left) -> _ => {}
        }
    }

    /// Leaves the terminal as it was, with what was reported in the meantime.
    pub(crate) fn close(&mut self) {
        if self.screen.take().is_some() {
            show_no_more();
        }
    }
}

impl Drop for Viewing<'_> {
    fn drop(&mut self) {
        self.close();
    }
}
