//! From posteriors to detections: smoothing over time, triggers.

mod posterior;
mod smooth;
mod trigger;

pub use posterior::{Posterior, Scale};
pub use smooth::Smooth;
pub use trigger::{Moment, Run, Trigger, Watch};

#[cfg(feature = "std")]
pub use {
    smooth::SmoothParams,
    trigger::{PointParams, TriggerParams, is_word},
};
