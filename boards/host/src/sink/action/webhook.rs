//! `webhook`: an HTTP request for each event.

#[cfg(feature = "webhook")]
mod client;

use std::collections::BTreeMap;

use kws_engine::{Design, DesignError, Effect, Kind, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::Text;
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
/// # Needs
/// The cargo feature `webhook`, and for `https` the feature `tls`.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "webhook"
/// url = "http://homeassistant.local:8123/api/events/kws"
/// headers = { Authorization = { env = "HA_AUTHORIZATION" } }
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct WebhookParams {
    /// The address, `http://` or `https://`; `{ env = "VARIABLE" }` or `{ file = "PATH" }` where it is itself a secret.
    url: Text,
    /// Further headers of the request; secret values by `{ env = "VARIABLE" }` or `{ file = "PATH" }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, Text>,
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

fn default_retries() -> u32 {
    3
}

fn default_limit() -> f64 {
    5.0
}

fn default_queue() -> u32 {
    64
}

/// Parts of the names of headers whose values are secrets.
const SECRETS: [&str; 6] = ["authorization", "cookie", "key", "password", "secret", "token"];

impl Kind for WebhookParams {
    const NAME: &'static str = "webhook";
    const EFFECT: Effect = Effect::Acts;
    const INPUTS: std::ops::RangeInclusive<usize> = 1..=usize::MAX;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let names = Names::of_all(site)?;
        if let Text::Plain(url) = &self.url {
            check_address(url)?;
        }
        let plain = |(name, value): &(&String, &Text)| {
            let secret = SECRETS.iter().any(|secret| name.to_lowercase().contains(secret));
            secret && matches!(value, Text::Plain(_))
        };
        if let Some((name, _)) = self.headers.iter().find(plain) {
            // Of no key: its line would be shown.
            return Err(DesignError::new(format!("`headers`: `{name}` is given in plain text")).help(
                format!("name where it is: `{name} = {{ env = \"VARIABLE\" }}` or `{{ file = \"PATH\" }}`"),
            ));
        }
        self.url.look(site, "url");
        self.headers.iter().for_each(|(name, value)| value.look(site, &format!("headers.{name}")));
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
        Err(super::built_without("kind", "webhook"))
    }
}

/// Refuses what is no address, and one with a password in it.
fn check_address(url: &str) -> Result<(), DesignError> {
    let Some(rest) = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme)) else {
        let found = format!("`url` is `{url}`, expected an address that begins with http:// or https://");
        return Err(DesignError::of("url", found));
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        // Of no key: its line would be shown.
        let help = "set `headers = { Authorization = { env = \"VARIABLE\" } }`";
        return Err(DesignError::new("`url` holds a password").help(help));
    }
    if url.starts_with("https:") && !cfg!(feature = "tls") {
        return Err(super::built_without("url", "tls"));
    }
    if host.is_empty() {
        return Err(DesignError::of("url", format!("`url` is `{url}`, expected a host in it")));
    }
    Ok(())
}
