//! `--view`: a page that shows what a run hears, scores and finds, while it does.
//!
//! ```text
//! lanes ── Tap ══ ring ══▶ Feed (one thread, 25 times a second) ══▶ a queue for each viewer ══▶ browser
//! ```
//!
//! A lane only copies a block into a ring, and drops it where the ring is full; a viewer that does not keep up misses
//! messages. Neither a slow browser nor many of them reach the lanes.

mod edge;
mod feed;
mod http;
mod kept;
mod request;
mod routes;
mod tap;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use kws_engine::run::RunStats;
use kws_engine::{Node, Plan, PlannedStage};

use feed::Feed;
use http::Access;

/// A page under way.
pub(crate) struct View {
    /// Where a browser finds it, with the token that it needs.
    pub(crate) url: String,
    feed: Feed,
    /// By the stage that reads an edge, what taps it.
    taps: Vec<Option<tap::Making>>,
}

impl View {
    /// Listens, and shows nothing yet. `clips` is the folder for clips that a viewer judges.
    ///
    /// # Errors
    /// When the address cannot be listened at, or there is no such folder.
    pub(crate) fn open(address: SocketAddr, plan: &Plan, clips: Option<PathBuf>) -> io::Result<View> {
        if let Some(folder) = clips.as_ref().filter(|folder| !folder.is_dir()) {
            let text = format!("the folder `{}` does not exist", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        let listener = TcpListener::bind(address)?;
        let access = Access::new(listener.local_addr()?)?;
        let url = access.url();
        let (watched, taps) = edge::of(plan);
        let feed = Feed::start(plan, watched)?;
        http::serve(listener, Arc::new(access), feed.shared(), routes::Changes::new(plan, clips))?;
        Ok(View { url, feed, taps })
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

    /// Shows that the stream is over. The page stays.
    pub(crate) fn over(&mut self) {
        self.feed.over();
    }
}
