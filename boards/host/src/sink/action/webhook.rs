//! `webhook`: an HTTP request for each event.

#[cfg(feature = "webhook")]
mod client;

use std::collections::BTreeMap;

use kws_engine::{Design, DesignError, Kind, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::Secret;
use crate::sink::names::Names;

/// Sends each event to a web address, as a POST with the event as JSON.
///
/// # Reads
/// Events, by one input or several.
///
/// # Sends
/// The line that `jsonl` would write, as `application/json`. A request that gets no answer, or an answer of 429 or of 500
/// and more, is sent again up to `retries` times, after 0.5 s, 1 s, 2 s and so on; any other answer but success is
/// reported. While one is under way up to `queue` events wait; more are dropped and counted. The pipeline never waits,
/// except at the end of the stream, for up to 2 s.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "webhook"
/// url = "http://homeassistant.local:8123/api/webhook/kws"
/// headers = { Authorization = { env = "HA_AUTHORIZATION" } }
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct WebhookParams {
    /// The address, `http://` or `https://`.
    url: String,
    /// Further headers of the request. A value that nobody else may see comes from the environment or a file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, Value>,
    /// How often a failed request is sent again.
    #[serde(default = "default_retries")]
    #[schemars(range(min = 0, max = 20))]
    retries: u32,
    /// Time that one request may take.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 0.1, max = 600.0), extend("unit" = "s"))]
    limit_s: f64,
    /// Events that wait while a request is under way.
    #[serde(default = "default_queue")]
    #[schemars(range(min = 1, max = 4096), extend("unit" = "events"))]
    queue: u32,
}

/// A header's value.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Value {
    /// As it stands.
    Text(String),
    /// From elsewhere.
    Secret(Secret),
}

fn default_retries() -> u32 {
    3
}

fn default_limit() -> f64 {
    5.0
}

fn default_queue() -> u32 {
    64
}

impl Kind for WebhookParams {
    const NAME: &'static str = "webhook";
    const INPUTS: std::ops::RangeInclusive<usize> = 1..=usize::MAX;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let names = Names::of_all(site)?;
        if !["http://", "https://"].iter().any(|scheme| self.url.starts_with(scheme)) {
            let found =
                format!("`url` is `{}`, expected an address that begins with http:// or https://", self.url);
            return Err(DesignError::of("url", found));
        }
        self.client(names)
    }
}

impl WebhookParams {
    #[cfg(feature = "webhook")]
    fn client(self, names: Vec<Names>) -> Result<Box<dyn Design>, DesignError> {
        Ok(client::design(self, names))
    }

    #[cfg(not(feature = "webhook"))]
    fn client(self, _: Vec<Names>) -> Result<Box<dyn Design>, DesignError> {
        Err(super::built_without("webhook"))
    }
}
