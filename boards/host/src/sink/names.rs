//! What an event's numbers mean, for each input that events come by.

use std::io::Write;
use std::time::SystemTime;

use kws_engine::line::{self, Name, Seconds};
use kws_engine::{DesignError, Element, Event, Port, Role, Site};
use kws_stages::decide::is_word;

/// What one input's events mean.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// The stage that wrote them.
    pub(crate) stage: String,
    labels: Vec<String>,
    points: Vec<String>,
    clock: u32,
    /// Whether the events happen now.
    live: bool,
    /// The recording that stands in for a device, if one does.
    stand_in: Option<String>,
}

impl Names {
    /// The names of every input, each of which must carry events.
    ///
    /// # Errors
    /// When one carries something else.
    pub(crate) fn of_all(site: &Site<'_>) -> Result<Vec<Self>, DesignError> {
        let of = |(port, from): (&Port, &String)| {
            Names::of(port, from).map(|names| Names {
                live: site.is_live(),
                stand_in: site.stand_in(),
                ..names
            })
        };
        site.inputs.iter().zip(site.from).map(of).collect()
    }

    /// The names of one input, which must carry events.
    ///
    /// # Errors
    /// When it carries something else.
    pub(crate) fn of(port: &Port, from: &str) -> Result<Self, DesignError> {
        if port.element != Element::Event || port.role != Role::EVENTS {
            let found = format!("`{from}` writes {port}, expected events");
            return Err(
                DesignError::of("input", found).help("put a `trigger` before it, or name one with `input`")
            );
        }
        let (labels, points) = (port.labels.clone(), port.points.clone());
        Ok(Names { stage: from.to_owned(), labels, points, clock: port.clock, live: false, stand_in: None })
    }

    /// Writes an event as a line of JSON, without a line feed; where it happens now, with the time of day, and where a
    /// recording stands in for a device, with its name.
    pub(crate) fn write_line(&self, at: u64, event: &Event, line: &mut Vec<u8>) -> std::io::Result<()> {
        write!(line, "{}", self.borrowed().line(at, event))?;
        if self.live {
            line.pop();
            write!(line, ",\"wall_time\":\"{}\"}}", humantime::format_rfc3339_millis(SystemTime::now()))?;
        }
        if let Some(recording) = &self.stand_in {
            line.pop();
            write!(line, ",\"source\":{}}}", serde_json::Value::from(recording.as_str()))?;
        }
        Ok(())
    }

    /// The same, borrowed: what lines are made from.
    pub(crate) fn borrowed(&self) -> line::Names<'_, String> {
        line::Names { stage: &self.stage, labels: &self.labels, points: &self.points, clock: self.clock }
    }

    /// The name of an event's label; its number where it has no name.
    pub(crate) fn label(&self, event: &Event) -> Name<'_> {
        self.borrowed().label(event)
    }

    /// The name of an event's operating point; its number where it has no name.
    pub(crate) fn point(&self, event: &Event) -> Name<'_> {
        self.borrowed().point(event)
    }

    /// Labels that are finds, in the model's order.
    pub(crate) fn finds(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(String::as_str).filter(|label| is_word(label))
    }

    /// Whether there is such a label.
    pub(crate) fn knows(&self, label: &str) -> bool {
        self.labels.iter().any(|known| known == label)
    }

    /// Columns that the longest label takes.
    pub(crate) fn label_width(&self) -> usize {
        self.labels.iter().map(|label| label.chars().count()).max().unwrap_or(0)
    }

    /// Columns that the longest operating point takes.
    pub(crate) fn point_width(&self) -> usize {
        self.points.iter().map(|point| point.chars().count()).max().unwrap_or(0)
    }

    /// Seconds of the stream at a tick.
    pub(crate) fn seconds(&self, tick: u64) -> Seconds {
        self.borrowed().seconds(tick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_for_a_device_is_said() {
        let port = Port::source(Element::Event, vec![1], Role::EVENTS, 16_000, 320);
        let stand_in = Some("a \"b\".wav".to_owned());
        let names = Names { stand_in, ..Names::of(&port, "trigger").unwrap() };
        let mut line = Vec::new();
        names.write_line(16_000, &Event { label: 0, ..Event::NONE }, &mut line).unwrap();
        let event: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(event["source"], "a \"b\".wav");
    }

    #[test]
    fn what_happens_now_bears_the_time_of_day() {
        let port = Port::source(Element::Event, vec![1], Role::EVENTS, 16_000, 320);
        let names = Names { live: true, ..Names::of(&port, "trigger").unwrap() };
        let mut line = Vec::new();
        names.write_line(16_000, &Event { label: 0, ..Event::NONE }, &mut line).unwrap();
        let event: serde_json::Value = serde_json::from_slice(&line).unwrap();
        let said = humantime::parse_rfc3339(event["wall_time"].as_str().unwrap()).unwrap();
        assert!(said.elapsed().unwrap().as_secs() < 3600 && event["time"] == 1.0, "{event}");
    }
}
