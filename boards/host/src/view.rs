//! `--view` and `--tui`: what a run hears, scores and finds, while it does, on a page or in a terminal.
//!
//! ```text
//! lanes ── Tap ══ ring ══▶ Feed (one thread, 25 times a second) ══▶ a queue for each viewer ══▶ browser, terminal
//! ```
//!
//! A lane only copies a block into a ring, and drops it where the ring is full; a viewer that does not keep up misses
//! messages. Neither a slow browser nor many of them reach the lanes.

mod edge;
mod feed;
mod http;
mod kept;
mod report;
mod request;
mod routes;
#[cfg(feature = "tui")]
mod screen;
mod tap;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use kws_engine::run::RunStats;
use kws_engine::{Node, Plan, PlannedStage};

use feed::Feed;
use http::Access;

/// How much of a run is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// The last two minutes; where the view does not keep up with the lanes, it misses blocks.
    Recent,
    /// Everything, up to four hours; lanes wait for the view.
    Everything,
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
    feed: Feed,
    /// By the stage that reads an edge, what taps it.
    taps: Vec<Option<tap::Making>>,
}

impl View {
    /// Begins to gather; nobody looks yet.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub(crate) fn new(plan: &Plan, keeps: Keeps) -> io::Result<View> {
        let (watched, taps) = edge::of(plan, keeps);
        Ok(View { feed: Feed::start(plan, watched, keeps)?, taps })
    }

    /// Serves the page; returns where a browser finds it, with the token that it needs. `clips` is the folder for clips that a
    /// viewer judges.
    ///
    /// # Errors
    /// When the address cannot be listened at, or there is no such folder.
    pub(crate) fn serve(
        &self,
        address: SocketAddr,
        plan: &Plan,
        clips: Option<PathBuf>,
    ) -> io::Result<String> {
        if let Some(folder) = clips.as_ref().filter(|folder| !folder.is_dir()) {
            let text = format!("the folder `{}` does not exist", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        let listener = TcpListener::bind(address)?;
        let access = Access::new(listener.local_addr()?)?;
        let url = access.url();
        http::serve(listener, Arc::new(access), self.feed.shared(), routes::Changes::new(plan, clips))?;
        Ok(url)
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
        match index.and_then(|index| self.taps[index].take()) {
            Some(tap) => tap(node),
            None => node,
        }
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
        let shared = self.feed.shared();
        let (messages, _) = shared.join();
        std::fs::write(path, report::page(&messages, &shared.kept()))
    }

    /// Shows that the stream is over. The page stays.
    pub(crate) fn over(&mut self) {
        self.feed.over();
    }
}
