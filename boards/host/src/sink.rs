//! Sinks: where detections go on a computer.

mod jsonl;
mod names;
mod print;
mod wav;

pub use jsonl::JsonlParams;
pub use print::PrintParams;
pub use wav::WavParams;

use kws_engine::Registry;

/// Adds every sink of this crate to a registry.
pub fn register(registry: &mut Registry) {
    registry.add::<JsonlParams>().add::<PrintParams>().add::<WavParams>();
}
