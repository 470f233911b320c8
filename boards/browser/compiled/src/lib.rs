//! One pipeline of kws as a WebAssembly module, with the functions that `package/kws.js` calls: as firmware is made, so that a page
//! of known pipelines loads no planner. Events are those of `kws.wasm`, byte for byte.

#[allow(dead_code, reason = "only some pipelines have the stage `match`")]
mod enrolled;
mod enrolment;
mod outbox;
mod output;
#[allow(unreachable_pub, unused_imports, dead_code, clippy::all, reason = "the build writes it")]
mod pipeline {
    include!(concat!(env!("OUT_DIR"), "/pipeline.rs"));
}
#[allow(clippy::all, reason = "the build writes it")]
mod about {
    use crate::pipeline;

    include!(concat!(env!("OUT_DIR"), "/about.rs"));
}
mod planned;
#[path = "../../src/room.rs"]
mod room;
mod session;
mod source;
mod tap;
mod turned;

pub(crate) use output::Output;
#[allow(unused_imports, reason = "a pipeline has one of the two")]
pub(crate) use source::{Camera, Mic};

/// What a call returns that failed.
const FAILED: i32 = -1;
