#![doc = include_str!("../README.md")]

mod edge;
mod feed;
mod http;
mod kept;
mod report;
mod request;
mod routes;
mod sketch;
mod tap;

pub use feed::{Ending, Feed};
pub use http::{address, serve};
pub use kept::Heard;
pub use report::write as write_report;
pub use request::Request;
pub use routes::{Answer, Site, Turn};
pub use sketch::{Sketch, Spot};
pub use tap::Tap;

/// How much of a stream is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// The last two minutes; where the view does not keep up with who brings blocks, it misses some.
    Recent,
    /// Everything, up to four hours; whoever brings blocks waits for the view.
    Everything,
}
