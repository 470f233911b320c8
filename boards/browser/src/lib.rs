//! kws for web pages: what `package/kws.js` calls. `boards/browser/README.md` is the guide.
//!
//! A worklet has neither `TextDecoder` nor imports that a bundler would bring, so this module imports nothing and its functions
//! take numbers only. Bytes go in through a *room*, whose address [`kws_room`](room::kws_room) tells, and come out as the
//! *answer*. Pipelines and sessions are numbers. A call that fails returns −1, and the answer is its message.

mod describe;
mod pipeline;
mod room;
mod session;

/// What a call returns that failed.
const FAILED: i32 = -1;

/// An error as an answer has it.
fn message(error: impl std::fmt::Display) -> String {
    error.to_string()
}
