//! What a session shows.

use crate::buffer::Buffer;
use crate::event::Event;
use crate::item::Item;
use crate::line::{Line, Names};
use crate::port::Port;

/// A block that comes out of a session: what a device sink would have read, or what a tapped stage wrote.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    /// The stage that wrote it.
    pub stage: &'a str,
    /// The sink in whose place the program is; of a tap, the stage once more.
    pub reader: &'a str,
    /// Tick that completed it.
    pub at: u64,
    /// Ticks that are missing before it.
    pub lost: u64,
    /// The items.
    pub block: &'a Buffer,
    /// What they mean.
    pub port: &'a Port,
}

impl<'a> Output<'a> {
    /// The items, where they are of this type.
    pub fn items<T: Item>(&self) -> Option<&'a [T]> {
        T::items(self.block)
    }

    /// Seconds of the stream at which it was complete.
    pub fn seconds(&self) -> f64 {
        self.port.seconds(self.at)
    }

    /// The detections in it: none where the block holds something else.
    pub fn detections(&self) -> impl Iterator<Item = Detection<'a>> {
        let Output { stage, at, port, .. } = *self;
        let events = self.items::<Event>().unwrap_or(&[]);
        events.iter().filter(|event| event.is_some()).map(move |event| Detection { stage, at, event, port })
    }
}

/// A detection by name.
#[derive(Clone, Copy, Debug)]
pub struct Detection<'a> {
    stage: &'a str,
    at: u64,
    event: &'a Event,
    port: &'a Port,
}

impl<'a> Detection<'a> {
    /// The label.
    pub fn label(&self) -> &'a str {
        self.port.labels.get(usize::from(self.event.label)).map_or("", String::as_str)
    }

    /// The operating point.
    pub fn point(&self) -> &'a str {
        self.port.points.get(usize::from(self.event.point)).map_or("", String::as_str)
    }

    /// The score, 0 to 1.
    pub fn score(&self) -> f32 {
        self.event.score
    }

    /// Seconds of the stream at which it was certain.
    pub fn seconds(&self) -> f64 {
        self.port.seconds(self.at)
    }

    /// The event, with its times in ticks.
    pub fn event(&self) -> Event {
        *self.event
    }

    /// As the line of JSON that `jsonl` writes, without a line feed.
    pub fn json(&self) -> Line<'a, 'a, String> {
        let Port { labels, points, clock, .. } = self.port;
        Names { stage: self.stage, labels, points, clock: *clock }.line(self.at, self.event)
    }
}
