//! Sinks: where detections go on a computer.

mod action;
mod jsonl;
mod log;
mod names;
mod overlay;
mod print;
mod stem;
mod wav;

pub(crate) use action::KINDS as ACTIONS;
pub use action::{ExecParams, MqttParams, WebhookParams};
pub use jsonl::JsonlParams;
pub use overlay::OverlayParams;
pub use print::PrintParams;
pub use wav::WavParams;

use kws_engine::Registry;

/// Adds every sink of this crate to a registry.
pub fn register(registry: &mut Registry) {
    registry
        .add::<ExecParams>()
        .add::<JsonlParams>()
        .add::<MqttParams>()
        .add::<OverlayParams>()
        .add::<PrintParams>()
        .add::<WavParams>()
        .add::<WebhookParams>();
}
