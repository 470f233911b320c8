//! Links between the places of a pipeline: an edge whose two ends are on different machines.
//!
//! No I/O, no clock, no allocator: bytes go in and out by slices, the time is an argument, memory is lent. The same code
//! runs on a microcontroller's UART and in a server.
//!
//! | type | what it is |
//! |---|---|
//! | [`Frame`] | what travels: hello, data, acknowledgement with credit, ping, end |
//! | [`Wrapper`], [`Unwrapper`] | frames on a byte stream: COBS and CRC-32, text between frames stays readable |
//! | [`Outbox`] | the sending end of one edge: the blocks that are not yet acknowledged |
//! | [`Inbox`] | the receiving end: takes each part once and in order |
//! | [`Link`] | all edges between two places, over connections that come and go |
//!
//! # What holds
//! Bytes may be lost, doubled, reordered or changed, connections may break, and either program may start again, at any
//! moment: what an inbox hands on is the blocks of the sender in their order, each once and unchanged. As long as no more is
//! under way than the outbox holds, none is missing. Beyond that, a block tells how many were lost before it.
//!
//! # How
//! A block is cut into parts of at most [`PART`] bytes, which are numbered. The receiver acknowledges the first number that it
//! does not have, and how far the sender may go: its credit. It takes parts in order only and asks again for what is missing
//! (go back N), so that it needs no memory to sort them. Each start of a program is a *session* with a number of its own, which
//! data and acknowledgements bear: what is left in a wire of an earlier session is nobody's.
#![no_std]
#![forbid(unsafe_code)]

mod bytes;
mod frame;
mod inbox;
mod link;
mod outbox;
mod wrap;

pub use frame::{
    Ack, Bookmark, Broken, Data, Frame, HELLO_EDGES, Hello, Known, MAX_FRAME, Mark, Moment, Order, PART,
    PROTOCOL, Tail, Wants,
};
pub use inbox::{Inbox, Part};
pub use link::{Link, LinkError, Received, Timing};
pub use outbox::{Full, Outbox, wire_bytes};
pub use wrap::{MAX_WRAPPED, Unwrapped, Unwrapper, Wrapper, checksum};
