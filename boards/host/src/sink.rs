//! Sinks: where detections go on a computer.

mod action;
mod clips;
mod jsonl;
mod log;
mod names;
mod overlay;
mod print;
mod stem;
mod wav;

#[cfg(fuzzing)]
pub(crate) use action::hear;
pub use action::{ExecParams, MqttParams, WebhookParams};
pub use clips::{ClipsParams, Kept};
pub(crate) use jsonl::JsonLines;
pub use overlay::OverlayParams;
pub(crate) use print::Lines;
pub use wav::WavParams;

use kws_engine::Registry;

/// Adds every sink of this crate to a registry.
pub fn register(registry: &mut Registry) {
    registry
        .add::<ClipsParams>()
        .add::<ExecParams>()
        .add::<JsonLines>()
        .add::<MqttParams>()
        .add::<OverlayParams>()
        .add::<Lines>()
        .add::<WavParams>()
        .add::<WebhookParams>();
}
