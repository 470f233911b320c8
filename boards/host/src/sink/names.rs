//! What an event's numbers mean, for each input that events come by.

use std::fmt;

use kws_engine::{Element, Event, Port, Refusal, Role, Site};

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
    pub(crate) fn of_all(site: &Site<'_>) -> Result<Vec<Self>, Refusal> {
        site.inputs.iter().zip(site.from).map(|(port, from)| Names::of(port, from)).collect()
    }

    /// The names of one input, which must carry events.
    ///
    /// # Errors
    /// When it carries something else.
    pub(crate) fn of(port: &Port, from: &str) -> Result<Self, Refusal> {
        if port.element != Element::Event || port.role != Role::EVENTS {
            let found = format!("`{from}` writes {port}, expected events");
            return Err(
                Refusal::of("input", found).help("put a `trigger` before it, or name one with `input`")
            );
        }
        let (labels, points) = (port.labels.clone(), port.points.clone());
        Ok(Names { stage: from.to_owned(), labels, points, clock: port.clock })
    }

    /// The name of an event's label; its number where it has no name.
    pub(crate) fn label(&self, event: &Event) -> Name<'_> {
        Name(self.labels.get(usize::from(event.label)).map(String::as_str), event.label)
    }

    /// The name of an event's operating point; its number where it has no name.
    pub(crate) fn point(&self, event: &Event) -> Name<'_> {
        Name(self.points.get(usize::from(event.point)).map(String::as_str), event.point)
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
        Seconds { tick, clock: self.clock }
    }
}

/// A name, or a number where there is none.
pub(crate) struct Name<'a>(Option<&'a str>, u16);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => f.pad(name),
            None => f.pad(&self.1.to_string()),
        }
    }
}

/// A time of the stream. Shown in seconds with three digits, rounded to the nearest, in integers only.
pub(crate) struct Seconds {
    tick: u64,
    clock: u32,
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = u128::from(self.clock.max(1));
        let ms = (u128::from(self.tick) * 1000 + clock / 2) / clock;
        write!(f, "{}.{:03}", ms / 1000, ms % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_in_integers() {
        let shown = |tick, clock| Seconds { tick, clock }.to_string();
        assert_eq!(shown(19_840, 16_000), "1.240");
        assert_eq!(shown(7, 16_000), "0.000");
        assert_eq!(shown(8, 16_000), "0.001");
        assert_eq!(shown(u64::MAX, 1), "18446744073709551615.000");
    }
}
