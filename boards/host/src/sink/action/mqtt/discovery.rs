//! What Home Assistant learns of the device: its device discovery, <https://www.home-assistant.io/integrations/mqtt/>.

use kws_engine::Knob;
use serde_json::{Value, json};

use super::publisher::Publication;
use super::slug;
use crate::sink::action::outbox::Message;

/// The device that a pipeline is to Home Assistant.
#[derive(Clone, Debug)]
pub(super) struct Device {
    /// What people call it.
    pub(super) name: String,
    /// The pipeline's name.
    pub(super) model: String,
    /// Home Assistant's discovery prefix; empty for none.
    pub(super) prefix: String,
    /// Labels that an event may have.
    pub(super) labels: Vec<String>,
    /// Labels that are occupancy.
    pub(super) occupancy: Vec<String>,
    /// What can be changed while the pipeline runs.
    pub(super) knobs: Vec<Knob>,
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

    /// What a new connection begins with: the announcement, that the device is online, and where its knobs stand.
    pub(super) fn introduction(&self) -> Vec<Publication> {
        let knobs = self.tuned().into_iter().map(|label| self.state(label));
        self.announcement().into_iter().chain([self.status("online")]).chain(knobs).collect()
    }

    /// The topics that it listens to.
    pub(super) fn topics(&self) -> Vec<String> {
        self.greeting().into_iter().chain(self.tuned().into_iter().map(|label| self.command(label))).collect()
    }

    /// Turns the knob that a topic is for; where it stands then. None where the topic is for none.
    ///
    /// # Errors
    /// When the text is no number from 0 to 1.
    pub(super) fn turn(&self, topic: &str, payload: &str) -> Result<Option<Publication>, String> {
        let Some(label) = self.tuned().into_iter().find(|label| self.command(label) == topic) else {
            return Ok(None);
        };
        let value = payload.trim().parse::<f32>().ok().filter(|value| (0.0..=1.0).contains(value));
        let value = value.ok_or_else(|| {
            let found: String = payload.chars().take(32).collect();
            format!("found {found:?} on `{topic}`, expected a number from 0 to 1")
        })?;
        self.knobs.iter().filter(|knob| knob.label == label).for_each(|knob| knob.turn(value));
        Ok(Some(self.state(label)))
    }

    /// Labels that have knobs.
    fn tuned(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = self.knobs.iter().map(|knob| knob.label.as_str()).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// Where a label's knob is turned.
    fn command(&self, label: &str) -> String {
        self.topic(&format!("sensitivity/{}/set", slug(label)))
    }

    /// Where a label's knob stands.
    fn state(&self, label: &str) -> Publication {
        let value = self.knobs.iter().find(|knob| knob.label == label).map_or(0.5, Knob::value);
        Publication::retained(self.topic(&format!("sensitivity/{}", slug(label))), format!("{value}"))
    }

    /// The announcement; none without a prefix.
    fn announcement(&self) -> Option<Publication> {
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
        for label in self.tuned() {
            // Retained: a program that starts again gets what was set last.
            let number = json!({
                "platform": "number", "unique_id": format!("{id}_sensitivity_{}", slug(label)),
                "name": format!("Sensitivity {label}"), "icon": "mdi:tune", "entity_category": "config",
                "command_topic": self.command(label), "state_topic": self.state(label).topic,
                "min": 0, "max": 1, "step": 0.01, "mode": "slider", "retain": true,
            });
            components.insert(format!("sensitivity_{}", slug(label)), number);
        }
        json!({
            "device": {
                "identifiers": [id], "name": self.name, "manufacturer": "kws", "model": self.model,
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

/// What the fuzz target does: a device of any name and label announces itself and hears a payload.
#[cfg(fuzzing)]
pub(crate) fn hear(name: &str, label: &str, payload: &str) {
    let knob = Knob::new("trigger", "sensitivity", label, 0.5);
    let device = Device {
        name: name.to_owned(),
        model: "fuzz".to_owned(),
        prefix: "homeassistant".to_owned(),
        labels: vec![label.to_owned()],
        occupancy: vec![label.to_owned()],
        knobs: vec![knob],
    };
    for publication in device.introduction() {
        assert!(!publication.topic.contains(['+', '#', '\0']), "{}", publication.topic);
    }
    let announcement = device.announcement().expect("it has a prefix");
    assert!(serde_json::from_str::<Value>(&announcement.payload).is_ok());
    for topic in device.topics() {
        let _ = device.turn(&topic, payload);
    }
    assert!((0.0..=1.0).contains(&device.knobs[0].value()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> Device {
        Device {
            name: "Küche, oben".to_owned(),
            model: "test".to_owned(),
            prefix: "homeassistant".to_owned(),
            labels: vec!["yes".to_owned(), "person".to_owned()],
            occupancy: vec!["person".to_owned()],
            knobs: vec![Knob::new("trigger", "sensitivity", "yes", 0.5)],
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
        assert_eq!(device().topic("event"), "kws/kufcche_oben/event");
        let announcement = device().announcement().unwrap();
        assert_eq!(announcement.topic, "homeassistant/device/kws_kufcche_oben/config");
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
    fn a_knob_is_turned_by_its_topic() {
        let device = device();
        assert_eq!(device.topics(), ["homeassistant/status", "kws/kufcche_oben/sensitivity/yes/set"]);
        let state = device.turn("kws/kufcche_oben/sensitivity/yes/set", "0.7").unwrap().unwrap();
        assert_eq!(
            (state.topic.as_str(), state.payload.as_str()),
            ("kws/kufcche_oben/sensitivity/yes", "0.7")
        );
        assert_eq!(device.knobs[0].value(), 0.7);
        for wrong in ["1.5", "nan", "loud", ""] {
            assert!(device.turn("kws/kufcche_oben/sensitivity/yes/set", wrong).is_err());
        }
        assert_eq!(device.turn("kws/kufcche_oben/sensitivity/no/set", "0.7"), Ok(None));
        assert_eq!(device.knobs[0].value(), 0.7);
    }

    #[test]
    fn another_label_ends_the_occupancy() {
        let sent = |label: &str| -> Vec<(String, String, bool)> {
            device().event(&message(label)).into_iter().map(|p| (p.topic, p.payload, p.retain)).collect()
        };
        assert_eq!(sent("nobody"), [("kws/kufcche_oben/person".to_owned(), "OFF".to_owned(), true)]);
        let person = sent("person");
        assert_eq!(person.len(), 4);
        assert!(
            person[0].1.contains("\"event_type\":\"person\"") && !person[0].2,
            "an event is not retained"
        );
        assert_eq!(person[3].1, "ON");
    }
}
