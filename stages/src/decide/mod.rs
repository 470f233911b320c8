//! From posteriors to detections: smoothing over time, triggers.

mod gate;
mod matching;
mod posterior;
mod smooth;
mod trigger;
mod wake_word;

pub use gate::{Condition, EarlyGate, Gate, Opener};
pub use matching::{Match, Page, PageError, PageWords, Replaceable};
pub use posterior::{Posterior, Scale};
pub use smooth::Smooth;
pub use trigger::{Moment, Run, Trigger, Watch};
pub use wake_word::{Sliding, VoicedWakeWord, WARM_UP, WakePace, WakeWord};

#[cfg(feature = "std")]
pub use {
    gate::GateParams,
    matching::{EnrolledWord, MatchParams, fingerprint, page_of},
    smooth::SmoothParams,
    trigger::{PointParams, Sensitivity, TriggerParams, is_word},
    wake_word::WakeWordParams,
};
