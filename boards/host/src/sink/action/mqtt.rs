//! `mqtt`: events for a broker, and for Home Assistant.

#[cfg(feature = "mqtt")]
mod broker;
#[cfg(feature = "mqtt")]
mod discovery;
#[cfg(feature = "mqtt")]
mod publisher;

use std::path::PathBuf;

use kws_engine::{Design, DesignError, Effect, Kind, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(fuzzing)]
pub(crate) use discovery::hear;

use super::secret::Secret;
use crate::sink::names::Names;

/// Publishes each event to an MQTT broker, in the form that Home Assistant finds by itself.
///
/// # Reads
/// Events, by one input or several.
///
/// # Publishes
/// Below `kws/ID`, where ID is `device` in small letters:
///
/// - `event`: the event as JSON, with `event_type`, the label: an event entity in Home Assistant;
/// - `trigger`: the label alone: a trigger of the device for automations, one for each label;
/// - `score`: the score: a diagnostic sensor, disabled until you enable it;
/// - `LABEL`, for labels in `occupancy`: `ON` at their event, `OFF` at an event of another label, retained: an occupancy
///   sensor;
/// - `status`: `online`, or `offline` when the program has ended or is no longer reachable, retained.
///
/// With `discovery`, one retained message announces all this as one device. Every message is acknowledged by the broker
/// (QoS 1). While the broker is away up to `queue` events wait, more are dropped and counted, and the connection is tried
/// again after 1 s, 2 s and so on up to 30 s. An event may arrive twice after an interruption. The pipeline never waits,
/// except at the end of the stream, for up to 2 s.
///
/// # Needs
/// The cargo feature `mqtt`, and for `tls` the feature `tls`.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "mqtt"
/// host = "homeassistant.local"
/// username = "kws"
/// password = { env = "MQTT_PASSWORD" }
/// device = "Kitchen"
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct MqttParams {
    /// The broker's name or address.
    #[serde(default = "localhost")]
    host: String,
    /// The broker's port; by default 1883, with `tls` 8883.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65_535))]
    port: Option<u16>,
    /// Encrypts the connection and checks the broker's certificate.
    #[serde(default)]
    tls: bool,
    /// Certificate authorities (PEM) to trust instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    ca: Option<PathBuf>,
    /// User name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// Its password: `{ env = "VARIABLE" }`, or `{ file = "PATH" }` for the first line of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("secret" = true))]
    password: Option<Secret>,
    /// The device's name; its letters and digits also make the topics.
    #[serde(default = "default_device")]
    #[schemars(length(min = 1, max = 64))]
    device: String,
    /// Labels that mean presence, such as `person`: each becomes an occupancy sensor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    occupancy: Vec<String>,
    /// Home Assistant's discovery prefix; an empty string turns discovery off.
    #[serde(default = "default_discovery")]
    discovery: String,
    /// Events that wait while the broker is away.
    #[serde(default = "default_queue")]
    #[schemars(range(min = 1, max = 65_536), extend("unit" = "events"))]
    queue: u32,
}

fn localhost() -> String {
    "localhost".to_owned()
}

fn default_device() -> String {
    "kws".to_owned()
}

fn default_discovery() -> String {
    "homeassistant".to_owned()
}

fn default_queue() -> u32 {
    256
}

impl Kind for MqttParams {
    const NAME: &'static str = "mqtt";
    const EFFECT: Effect = Effect::Acts;
    const INPUTS: std::ops::RangeInclusive<usize> = 1..=usize::MAX;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let names = Names::of_all(site)?;
        let mut labels: Vec<String> = names.iter().flat_map(Names::finds).map(str::to_owned).collect();
        labels.sort();
        labels.dedup();
        if let Some(label) = self.occupancy.iter().find(|label| !names.iter().any(|names| names.knows(label)))
        {
            let text = format!("`occupancy` names unknown label `{label}`");
            return Err(
                DesignError::of("occupancy", text).help(format!("labels are `{}`", labels.join("`, `")))
            );
        }
        if slug(&self.device).is_empty() {
            let text = format!("`device` is `{}`, expected at least one letter or digit", self.device);
            return Err(DesignError::of("device", text));
        }
        if self.tls && !cfg!(feature = "tls") {
            return Err(super::built_without("tls", "tls"));
        }
        if let Some(password) = &self.password {
            password.look(site, "password");
        }
        self.client(site, names, labels)
    }
}

impl MqttParams {
    #[cfg(feature = "mqtt")]
    fn client(
        self,
        site: &Site<'_>,
        names: Vec<Names>,
        labels: Vec<String>,
    ) -> Result<Box<dyn Design>, DesignError> {
        let device = discovery::Device {
            name: self.device.clone(),
            model: site.pipeline.to_owned(),
            prefix: self.discovery.clone(),
            labels,
            occupancy: self.occupancy.clone(),
            knobs: site.knobs().into_iter().filter(|knob| knob.key == "sensitivity").collect(),
        };
        Ok(broker::design(self, site, names, device))
    }

    #[cfg(not(feature = "mqtt"))]
    fn client(self, _: &Site<'_>, _: Vec<Names>, _: Vec<String>) -> Result<Box<dyn Design>, DesignError> {
        Err(super::built_without("kind", "mqtt"))
    }
}

/// Small letters, digits and underscores, which topics and identifiers may hold. Letters beyond ASCII become their code
/// points, so that no two words look the same.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
            c if c.is_alphanumeric() => slug.push_str(&format!("u{:x}", u32::from(c))),
            _ if slug.ends_with('_') || slug.is_empty() => {}
            _ => slug.push('_'),
        }
    }
    slug.trim_end_matches('_').to_owned()
}
