//! Sinks that act: they hand events to a program, a web address or a broker.
//!
//! What they reach may be slow, or away for hours, so none of them acts in the pipeline's own time: an [`Outbox`] holds a
//! bounded number of events for a thread of its own, and counts those that it had no room for.

mod exec;
mod mqtt;
mod outbox;
#[cfg_attr(not(all(feature = "mqtt", feature = "webhook")), allow(dead_code))]
mod secret;
mod webhook;

pub use exec::ExecParams;
pub use mqtt::MqttParams;
#[cfg(fuzzing)]
pub(crate) use mqtt::hear;
pub use webhook::WebhookParams;

/// Refuses a key for lack of a cargo feature.
fn built_without(key: &str, feature: &str) -> kws_engine::DesignError {
    kws_engine::DesignError::of(key, format!("this program was built without `{feature}`"))
        .help(format!("build it with `cargo run --release --features {feature} -- …`"))
}
