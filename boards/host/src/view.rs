//! `--view`, `--tui` and `--report`: what a run hears, scores and finds, on a page or in a terminal.

mod enrolling;
#[cfg(feature = "tui")]
mod screen;
mod site;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use kws_engine::run::RunStats;
use kws_engine::{Node, Plan, PlannedStage, around};
use kws_view::{Feed, Keeps, Sketch, Tap};

use enrolling::Enrolling;
use site::Run;

/// What viewers may write.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writes {
    /// The folder for clips that a viewer judges.
    pub(crate) clips: Option<PathBuf>,
    /// The folder for speakers who enrol.
    pub(crate) speakers: Option<PathBuf>,
}

/// A terminal view under way. It ends, and leaves the terminal as it was, when it is dropped.
pub(crate) trait Screen {
    /// Where lines go that would otherwise go to standard error.
    fn lines(&self) -> Sender<String>;

    /// Tells that a person wants to leave.
    fn left(&self) -> Receiver<()>;
}

/// A view of a run under way.
pub(crate) struct View {
    feed: Arc<Feed>,
    /// By the stage that reads an edge, what taps it.
    taps: Vec<Option<Tap>>,
}

impl View {
    /// Begins to gather; nobody looks yet.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub(crate) fn new(plan: &Plan, keeps: Keeps) -> io::Result<View> {
        let sketch = Sketch::of(plan);
        let (feed, made) = Feed::start(&sketch, keeps)?;
        let mut taps: Vec<Option<Tap>> = plan.stages.iter().map(|_| None).collect();
        for (spot, tap) in sketch.spots.iter().zip(made) {
            if let Some(reader) = spot.reader {
                taps[reader] = Some(tap);
            }
        }
        Ok(View { feed: Arc::new(feed), taps })
    }

    /// Serves the page; returns where a browser finds it, with the token that it needs.
    ///
    /// # Errors
    /// When the address cannot be listened at, or a folder for what viewers write does not exist.
    pub(crate) fn serve(&self, address: SocketAddr, plan: &Plan, writes: Writes) -> io::Result<String> {
        if writes.speakers.is_some() && !Sketch::of(plan).hears() {
            let text = "`--view-enrol`: the pipeline has no microphone for a speaker";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let speakers = writes.speakers.map(Enrolling::new).transpose()?;
        let run = Run { feed: self.feed.clone(), knobs: plan.knobs.clone(), clips: writes.clips, speakers };
        kws_view::serve(address, run)
    }

    /// Takes the terminal over.
    ///
    /// # Errors
    /// When standard error is no terminal, or keys cannot be read.
    #[cfg(feature = "tui")]
    pub(crate) fn on_terminal(&self, plan: &Plan) -> io::Result<Box<dyn Screen>> {
        Ok(Box::new(screen::Terminal::open(self, plan)?))
    }

    /// # Errors
    /// Always: the terminal view is not built in.
    #[cfg(not(feature = "tui"))]
    pub(crate) fn on_terminal(&self, _: &Plan) -> io::Result<Box<dyn Screen>> {
        let text = "this program was built without it; build it with `--features tui`";
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    }

    /// Taps what a stage reads, where the page shows it.
    pub(crate) fn dress(&mut self, plan: &Plan, stage: &PlannedStage, node: Box<dyn Node>) -> Box<dyn Node> {
        let index = plan.stages.iter().position(|other| other.name == stage.name);
        let Some(mut tap) = index.and_then(|index| self.taps[index].take()) else { return node };
        around(node, move |node, inputs, output| {
            if inputs.which == 0 {
                tap.copy(inputs.at, inputs.block);
            }
            node.fire(inputs, output)
        })
    }

    /// Shows what the stages have done so far, in so many seconds of stream.
    pub(crate) fn stats(&self, stats: &RunStats, stream: f64) {
        self.feed.stats(stats, stream);
    }

    /// Writes all that was reported as a page in one file. The stream is over.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn report(&self, path: &Path) -> io::Result<()> {
        kws_view::write_report(&self.feed, path)
    }

    /// Shows that the stream is over. The page stays.
    pub(crate) fn over(&self) {
        self.feed.over();
    }
}
