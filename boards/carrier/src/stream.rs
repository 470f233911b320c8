//! Links whose blocks are stored at a NATS server by JetStream: sender and receiver need not be there at the same time.
//!
//! Each direction of a link is a stream of the server, to which all nodes of the sending place write, each under a subject of its
//! own. A message is a data frame and its checksum. The sender goes on when the server has stored what it sent, and sends again what it did not
//! hear of, so that a frame may be stored twice; the receiver takes each once, by its number. What the receiver has handed on it
//! writes down at the server, beside the stream: it reads on from there when it, or another one in its place, starts again.
//!
//! The place is written down rather than left to a durable consumer's acknowledgements, because it must also say which part of
//! which session comes next, and because a consumer brings what died with its reader only after a time-out.

mod bus;
mod carry;
mod feed;
mod kept;
mod names;
mod place;
mod seal;
mod standings;
mod tail;

pub use bus::{bucket, connect, ensure, messages};
pub(crate) use carry::carry;
pub use feed::{Fed, Feed, Frames};
pub use kept::Kept;
pub use names::{Direction, PARTITIONS, partition_of};
pub use place::{Place, Standing};
pub use seal::{seal, unseal};
