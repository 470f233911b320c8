//! Sinks that act: they hand events to a program, a web address or a broker.
//!
//! What they reach may be slow, or away for hours, so none of them acts in the pipeline's own time: an [`Outbox`] holds a
//! bounded number of events for a thread of its own, and counts those that it had no room for.

mod exec;
mod mqtt;
mod outbox;
mod secret;
mod webhook;

pub use exec::ExecParams;
pub use mqtt::MqttParams;
pub use webhook::WebhookParams;

/// Why a sink of an optional feature cannot be used in this build.
#[cfg(not(all(feature = "mqtt", feature = "webhook")))]
fn built_without(feature: &str) -> kws_engine::DesignError {
    kws_engine::DesignError::of("kind", format!("this program was built without `{feature}`"))
        .help(format!("build it with `cargo run --release --features {feature} -- …`"))
}
