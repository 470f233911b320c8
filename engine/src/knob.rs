//! Numbers of stages that can be changed while a pipeline runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A number of a stage that any thread may change while the pipeline runs. The stage reads it when it next fires; neither
/// side waits for the other. All sessions of a plan share its knobs.
///
/// A design offers one with [`Site::offer`](crate::Site::offer); whoever runs the plan finds it in
/// [`Plan::knobs`](crate::Plan::knobs), and a stage designed later by [`Site::knobs`](crate::Site::knobs).
#[derive(Clone, Debug)]
pub struct Knob {
    /// The stage that reads it.
    pub stage: String,
    /// The stage's parameter, such as `sensitivity`.
    pub key: String,
    /// The label that it is for.
    pub label: String,
    value: Arc<AtomicU32>,
    scores: Arc<[f32]>,
}

impl Knob {
    /// A knob from 0 to 1 that stands at `value`.
    pub fn new(stage: &str, key: &str, label: &str, value: f32) -> Self {
        let value = Arc::new(AtomicU32::new(value.to_bits()));
        let scores = Arc::default();
        Knob { stage: stage.to_owned(), key: key.to_owned(), label: label.to_owned(), value, scores }
    }

    /// The knob with what its values mean: the score that `label` then needs, at values from 0 to 1 in equal steps.
    pub fn with_scores(self, scores: impl Into<Arc<[f32]>>) -> Self {
        Knob { scores: scores.into(), ..self }
    }

    /// The scores that `label` needs, at values from 0 to 1 in equal steps; empty where the knob has no such meaning.
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// Where it stands.
    pub fn value(&self) -> f32 {
        f32::from_bits(self.value.load(Ordering::Relaxed))
    }

    /// Turns it; what lies outside 0 to 1 counts as the nearer end, and what is not a number changes nothing.
    pub fn turn(&self, value: f32) {
        if !value.is_nan() {
            self.value.store(value.clamp(0.0, 1.0).to_bits(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_knob_stays_within_its_range() {
        let knob = Knob::new("trigger", "sensitivity", "yes", 0.5);
        let same = knob.clone();
        same.turn(7.0);
        assert_eq!(knob.value(), 1.0);
        same.turn(f32::NAN);
        assert_eq!(knob.value(), 1.0);
    }
}
