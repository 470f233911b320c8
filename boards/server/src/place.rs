//! A worker of a place: sessions of the place's part of a pipeline, one for each node that sends to it.
//!
//! The nodes' blocks come from a stream of a NATS server. Nodes are divided into partitions by their names, partitions among the
//! workers that are there; a worker holds each of its partitions by a lease, and writes down once a second how far it has come, after
//! the server has stored all detections up to there. A worker that takes a partition over goes back by the warm-up, feeds that to
//! sessions without reporting what comes of it, and goes on from where the last one had come to. What that one had reported and not
//! written down is reported again under the same number, which the server knows.

mod leases;
mod node;
mod part;
mod progress;
mod work;

use std::time::Duration;

use kws::Pipeline;
use kws_carrier::Server;

use crate::ServerError;
use part::Part;

/// How a worker of a place runs.
#[derive(Clone, Debug)]
pub struct PlaceOptions {
    /// The place of the pipeline.
    pub place: String,
    /// The server that stores blocks.
    pub server: Server,
    /// How much of a stream is fed again to a session whose worker died.
    pub warm_up: Duration,
}

/// Works until `stop` comes, or the channel is dropped.
///
/// # Errors
/// When the pipeline cannot be planned or its place cannot be worked at, or the system lacks what it needs.
pub fn work(
    pipeline: &Pipeline,
    options: &PlaceOptions,
    stop: tokio::sync::oneshot::Receiver<()>,
) -> Result<(), ServerError> {
    let part = Part::new(pipeline, options)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, work::run(&part, &options.server, stop));
    Ok(())
}
