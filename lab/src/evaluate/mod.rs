//! Measuring models as the field does.

mod clips;
mod stream;

pub use clips::{ClipReport, Scored, evaluate_clips};
pub use stream::{Decision, Posteriors, Tally, detect, posteriors, tally};
