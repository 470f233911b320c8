//! Detections.

/// One detection. Names are indices into the tables that the edge's port carries, so that an event is plain data of
/// a few bytes on a microcontroller.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
pub struct Event {
    /// Index into the port's labels; [`Event::NO_LABEL`] marks an unused place of a block.
    pub label: u16,
    /// Index into the port's operating points.
    pub point: u16,
    /// The smoothed posterior that fired, 0 to 1.
    pub score: f32,
    /// Tick at which the evidence began.
    pub start: u64,
    /// Tick at which the detection was certain.
    pub end: u64,
}

impl Event {
    /// The label of an unused place.
    pub const NO_LABEL: u16 = u16::MAX;

    /// An unused place of a block of events.
    pub const NONE: Event = Event { label: Event::NO_LABEL, point: 0, score: 0.0, start: 0, end: 0 };

    /// All bytes zero: what the memory of a board holds before the first block. It is no unused place.
    pub const ZEROS: Event = Event { label: 0, point: 0, score: 0.0, start: 0, end: 0 };

    /// Whether this place of a block holds a detection.
    pub const fn is_some(&self) -> bool {
        self.label != Event::NO_LABEL
    }
}

impl Default for Event {
    fn default() -> Self {
        Event::NONE
    }
}
