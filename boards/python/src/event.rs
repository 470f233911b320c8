//! Detections.

use kws::Heard;
use pyo3::prelude::*;

/// A detection.
#[pyclass(frozen, get_all, module = "kws")]
pub(crate) struct Event {
    label: String,
    point: String,
    stage: String,
    score: f32,
    tick: u64,
    time: f64,
    start: f64,
    end: f64,
    json: String,
}

impl From<Heard> for Event {
    fn from(heard: Heard) -> Self {
        let Heard { label, point, stage, score, tick, time, start, end, json } = heard;
        Event { label, point, stage, score, tick, time, start, end, json }
    }
}

#[pymethods]
impl Event {
    fn __repr__(&self) -> String {
        let Event { label, score, time, .. } = self;
        format!("Event({label:?}, score={score:.2}, time={time:.3})")
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.json == other.json && self.score == other.score
    }
}
