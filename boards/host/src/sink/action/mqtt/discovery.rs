//! What Home Assistant is told of the device: its device discovery, <https://www.home-assistant.io/integrations/mqtt/>.

use serde_json::{Value, json};

use super::publisher::Publication;
use super::slug;
use crate::sink::action::outbox::Message;

/// The device that a pipeline is to Home Assistant.
#[derive(Clone, Debug)]
pub(super) struct Device {
    /// What people call it.
    pub(super) name: String,
    /// Home Assistant's discovery prefix; empty for none.
    pub(super) prefix: String,
    /// Labels that an event may have.
    pub(super) labels: Vec<String>,
    /// Labels that are occupancy.
    pub(super) occupancy: Vec<String>,
}

impl Device {
    /// Its part of topics.
    pub(super) fn id(&self) -> String {
        slug(&self.name)
    }

    /// A topic of the device.
    pub(super) fn topic(&self, of: &str) -> String {
        format!("kws/{}/{of}", self.id())
    }

    /// Where Home Assistant says that it has started.
    pub(super) fn greeting(&self) -> Option<String> {
        (!self.prefix.is_empty()).then(|| format!("{}/status", self.prefix))
    }

    /// Whether the device can be reached.
    pub(super) fn status(&self, status: &str) -> Publication {
        Publication::retained(self.topic("status"), status)
    }

    /// The announcement; none without a prefix.
    pub(super) fn announcement(&self) -> Option<Publication> {
        let id = format!("kws_{}", self.id());
        let topic = format!("{}/device/{id}/config", self.prefix);
        (!self.prefix.is_empty()).then(|| Publication::retained(topic, self.config(&id).to_string()))
    }

    fn config(&self, id: &str) -> Value {
        let version = env!("CARGO_PKG_VERSION");
        let mut components = serde_json::Map::new();
        components.insert(
            "heard".to_owned(),
            json!({
                "platform": "event", "unique_id": format!("{id}_heard"), "name": "Detection",
                "icon": "mdi:ear-hearing", "event_types": self.labels, "state_topic": self.topic("event"),
            }),
        );
        components.insert(
            "score".to_owned(),
            json!({
                "platform": "sensor", "unique_id": format!("{id}_score"), "name": "Score",
                "state_topic": self.topic("score"), "entity_category": "diagnostic",
                "enabled_by_default": false,
            }),
        );
        for label in &self.labels {
            let trigger = json!({
                "platform": "device_automation", "automation_type": "trigger", "topic": self.topic("trigger"),
                "payload": label, "type": "heard", "subtype": label,
            });
            components.insert(format!("trigger_{}", slug(label)), trigger);
        }
        for label in &self.occupancy {
            let sensor = json!({
                "platform": "binary_sensor", "unique_id": format!("{id}_{}", slug(label)), "name": label,
                "device_class": "occupancy", "state_topic": self.topic(&slug(label)),
            });
            components.insert(format!("occupancy_{}", slug(label)), sensor);
        }
        json!({
            "device": {
                "identifiers": [id], "name": self.name, "manufacturer": "kws", "model": "kws pipeline",
                "sw_version": version,
            },
            "origin": { "name": "kws", "sw_version": version },
            "availability_topic": self.topic("status"),
            "components": components,
        })
    }

    /// What an event publishes.
    pub(super) fn event(&self, message: &Message) -> Vec<Publication> {
        let mut event: serde_json::Map<String, Value> =
            serde_json::from_str(&message.json).unwrap_or_default();
        event.insert("event_type".to_owned(), json!(message.label));
        let mut all = Vec::new();
        if self.labels.contains(&message.label) {
            all.push(Publication::passing(self.topic("event"), Value::Object(event).to_string()));
            all.push(Publication::passing(self.topic("trigger"), message.label.as_str()));
            all.push(Publication::passing(self.topic("score"), format!("{:.4}", message.score)));
        }
        for label in &self.occupancy {
            let state = if *label == message.label { "ON" } else { "OFF" };
            all.push(Publication::retained(self.topic(&slug(label)), state));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> Device {
        Device {
            name: "Küche, oben".to_owned(),
            prefix: "homeassistant".to_owned(),
            labels: vec!["yes".to_owned(), "person".to_owned()],
            occupancy: vec!["person".to_owned()],
        }
    }

    fn message(label: &str) -> Message {
        Message {
            stage: "trigger".to_owned(),
            label: label.to_owned(),
            point: "default".to_owned(),
            score: 0.5,
            time: "1.000".to_owned(),
            json: format!("{{\"time\":1.000,\"label\":\"{label}\",\"score\":0.5000}}"),
        }
    }

    #[test]
    fn topics_hold_what_topics_may() {
        assert_eq!(device().topic("event"), "kws/k_che_oben/event");
        let announcement = device().announcement().unwrap();
        assert_eq!(announcement.topic, "homeassistant/device/kws_k_che_oben/config");
        assert!(announcement.retain);
        assert!(Device { prefix: String::new(), ..device() }.announcement().is_none());
    }

    #[test]
    fn every_label_is_an_event_type_and_a_trigger() {
        let config: Value = serde_json::from_str(&device().announcement().unwrap().payload).unwrap();
        assert_eq!(config["components"]["heard"]["event_types"], json!(["yes", "person"]));
        assert_eq!(config["components"]["trigger_yes"]["subtype"], "yes");
        assert_eq!(config["components"]["occupancy_person"]["device_class"], "occupancy");
    }

    #[test]
    fn another_label_ends_the_occupancy() {
        let sent = |label: &str| -> Vec<(String, String, bool)> {
            device().event(&message(label)).into_iter().map(|p| (p.topic, p.payload, p.retain)).collect()
        };
        assert_eq!(sent("nobody"), [("kws/k_che_oben/person".to_owned(), "OFF".to_owned(), true)]);
        let person = sent("person");
        assert_eq!(person.len(), 4);
        assert!(
            person[0].1.contains("\"event_type\":\"person\"") && !person[0].2,
            "an event is not retained"
        );
        assert_eq!(person[3].1, "ON");
    }
}
