//! What an event's numbers mean, for each input that events come by.

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
}

impl Names {
    /// The names of every input, each of which must carry events.
    ///
    /// # Errors
    /// When one carries something else.
    pub(crate) fn of_all(site: &Site<'_>) -> Result<Vec<Self>, DesignError> {
        site.inputs.iter().zip(site.from).map(|(port, from)| Names::of(port, from)).collect()
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
        Ok(Names { stage: from.to_owned(), labels, points, clock: port.clock })
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
