//! kws for C programs: samples in, events out. `kws.h` is made of this crate; `boards/c/README.md` is the guide.
//!
//! Handles are opaque. A function that fails returns NULL, a negative number or false, and leaves a message for
//! [`kws_last_error`](error::kws_last_error). No panic leaves a function.

pub mod error;
pub mod event;
pub mod pipeline;
pub mod session;
