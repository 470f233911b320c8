//! Measuring models as the field does.

mod clips;

pub use clips::{ClipReport, Scored, evaluate_clips};
